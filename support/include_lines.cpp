#include "support/include_lines.h"

#include <algorithm>
#include <tuple>

namespace fbuild {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
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
    framework(text);
    std::stable_sort(includes_.begin(), includes_.end(),
                     [](const IncludeLine& a, const IncludeLine& b) {
                       return std::tuple(a.kind == IncludeLine::Angled, std::string_view(a.name)) <
                              std::tuple(b.kind == IncludeLine::Angled, std::string_view(b.name));
                     });
    includes_.insert(includes_.end(), std::make_move_iterator(others_.begin()),
                     std::make_move_iterator(others_.end()));
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
      if (end != close && end != std::string_view::npos)
        other(IncludeLine::Asked, rest.substr(0, end));
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
        if (size_t quote = arguments.find('"'); quote != std::string_view::npos)
          data(arguments.substr(quote));
      }
    }
  }

  void data(std::string_view rest) {
    take(rest, "\\");
    if (!take(rest, "\"")) return;
    size_t close = rest.find_first_of("\"\\\n");
    if (close != 0 && close != std::string_view::npos && rest[close] != '\n')
      other(IncludeLine::Data, rest.substr(0, close));
  }

  // `^#include\s+[<"](Arduino|mbed)\.h[<"]`, which never matches <Arduino.h>. That of Arduino
  // wins when it is mentioned anywhere.
  void framework(std::string_view text) {
    for (size_t at = 0; (at = text.find(".h\"", at)) != std::string_view::npos; ++at) {
      for (std::string_view name : {"Arduino", "mbed"}) {
        if (at < name.size() || text.substr(at - name.size(), name.size()) != name) continue;
        size_t quote = at - name.size();
        if (quote == 0 || (text[quote - 1] != '"' && text[quote - 1] != '<')) continue;
        size_t blank = quote - 1;
        while (blank > 0 && is_space(text[blank - 1])) --blank;
        if (blank == quote - 1 || blank < 8 || text.substr(blank - 8, 8) != "#include") continue;
        if (blank != 8 && text[blank - 9] != '\n') continue;
        other(IncludeLine::Framework,
              text.find("Arduino.h") != std::string_view::npos ? "Arduino.h" : "mbed.h");
        return;
      }
    }
  }

  void other(IncludeLine::Kind kind, std::string_view name) {
    IncludeLine line{kind, std::string(name)};
    if (std::find(others_.begin(), others_.end(), line) == others_.end())
      others_.push_back(std::move(line));
  }

  std::vector<IncludeLine> includes_, others_;
};

// The rest of a directive's line without comments and carriage returns and the blanks
// before them. Nothing is known of strings: // in one is a comment too.
std::string without_comments(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t blanks = 0;
    while (blanks < text.size() && is_space(text[blanks])) ++blanks;
    std::string_view rest = text.substr(blanks);
    if (rest.starts_with("//")) break;
    if (rest.starts_with("/*")) {
      size_t close = rest.rfind("*/");
      if (close == std::string_view::npos || close < 2) break;
      text = rest.substr(close + 2);
    } else if (size_t end = text.substr(0, blanks).rfind('\r'); end != std::string_view::npos) {
      text.remove_prefix(end + 1);
    } else {
      size_t word = blanks;
      while (word < text.size() && !is_space(text[word]) && text[word] != '/') ++word;
      if (word == blanks) ++word;  // a slash alone
      if (word > text.size()) word = text.size();
      out += text.substr(0, word);
      text.remove_prefix(word);
    }
  }
  return out;
}

// The directives that SCons's conditional scanner knows, as its expressions take them
// apart (SCons/cpp.py). The first that fits counts: #include_next is an "include".
void add_directives(std::string_view source, std::vector<IncludeLine>& out) {
  out.push_back({IncludeLine::Directive, ""});
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\\' && i + 1 < source.size()) {
      size_t end = source[i + 1] == '\r' ? i + 2 : i + 1;
      if (end < source.size() && source[end] == '\n') {
        i = end;
        continue;
      }
    }
    text += source[i];
  }
  constexpr std::string_view kWords[] = {"if",      "elif", "ifdef", "ifndef", "import",
                                         "include", "else", "endif", "define", "undef"};
  std::string_view all = text;
  for (size_t begin = 0; begin < all.size();) {
    size_t end = std::min(all.find('\n', begin), all.size());
    size_t at = begin;
    begin = end + 1;
    while (at < end && is_space(all[at])) ++at;
    if (at == end || all[at] != '#') continue;
    ++at;
    // The keyword may stand in a later line.
    while (at < all.size() && is_space(all[at])) ++at;
    for (std::string_view word : kWords) {
      std::string_view rest = all.substr(at);
      if (!rest.starts_with(word)) continue;
      if (word == "if" && (rest.starts_with("ifdef") || rest.starts_with("ifndef"))) continue;
      size_t stop = std::min(all.find('\n', at), all.size());
      std::string line = std::string(word) + ' ';
      line += without_comments(all.substr(at + word.size(), stop - at - word.size()));
      out.push_back({IncludeLine::Directive, std::move(line)});
      begin = std::max(begin, stop + 1);
      break;
    }
  }
}

}  // namespace

std::vector<IncludeLine> scan_includes(std::string_view text, bool directives) {
  std::vector<IncludeLine> out = Scanner().run(text);
  if (directives) add_directives(text, out);
  return out;
}

bool has_directives(const std::vector<IncludeLine>& lines) {
  return !lines.empty() && lines.back().kind == IncludeLine::Directive;
}

bool includes_same(std::string_view text, const std::vector<IncludeLine>& lines) {
  return scan_includes(text, has_directives(lines)) == lines;
}

}  // namespace fbuild
