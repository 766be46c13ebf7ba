#include "generator/config/shell_words.h"

#include <algorithm>

namespace fbuild::config {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_char(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}

// Reads one command line as sh does.
class ShellReader {
 public:
  ShellReader(std::string_view line, const std::function<const char*(const std::string&)>& variable)
      : line_(line), variable_(variable) {}

  Result<ShellWords> read() {
    while (at_ < line_.size()) {
      char c = line_[at_];
      if (is_blank(c)) {
        end_word();
        ++at_;
      } else if (c == '\'') {
        size_t close = line_.find('\'', at_ + 1);
        if (close == std::string_view::npos) return Error{.what = "a ' that nothing closes"};
        add(line_.substr(at_ + 1, close - at_ - 1));
        at_ = close + 1;
      } else if (c == '"') {
        if (Status done = read_quoted(); !done) return done.error();
      } else if (c == '\\') {
        ++at_;
        if (at_ == line_.size()) {
          add("\\");
        } else if (line_[at_] == '\n') {
          ++at_;  // a continued line
        } else {
          add(line_.substr(at_++, 1));
        }
      } else if (c == '$') {
        if (Status done = read_variable(false); !done) return done.error();
      } else if (c == '~' && !in_word_) {
        size_t end = std::min(line_.find_first_of("/ \t\n", at_), line_.size());
        const char* home = end == at_ + 1 ? variable_("HOME") : nullptr;
        add(home ? std::string_view(home) : "~");
        ++at_;
      } else {
        if (std::string_view("()<>&;|`").find(c) != std::string_view::npos) out_.special = true;
        if (c == '#' && !in_word_) out_.special = true;
        add(line_.substr(at_++, 1));
      }
    }
    end_word();
    return std::move(out_);
  }

 private:
  void add(std::string_view text) {
    in_word_ = true;
    word_ += text;
  }
  void end_word() {
    if (in_word_) out_.words.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  Status read_quoted() {
    in_word_ = true;
    for (++at_; at_ < line_.size() && line_[at_] != '"';) {
      char c = line_[at_];
      if (c == '$') {
        if (Status done = read_variable(true); !done) return done;
        continue;
      }
      if (c == '`') out_.special = true;
      if (c == '\\' && at_ + 1 < line_.size()) {
        char next = line_[at_ + 1];
        if (next == '\n') {
          at_ += 2;
          continue;
        }
        if (next == '$' || next == '`' || next == '"' || next == '\\') ++at_;
      }
      word_ += line_[at_++];
    }
    if (at_ == line_.size()) return Error{.what = "a \" that nothing closes"};
    ++at_;
    return {};
  }

  Status read_variable(bool quoted) {
    size_t start = at_ + 1;
    bool braces = start < line_.size() && line_[start] == '{';
    size_t begin = braces ? start + 1 : start, end = begin;
    if (begin < line_.size() && is_name_start(line_[begin])) {
      while (end < line_.size() && is_name_char(line_[end])) ++end;
    }
    if (end == begin || (braces && (end == line_.size() || line_[end] != '}'))) {
      if (braces || (start < line_.size() && line_[start] == '(')) {
        return Error{.what = "a shell expression that is more than ${NAME}"};
      }
      add("$");
      ++at_;
      return {};
    }
    const char* value = variable_(std::string(line_.substr(begin, end - begin)));
    at_ = braces ? end + 1 : end;
    for (const char* c = value ? value : ""; *c; ++c) {
      if (!quoted && is_blank(*c)) {
        end_word();
      } else {
        add(std::string_view(c, 1));
      }
    }
    return {};
  }

  std::string_view line_;
  const std::function<const char*(const std::string&)>& variable_;
  size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  ShellWords out_;
};

}  // namespace

Result<std::vector<std::string>> split_flag_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (quote) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"') {
        if (++at == text.size()) return Error{.what = "No escaped character"};
        if (text[at] != '\\' && text[at] != '"') word += '\\';
        word += text[at];
      } else {
        word += c;
      }
    } else if (is_blank(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      in_word = true;
      if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '\\') {
        if (++at == text.size()) return Error{.what = "No escaped character"};
        word += text[at];
      } else {
        word += c;
      }
    }
  }
  if (quote) return Error{.what = "No closing quotation"};
  if (in_word) words.push_back(std::move(word));
  return words;
}

Result<ShellWords> read_shell_line(std::string_view line,
                                   const std::function<const char*(const std::string&)>& variable) {
  return ShellReader(line, variable).read();
}

std::string quote_blanks(std::string_view word) {
  if (word.find_first_of(" \t") == std::string_view::npos) return std::string(word);
  return '"' + std::string(word) + '"';
}

}  // namespace fbuild::config
