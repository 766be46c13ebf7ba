#include "generator/platform/board_texts.h"

#include <algorithm>

namespace fbuild {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '+';
  });
}

// What would make a board depend on another place of the file, or the cut a wrong one.
bool has_more_than_layout(std::string_view text) {
  for (std::string_view mark : {"\t", "\r", " &", " *", "[*", "[&", "<<", "\n---", "\n...", "? "})
    if (text.find(mark) != std::string_view::npos) return true;
  return false;
}

// Whether a quoted scalar begins on this line and does not end on it: what looks like the next
// line's layout may be in it then.
bool has_open_quote(std::string_view line) {
  bool may_begin = true;  // a scalar, here
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == ' ') continue;
    if (may_begin && (c == '"' || c == '\'')) {
      do {
        ++i;
        if (c == '"' && i < line.size() && line[i] == '\\') ++i;
        else if (c == '\'' && i + 1 < line.size() && line[i] == c && line[i + 1] == c) ++i;
        else if (i < line.size() && line[i] == c) break;
      } while (i < line.size());
      if (i >= line.size()) return true;
    }
    may_begin = c == ':' || c == ',' || c == '[' || c == '{' || c == '-' || c == '?';
  }
  return false;
}

}  // namespace

std::optional<SplitPlatform> split_boards(std::string_view text) {
  SplitPlatform out;
  BoardText* board = nullptr;
  bool inside = false, met = false;
  size_t indent = 0;
  size_t section = 0;
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
      if (!inside && bare.starts_with("boards")) return std::nullopt;
      if (inside && met) return std::nullopt;
      met = met || inside;
      if (inside) section = begin;
      if (inside) continue;
    }
    if (!inside) {
      out.rest += line;
      continue;
    }
    // Lines keep their numbers in what is left.
    out.rest += '\n';
    if (empty) {
      if (board) board->text += '\n';
      continue;
    }
    if (has_open_quote(bare)) return std::nullopt;
    if (indent == 0) indent = blanks;
    if (blanks < indent) return std::nullopt;
    if (blanks == indent) {
      size_t colon = bare.find(':');
      if (colon == std::string_view::npos || (colon + 1 < bare.size() && bare[colon + 1] != ' ')) return std::nullopt;
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
  if (!met || out.boards.empty() || has_more_than_layout(text.substr(section))) return std::nullopt;
  return out;
}

}  // namespace fbuild
