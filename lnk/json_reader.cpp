#include "lnk/json_reader.h"

#include <algorithm>
#include <optional>

namespace fbuild::lnk {

namespace {

// Length of the valid UTF-8 sequence at the start of `s`; 0 when it is not one
// (overlong forms and surrogates are not).
size_t utf8_length(std::string_view s) {
  auto at = [&](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  auto tail = [&](size_t i) { return (at(i) & 0xc0u) == 0x80u; };
  unsigned c = at(0);
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if (c == 0xe0 && at(1) < 0xa0) return 0;
    if (c == 0xed && at(1) > 0x9f) return 0;
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (c == 0xf0 && at(1) < 0x90) return 0;
    if (c == 0xf4 && at(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// A byte as it can be shown in a message.
std::string shown(char c) {
  if (c >= ' ' && c <= '~') return std::string("'") + c + "'";
  static const char* hex = "0123456789abcdef";
  unsigned char u = static_cast<unsigned char>(c);
  return std::string("the byte 0x") + hex[u >> 4] + hex[u & 15];
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Result<JsonObject> object() {
    JsonObject out;
    if (text_.substr(0, 3) == "\xef\xbb\xbf")
      return fail("starts with a byte order mark", "save it as plain UTF-8");
    blanks();
    if (!take('{')) return unexpected("'{' to begin the object");
    blanks();
    if (!peek('}')) {
      for (;;) {
        Result<JsonMember> member = this->member();
        if (!member) return member.error();
        for (const JsonMember& earlier : out.members) {
          if (earlier.key != member->key) continue;
          return Error{"key \"" + member->key + "\" is given twice",
                       "the first is in line " + std::to_string(earlier.key_line), file_,
                       member->key_line, member->key_column};
        }
        out.members.push_back(std::move(*member));
        blanks();
        if (peek('}')) break;
        size_t comma = at_;
        if (!take(',')) return unexpected("',' or '}' after the value");
        blanks();
        if (peek('}')) {
          at_ = comma;
          return fail("a comma with nothing after it", "JSON has none before '}'");
        }
      }
    }
    place(at_, out.end_line, out.end_column);
    ++at_;
    blanks();
    if (at_ < text_.size()) return fail("something after the end of the object", "remove it");
    return out;
  }

 private:
  bool peek(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!peek(c)) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (peek(' ') || peek('\t') || peek('\n') || peek('\r')) ++at_;
  }

  // Line and column are needed only for keys, values and errors, so they are counted
  // when asked for, from the last place asked for.
  void place(size_t at, int& line, int& column) {
    if (at < counted_) counted_ = line_start_ = 0, line_ = 1;
    for (; counted_ < at; ++counted_)
      if (text_[counted_] == '\n') ++line_, line_start_ = counted_ + 1;
    line = line_;
    column = static_cast<int>(at - line_start_) + 1;
  }

  Error fail(std::string what, std::string fix = "") {
    Error error{std::move(what), std::move(fix), file_};
    place(at_, error.line, error.column);
    return error;
  }

  Error unexpected(const std::string& wanted) {
    if (at_ >= text_.size()) return fail("the file ends too early", "expected " + wanted);
    if (peek('/') || peek('#')) return fail("JSON has no comments", "expected " + wanted);
    return fail("unexpected " + shown(text_[at_]), "expected " + wanted);
  }

  Result<JsonMember> member() {
    JsonMember out;
    place(at_, out.key_line, out.key_column);
    if (!peek('"')) return unexpected("a key in double quotes");
    Result<std::string> key = string();
    if (!key) return key.error();
    out.key = std::move(*key);
    blanks();
    if (!take(':')) return unexpected("':' after the key \"" + out.key + "\"");
    blanks();
    place(at_, out.line, out.column);
    if (peek('"')) {
      Result<std::string> value = string();
      if (!value) return value.error();
      out.kind = JsonMember::String;
      out.text = std::move(*value);
      return out;
    }
    if (peek('-') || (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'))
      return number(std::move(out));
    for (std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      out.text = word;
      return out;
    }
    if (peek('{') || peek('['))
      return fail("a manifest's values are strings and whole numbers",
                  "\"" + out.key + "\" must be one of these");
    return unexpected("a value for \"" + out.key + "\"");
  }

  Result<JsonMember> number(JsonMember out) {
    size_t begin = at_;
    if (peek('-')) return fail("a negative number", "expected a whole number from 0 up");
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      unsigned digit = static_cast<unsigned>(text_[at_] - '0');
      // 2^53: beyond that other JSON readers lose digits.
      if (out.number > ((uint64_t{1} << 53) - digit) / 10)
        return at(begin, "the number is too large", "at most 2^53");
      out.number = out.number * 10 + digit;
      ++at_;
    }
    if (text_[begin] == '0' && at_ > begin + 1)
      return at(begin, "a number with a leading zero", "write it without");
    if (peek('.') || peek('e') || peek('E'))
      return at(begin, "not a whole number", "expected digits only");
    out.kind = JsonMember::Number;
    out.text = std::string(text_.substr(begin, at_ - begin));
    return out;
  }

  Error at(size_t where, std::string what, std::string fix) {
    at_ = where;
    return fail(std::move(what), std::move(fix));
  }

  // Four hex digits at the cursor, or nothing.
  std::optional<unsigned> hex4() {
    if (text_.size() - at_ < 4) return std::nullopt;
    unsigned code = 0;
    for (size_t i = 0; i < 4; ++i) {
      char c = text_[at_ + i];
      unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                       : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                       : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                              : 16u;
      if (digit > 15) return std::nullopt;
      code = code * 16 + digit;
    }
    at_ += 4;
    return code;
  }

  Result<std::string> string() {
    size_t begin = at_++;
    std::string out;
    for (;;) {
      if (at_ >= text_.size() || text_[at_] == '\n')
        return at(begin, "the string has no end", "expected '\"' on the same line");
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return out;
      }
      if (static_cast<unsigned char>(c) < 0x20)
        return fail("a control character in a string", "write it as \\u00XX");
      if (c != '\\') {
        size_t length = utf8_length(text_.substr(at_));
        if (length == 0) return fail("not valid UTF-8", "save the file as UTF-8");
        out += text_.substr(at_, length);
        at_ += length;
        continue;
      }
      size_t escape = at_++;
      char kind = at_ < text_.size() ? text_[at_++] : '\0';
      static constexpr std::string_view kNames = "\"\\/bfnrt";
      static constexpr std::string_view kBytes = "\"\\/\b\f\n\r\t";
      if (size_t i = kNames.find(kind); kind != '\0' && i != std::string_view::npos) {
        out += kBytes[i];
      } else if (kind == 'u') {
        std::optional<unsigned> code = hex4();
        if (code && *code >= 0xd800 && *code <= 0xdbff) {
          std::optional<unsigned> low;
          if (text_.substr(at_, 2) == "\\u") {
            at_ += 2;
            low = hex4();
          }
          if (low && *low >= 0xdc00 && *low <= 0xdfff)
            code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
        }
        if (!code || (*code >= 0xd800 && *code <= 0xdfff))
          return at(escape, "not a valid \\u escape", "expected \\u and four hex digits");
        append_utf8(out, *code);
      } else {
        return at(escape, "not a JSON escape", "a backslash itself is written \\\\");
      }
    }
  }

  std::string_view text_;
  const std::string& file_;
  size_t at_ = 0;
  size_t counted_ = 0, line_start_ = 0;
  int line_ = 1;
};

}  // namespace

Result<JsonObject> read_json_object(std::string_view text, const std::string& file) {
  return Reader(text, file).object();
}

}  // namespace fbuild::lnk
