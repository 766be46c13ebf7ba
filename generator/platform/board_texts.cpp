#include "generator/platform/board_texts.h"

#include <algorithm>

namespace fbuild {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_word(c) || c == '-' || c == '.' || c == '+';
  });
}

// One line in the part of YAML that is known here.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : left_(line) {}

  bool is_plain() {
    skip_blanks();
    while (left_.starts_with("- ")) {
      left_.remove_prefix(1);
      skip_blanks();
    }
    while (!left_.empty()) {
      if (!token()) return false;
      skip_blanks();
    }
    return open_.empty();
  }

 private:
  bool token() {
    char c = left_[0];
    if (c == '"' || c == '\'') return quotation(c);
    if (c == '[' || c == '{') {
      open_ += c == '[' ? ']' : '}';
      left_.remove_prefix(1);
      return true;
    }
    if (c == ']' || c == '}') {
      if (open_.empty() || open_.back() != c) return false;
      open_.pop_back();
      left_.remove_prefix(1);
      return left_.empty() || left_[0] == ' ' || left_[0] == ',' || is_closing(left_[0]);
    }
    if (c == ',' || c == ':') {
      if (c == ',' && open_.empty()) return false;
      left_.remove_prefix(1);
      return left_.empty() || left_[0] == ' ';
    }
    return word();
  }

  bool quotation(char quote) {
    size_t i = 1;
    for (; i < left_.size() && left_[i] != quote; ++i)
      if (quote == '"' && left_[i] == '\\') ++i;
    if (i >= left_.size()) return false;
    left_.remove_prefix(i + 1);
    // Two of '...' beside each other are one with a quote in it.
    if (quote == '\'' && left_.starts_with('\'')) return quotation(quote);
    return left_.empty() || left_[0] == ' ' || left_[0] == ',' || left_[0] == ':' ||
           is_closing(left_[0]);
  }

  // Part of a plain scalar: what follows after a blank belongs to it too, and is again of
  // characters that mean nothing at a beginning.
  bool word() {
    if (!is_word(left_[0]) && left_[0] != '/' && left_[0] != '.' && left_[0] != '+' &&
        left_[0] != '(' && !(left_[0] == '-' && left_.size() > 1 && is_word(left_[1])))
      return false;
    constexpr std::string_view kInside = "-+./()=;<>*&!@^~$%\\|";
    size_t i = 0;
    while (i < left_.size()) {
      bool colon =
          left_[i] == ':' && i + 1 < left_.size() && (is_word(left_[i + 1]) || left_[i + 1] == '/');
      if (!is_word(left_[i]) && !colon && kInside.find(left_[i]) == std::string_view::npos) break;
      ++i;
    }
    left_.remove_prefix(i);
    return left_.empty() || left_[0] == ' ' || left_[0] == ',' || left_[0] == ':' ||
           is_closing(left_[0]);
  }

  bool is_closing(char c) const { return !open_.empty() && open_.back() == c; }

  void skip_blanks() { left_.remove_prefix(std::min(left_.find_first_not_of(' '), left_.size())); }

  std::string_view left_;
  std::string open_;  // what has to close, innermost last
};

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f; });
}

}  // namespace

std::optional<SplitPlatform> split_boards(std::string_view text) {
  if (has_control_characters(text)) return std::nullopt;
  SplitPlatform out;
  BoardText* board = nullptr;
  bool inside = false;
  size_t indent = 0;
  int number = 0;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    std::string_view line = text.substr(begin, end - begin);
    begin = end;
    ++number;
    std::string_view bare = line;
    while (!bare.empty() && (bare.back() == '\n' || bare.back() == ' ')) bare.remove_suffix(1);
    size_t blanks = std::min(bare.find_first_not_of(' '), bare.size());
    bool empty = blanks == bare.size() || bare[blanks] == '#';
    if (!empty && blanks == 0) {
      inside = bare == "boards:";
      board = nullptr;
      if (inside && out.line) return std::nullopt;
      if (inside) out.line = number;
    }
    if (!inside || out.line == number) {
      out.rest += line;
      continue;
    }
    // Lines keep their numbers in what is left.
    out.rest += '\n';
    if (empty) {
      if (board) board->text += line;
      continue;
    }
    if (!LineReader(bare).is_plain()) return std::nullopt;
    if (indent == 0) indent = blanks;
    if (blanks < indent) return std::nullopt;
    if (blanks == indent) {
      size_t colon = bare.find(':');
      if (colon == std::string_view::npos || (colon + 1 < bare.size() && bare[colon + 1] != ' '))
        return std::nullopt;
      std::string_view name = bare.substr(blanks, colon - blanks);
      if (!is_name(name)) return std::nullopt;
      auto [place, fresh] = out.boards.try_emplace(std::string(name));
      if (!fresh) return std::nullopt;
      board = &place->second;
      board->line = number;
    }
    if (!board) return std::nullopt;
    board->text += line;
  }
  if (out.boards.empty()) return std::nullopt;
  return out;
}

}  // namespace fbuild
