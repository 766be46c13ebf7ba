#include "support/include_lines.h"

#include <algorithm>
#include <tuple>

namespace fbuild {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
}

bool take(std::string_view& text, std::string_view head) {
  if (!text.starts_with(head)) return false;
  text.remove_prefix(head.size());
  return true;
}

class Scanner {
 public:
  std::vector<IncludeLine> run(std::string_view text) {
    for (size_t begin = 0; begin < text.size();) {
      size_t end = std::min(text.find('\n', begin), text.size());
      line(text.substr(begin, end - begin));
      begin = end + 1;
    }
    assembler(text);
    std::stable_sort(includes_.begin(), includes_.end(), [](const IncludeLine& a, const IncludeLine& b) {
      return std::tuple(a.kind == IncludeLine::Angled, std::string_view(a.name)) <
             std::tuple(b.kind == IncludeLine::Angled, std::string_view(b.name));
    });
    includes_.insert(includes_.end(), std::make_move_iterator(others_.begin()), std::make_move_iterator(others_.end()));
    return std::move(includes_);
  }

 private:
  void line(std::string_view rest) {
    skip_blanks(rest);
    if (!take(rest, "#")) return;
    skip_blanks(rest);
    if (take(rest, "include_next")) {
      name(rest, IncludeLine::Next);
    } else if (take(rest, "include") || take(rest, "import")) {
      include(rest);
    } else if (rest.starts_with("if") || rest.starts_with("elif")) {
      for (size_t at; (at = rest.find("__has_include")) != std::string_view::npos;) {
        rest.remove_prefix(at + 13);
        bool next = take(rest, "_next");
        skip_blanks(rest);
        if (take(rest, "(")) name(rest, next ? IncludeLine::Next : IncludeLine::Asked);
      }
    }
  }

  void include(std::string_view rest) {
    skip_blanks(rest);
    if (rest.empty()) return;
    if (rest[0] == '<' || rest[0] == '"') {
      IncludeLine::Kind kind = rest[0] == '"' ? IncludeLine::Quoted : IncludeLine::Angled;
      rest.remove_prefix(1);
      size_t close = rest.find_first_of(">\"");
      if (close == 0 || close == std::string_view::npos) return;
      includes_.push_back({kind, std::string(rest.substr(0, close))});
      // PlatformIO ends a name at either closing mark; the compiler reads on.
      size_t end = rest.find(kind == IncludeLine::Quoted ? '"' : '>');
      if (end != close && end != std::string_view::npos) other(IncludeLine::Asked, rest.substr(0, end));
      return;
    }
    size_t end = 0;
    while (end < rest.size() && is_word(rest[end])) ++end;
    if (end > 0) other(IncludeLine::Macro, rest.substr(0, end));
  }

  // <name> or "name" at the beginning of `rest`.
  void name(std::string_view rest, IncludeLine::Kind kind) {
    skip_blanks(rest);
    if (rest.empty() || (rest[0] != '<' && rest[0] != '"')) return;
    char closing = rest[0] == '<' ? '>' : '"';
    rest.remove_prefix(1);
    size_t close = rest.find(closing);
    if (close != 0 && close != std::string_view::npos) other(kind, rest.substr(0, close));
  }

  // Directives of the assembler, in its own files and in asm statements, where quotes have
  // a backslash; and the macro by which C and C++ programs embed files with them.
  void assembler(std::string_view text) {
    for (std::string_view word : {".incbin", ".include", "INCBIN", "INCTXT"}) {
      for (size_t at = 0; (at = text.find(word, at)) != std::string_view::npos;) {
        std::string_view rest = text.substr(at + word.size());
        at += word.size();
        if (word[0] == '.') {
          skip_blanks(rest);
          data(rest);
          continue;
        }
        skip_blanks(rest);
        if (!take(rest, "(")) continue;
        std::string_view arguments = rest.substr(0, rest.find_first_of(")\n"));
        if (size_t quote = arguments.find('"'); quote != std::string_view::npos) data(arguments.substr(quote));
      }
    }
  }

  void data(std::string_view rest) {
    take(rest, "\\");
    if (!take(rest, "\"")) return;
    size_t close = rest.find_first_of("\"\\\n");
    if (close != 0 && close != std::string_view::npos && rest[close] != '\n') other(IncludeLine::Data, rest.substr(0, close));
  }

  void other(IncludeLine::Kind kind, std::string_view name) {
    IncludeLine line{kind, std::string(name)};
    if (std::find(others_.begin(), others_.end(), line) == others_.end()) others_.push_back(std::move(line));
  }

  std::vector<IncludeLine> includes_, others_;
};

}  // namespace

std::vector<IncludeLine> scan_includes(std::string_view text) { return Scanner().run(text); }

}  // namespace fbuild
