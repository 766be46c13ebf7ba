#include "generator/config/source_excerpt.h"

#include <algorithm>

#include "generator/config/unicode_text.h"
#include "support/files.h"

namespace fbuild::config {
namespace {

constexpr size_t kWidth = 100;

}  // namespace

std::string source_excerpt(const Error& error, const std::string& directory) {
  if (error.file.empty() || error.line < 1) return "";
  Result<std::string> text = read_file(join_path(directory, error.file));
  if (!text) return "";
  size_t begin = 0;
  for (int line = 1; line < error.line; ++line) {
    size_t end = text->find_first_of("\r\n", begin);
    if (end == std::string::npos) return "";
    begin = end + 1;
    if ((*text)[end] == '\r' && begin < text->size() && (*text)[begin] == '\n') ++begin;
  }
  size_t end = std::min(text->find_first_of("\r\n", begin), text->size());
  std::string_view line = std::string_view(*text).substr(begin, end - begin);
  if (find_invalid_utf8(line) != std::string_view::npos) return "";
  size_t at = error.column > 0 ? std::min(static_cast<size_t>(error.column) - 1, line.size()) : 0;

  // The part of a long line that has the place in it, cut between characters.
  size_t from = at > kWidth ? at - kWidth / 2 : 0;
  while (from > 0 && (line[from] & 0xC0) == 0x80) --from;
  size_t to = std::min(from + kWidth + kWidth / 2, line.size());
  while (to < line.size() && (line[to] & 0xC0) == 0x80) ++to;
  std::string out = "  ", caret = "  ";
  for (size_t i = from; i < to;) {
    size_t start = i;
    char32_t code = next_code_point(line, i);
    bool control = code < 0x20 && code != '\t';
    out += control ? std::string_view("?") : line.substr(start, i - start);
    if (start < at) caret += code == '\t' ? '\t' : ' ';
  }
  return out + '\n' + (error.column > 0 ? caret + "^\n" : "");
}

}  // namespace fbuild::config
