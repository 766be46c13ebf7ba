#include "stamp/depfile.h"

#include <unordered_set>

namespace fbuild::stamp {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// One line with its continuations joined, word by word.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  enum Kind { Word, Colon, LineEnd, End };
  // `targets`: a colon ends what stands before it. Behind it colons are letters.
  Kind next(std::string& word, bool targets) {
    word.clear();
    for (;;) {
      if (text_.empty()) return End;
      if (starts_continuation()) continue;
      if (!is_blank(text_[0])) break;
      text_.remove_prefix(1);
    }
    if (take('\n')) return LineEnd;
    while (!text_.empty() && !is_blank(text_[0]) && text_[0] != '\n') {
      char c = text_[0];
      char after = text_.size() > 1 ? text_[1] : '\0';
      if (c == '\\' && (after == '\n' || text_.starts_with("\\\r\n"))) break;
      // One inside a name (C:\x) does not.
      if (targets && c == ':' &&
          (after == '\0' || is_blank(after) || after == '\n' || after == '\\')) {
        if (!word.empty()) return Word;
        text_.remove_prefix(1);
        return Colon;
      }
      if (c == '\\') {
        // Backslashes double before a blank, and only there.
        size_t count = 0;
        while (count < text_.size() && text_[count] == '\\') ++count;
        char end = count < text_.size() ? text_[count] : '\0';
        if (end == ' ' || end == '\t') {
          word.append(count / 2, '\\');
          text_.remove_prefix(count);
          if (count % 2 == 0) return Word;  // the blank is a blank
          word += end;
          text_.remove_prefix(1);
          continue;
        }
        if (end == '#' || end == ':') {
          word.append(count - 1, '\\');
          word += end;
          text_.remove_prefix(count + 1);
          continue;
        }
        bool continued =
            end == '\n' || (end == '\r' && count + 1 < text_.size() && text_[count + 1] == '\n');
        if (continued) --count;
        word.append(count, '\\');
        text_.remove_prefix(count);
        continue;
      }
      if (c == '$' && after == '$') text_.remove_prefix(1);
      word += c;
      text_.remove_prefix(1);
    }
    return Word;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool starts_continuation() {
    for (std::string_view end : {"\\\n", "\\\r\n"})
      if (text_.starts_with(end)) {
        text_.remove_prefix(end.size());
        return true;
      }
    return false;
  }
  std::string_view text_;
};

}  // namespace

Result<std::vector<std::string>> parse_depfile(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return Error{"a depend file has no NUL bytes"};
  std::vector<std::string> out;
  std::unordered_set<std::string> met;
  Words words(text);
  std::string word;
  bool targets = false, inputs = false, any = false;  // on this line; at all
  for (;;) {
    Words::Kind kind = words.next(word, !inputs);
    if (kind == Words::Word) {
      if (!inputs) {
        targets = true;
      } else if (met.insert(word).second) {
        out.push_back(word);
      }
    } else if (kind == Words::Colon) {
      if (!targets) return Error{"a colon that no target is before"};
      inputs = any = true;
    } else {
      if (targets && !inputs) return Error{"a target without a colon"};
      targets = inputs = false;
      if (kind == Words::End) break;
    }
  }
  if (!any) return Error{"no rule in it"};
  return out;
}

std::string format_depfile(std::string_view output, const std::vector<std::string>& inputs) {
  auto escaped = [](std::string_view path) {
    std::string out;
    for (size_t i = 0; i < path.size(); ++i) {
      char c = path[i];
      if (c == ' ' || c == '\t') {
        for (size_t at = i; at > 0 && path[at - 1] == '\\'; --at) out += '\\';
        out += '\\';
      }
      if (c == '#') out += '\\';
      if (c == '$') out += '$';
      out += c;
    }
    return out;
  };
  std::string out = escaped(output) + ":";
  for (const std::string& input : inputs) out += " \\\n  " + escaped(input);
  return out + "\n";
}

}  // namespace fbuild::stamp
