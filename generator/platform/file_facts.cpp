#include "generator/platform/file_facts.h"

#include <algorithm>
#include <regex>

namespace fbuild {

namespace {

// The library's matcher recurses once a character.
constexpr size_t kLongestLine = 2000;

// The next line, taken off the text, without its end.
std::string_view next_line(std::string_view& text) {
  size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

std::optional<std::string> keyed_line(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (!line.starts_with(key) || line.size() == key.size() || line[key.size()] != '=') continue;
    line.remove_prefix(key.size() + 1);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    return std::string(line);
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> table_row(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    std::vector<std::string> cells;
    for (bool more = true; more;) {
      size_t comma = line.find(',');
      std::string_view cell = line.substr(0, comma);
      more = comma != std::string_view::npos;
      line.remove_prefix(more ? comma + 1 : line.size());
      while (!cell.empty() && is_blank(cell.front())) cell.remove_prefix(1);
      while (!cell.empty() && is_blank(cell.back())) cell.remove_suffix(1);
      cells.emplace_back(cell);
    }
    if (!cells[0].starts_with('#') && cells[0] == name) return cells;
  }
  return std::nullopt;
}

std::string shell_form(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    if (is_blank(words[0])) {
      out += ' ';
      words.remove_prefix(1);
      continue;
    }
    char quote = words[0] == '"' || words[0] == '\'' ? words[0] : 0;
    size_t end = quote ? words.find(quote, 1)
                       : std::find_if(words.begin(), words.end(), is_blank) - words.begin();
    if (quote && end == std::string_view::npos) {  // never closed: it stands for itself
      quote = 0;
      end = std::find_if(words.begin(), words.end(), is_blank) - words.begin();
    }
    if (quote) out += '"';
    for (char c : words.substr(quote ? 1 : 0, quote ? end - 1 : end)) {
      if (c == '"' || c == '\\' || (!quote && c == '\'')) out += '\\';
      out += c;
    }
    if (quote) out += '"';
    words.remove_prefix(quote ? end + 1 : end);
  }
  return out;
}

Status check_pattern(const std::string& pattern) {
  try {
    std::regex compiled(pattern);
    return {};
  } catch (const std::regex_error& error) {
    return Error{"'" + pattern + "' is no regular expression: " + error.what(), ""};
  }
}

std::optional<std::vector<std::string>> first_match(std::string_view text,
                                                    const std::string& pattern) {
  std::regex compiled(pattern);
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (line.size() > kLongestLine) continue;
    std::cmatch match;
    if (!std::regex_search(line.data(), line.data() + line.size(), match, compiled)) continue;
    return std::vector<std::string>(match.begin(), match.end());
  }
  return std::nullopt;
}

}  // namespace fbuild
