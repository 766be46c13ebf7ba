#include "generator/ci/diagnostics.h"

#include <algorithm>

namespace fbuild {

namespace {

// ESC [ ... letter, which GCC colors with.
std::string without_colors(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033' && i + 1 < text.size() && text[i + 1] == '[') {
      i += 2;
      while (i < text.size() &&
             !((text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z')))
        ++i;
    } else if (text[i] != '\r') {
      out += text[i];
    }
  }
  return out;
}

// The number that ends at `end`, behind a colon; `end` becomes the colon's place.
bool number_before(std::string_view text, size_t& end, int& out) {
  size_t begin = end;
  while (begin > 0 && text[begin - 1] >= '0' && text[begin - 1] <= '9') --begin;
  if (begin == end || end - begin > 9 || begin == 0 || text[begin - 1] != ':') return false;
  out = 0;
  for (size_t i = begin; i < end; ++i) out = out * 10 + (text[i] - '0');
  end = begin - 1;
  return true;
}

bool parse_line(std::string_view line, Diagnostic& out) {
  // What stands between place and text; the first that comes counts.
  size_t at = std::string_view::npos, length = 0;
  for (std::string_view mark : {": warning: ", ": error: ", ": fatal error: "})
    if (size_t found = line.find(mark); found < at) {
      at = found;
      length = mark.size();
      out.is_error = mark != ": warning: ";
    }
  if (at == std::string_view::npos) return false;
  size_t end = at;
  int last = 0, first = 0;
  if (!number_before(line, end, last)) return false;
  out.line = last;
  out.column = 0;
  if (number_before(line, end, first)) {
    out.line = first;
    out.column = last;
  }
  out.file = std::string(line.substr(0, end));
  out.text = std::string(line.substr(at + length));
  return !out.file.empty() && out.line > 0;
}

}  // namespace

std::vector<Diagnostic> parse_diagnostics(std::string_view output) {
  std::string plain = without_colors(output);
  std::vector<Diagnostic> out;
  for (std::string_view rest = plain; !rest.empty();) {
    size_t end = std::min(rest.find('\n'), rest.size());
    Diagnostic item;
    if (parse_line(rest.substr(0, end), item)) {
      bool known = std::any_of(out.begin(), out.end(), [&](const Diagnostic& other) {
        return other.file == item.file && other.line == item.line && other.column == item.column &&
               other.text == item.text;
      });
      if (!known) out.push_back(std::move(item));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace fbuild
