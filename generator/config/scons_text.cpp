#include "generator/config/scons_text.h"

#include <set>

namespace fbuild::config {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\f\v";

// Values may be nested this deep and texts become this long; far more than needed.
constexpr int kMaxDepth = 64;
constexpr size_t kMaxText = size_t{16} << 20;

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_char(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// The next piece of a text: a `$` construction, blanks, or other text.
std::string_view next_token(std::string_view text) {
  if (text[0] == '$') {
    if (text.size() == 1) return text;
    char c = text[1];
    if (c == '$' || c == '(' || c == ')') return text.substr(0, 2);
    if (is_name_start(c)) {
      size_t end = 2;
      while (end < text.size() && (text[end] == '.' || is_name_char(text[end]))) ++end;
      return text.substr(0, end);
    }
    if (c == '{') {
      size_t close = text.find('}', 2);
      if (close != std::string_view::npos) return text.substr(0, close + 1);
    }
    return text.substr(0, 1);
  }
  bool blank = kBlanks.find(text[0]) != std::string_view::npos;
  size_t end = blank ? text.find_first_not_of(kBlanks) : text.find_first_of(" \t\n\r\f\v$");
  return text.substr(0, end);
}

// The name in $NAME or ${NAME}; an Error when it is an expression.
Result<std::string_view> name_of(std::string_view token, const Variables& variables) {
  std::string_view key = token.substr(1);
  if (key[0] == '{') key = key.substr(1, key.size() - 2);
  size_t end = 0;
  if (!key.empty() && is_name_start(key[0])) {
    while (end < key.size() && is_name_char(key[end])) ++end;
  }
  if (end == key.size() && end > 0) return key;
  // An attribute of something that does not exist is nothing, too.
  if (end > 0 && key[end] == '.' && !variables.contains(key.substr(0, end)) &&
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
          std::string_view::npos) {
    return key.substr(0, end);
  }
  return Error{.what = std::string(token) + " is an expression",
               .fix = "only plain names such as $PROJECT_DIR are replaced"};
}

Error too_long() {
  return Error{.what = "variables name each other too often in a flag"};
}

struct TextWriter {
  const Variables& variables;
  std::set<std::string, std::less<>> blanked = {};  // names being replaced
  std::string out = {};

  Status write(std::string_view text, int depth) {
    while (!text.empty()) {
      std::string_view token = next_token(text);
      text.remove_prefix(token.size());
      if (out.size() > kMaxText || depth > kMaxDepth) return too_long();
      if (token[0] != '$' || token.size() == 1) {
        out += token;
      } else if (token[1] == '$') {
        out += '$';
      } else if (token[1] == '(' || token[1] == ')') {
        out += token;
      } else {
        Result<std::string_view> name = name_of(token, variables);
        if (!name) return name.error();
        auto value = variables.find(*name);
        if (value == variables.end() || blanked.contains(*name)) continue;
        std::string key(*name);
        blanked.insert(key);
        Status done = write(value->second, depth + 1);
        blanked.erase(key);
        if (!done) return done;
      }
    }
    return {};
  }
};

// Builds words piece by piece. A piece goes to the end of the last word or starts a new
// one; behind < > | it always starts one, which keeps redirections apart.
struct WordWriter {
  const Variables& variables;
  std::set<std::string, std::less<>> blanked = {};
  std::vector<std::string> words = {};
  bool start_word = true;
  size_t written = 0;

  void append(std::string_view piece) {
    if (start_word || words.empty() ||
        (!words.back().empty() &&
         std::string_view("<>|").find(words.back().back()) != std::string_view::npos)) {
      words.emplace_back(piece);
    } else {
      words.back() += piece;
    }
    start_word = false;
    written += piece.size();
  }

  Status write(std::string_view text, bool keep_blanks, int depth) {
    while (!text.empty()) {
      std::string_view token = next_token(text);
      text.remove_prefix(token.size());
      if (written > kMaxText || depth > kMaxDepth) return too_long();
      if (kBlanks.find(token[0]) != std::string_view::npos) {
        if (keep_blanks) {
          append(token);
        } else {
          start_word = true;
        }
      } else if (token[0] != '$' || token.size() == 1) {
        append(token);
      } else if (token[1] == '$') {
        append("$");
      } else if (token[1] != '(' && token[1] != ')') {
        Result<std::string_view> name = name_of(token, variables);
        if (!name) return name.error();
        auto value = variables.find(*name);
        if (value == variables.end() || blanked.contains(*name)) continue;
        if (value->second.find_first_of(" \t\n\r\f\v$") == std::string::npos) {
          if (!value->second.empty()) append(value->second);
          continue;
        }
        std::string key(*name);
        blanked.insert(key);
        Status done = write(value->second, false, depth + 1);
        blanked.erase(key);
        if (!done) return done;
        start_word = false;
      }
    }
    return {};
  }
};

Result<std::vector<std::string>> words_of(std::string_view text, const Variables& variables,
                                          bool keep_blanks) {
  WordWriter writer{variables};
  if (Status done = writer.write(text, keep_blanks, 0); !done) return done.error();
  return std::move(writer.words);
}

}  // namespace

Result<std::string> substitute_text(std::string_view text, const Variables& variables) {
  if (text.find('$') == std::string_view::npos) return std::string(text);
  TextWriter writer{variables};
  if (Status done = writer.write(text, 0); !done) return done.error();
  return std::move(writer.out);
}

Result<std::vector<std::string>> substitute_flag(std::string_view flag,
                                                 const Variables& variables) {
  return words_of(flag, variables, true);
}

Result<std::vector<std::string>> substitute_command(std::string_view text,
                                                    const Variables& variables) {
  return words_of(text, variables, false);
}

}  // namespace fbuild::config
