#include "support/include_memo.h"

#include <charconv>

namespace fbuild {

namespace {

constexpr std::string_view kHead = "fbuild includes 2\n";

template <class Number>
bool number(std::string_view& text, Number& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return true;
}

bool one_line(std::string_view text) { return text.find('\n') == std::string_view::npos; }

bool is_kind(char c) { return std::string_view("\"<>?$=!#").find(c) != std::string_view::npos; }

}  // namespace

std::string format_include_memo(const IncludeMemo& memo) {
  std::string out(kHead);
  for (const auto& [path, known] : memo) {
    if (!one_line(path)) continue;
    const FileStamp& stamp = known.stamp;
    out += ". " + std::to_string(stamp.size) + " " + std::to_string(stamp.mtime) + " " + std::to_string(stamp.ctime) +
           " " + std::to_string(stamp.inode) + " " + std::to_string(stamp.device) + " " + path + "\n";
    for (const IncludeLine& line : known.lines) {
      out += static_cast<char>(line.kind);
      out += line.name;
      out += '\n';
    }
  }
  return out + ".\n";
}

IncludeMemo parse_include_memo(std::string_view text) {
  IncludeMemo out;
  if (!text.starts_with(kHead) || !text.ends_with("\n.\n")) return out;
  text.remove_prefix(kHead.size());
  text.remove_suffix(2);
  KnownIncludes* known = nullptr;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with(". ")) {
      line.remove_prefix(2);
      FileStamp stamp;
      if (!number(line, stamp.size) || !number(line, stamp.mtime) || !number(line, stamp.ctime) ||
          !number(line, stamp.inode) || !number(line, stamp.device))
        return {};
      known = &out.insert_or_assign(out.end(), std::string(line), KnownIncludes{stamp, {}})->second;
    } else if (known && !line.empty() && is_kind(line[0])) {
      known->lines.push_back({static_cast<IncludeLine::Kind>(line[0]), std::string(line.substr(1))});
    } else {
      return {};
    }
  }
  return out;
}

}  // namespace fbuild
