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

bool one_line(std::string_view text) {
  return text.find('\n') == std::string_view::npos;
}

bool is_kind(char c) {
  return std::string_view("\"<>?$=!#").find(c) != std::string_view::npos;
}

}  // namespace

void append_known_includes(std::string& out, const std::string& path, const KnownIncludes& known) {
  if (!one_line(path)) return;
  const FileStamp& stamp = known.stamp;
  out += ". " + std::to_string(stamp.size) + " " + std::to_string(stamp.mtime) + " " +
         std::to_string(stamp.ctime) + " " + std::to_string(stamp.inode) + " " +
         std::to_string(stamp.device) + " " + path + "\n";
  for (const IncludeLine& line : known.lines) {
    out += static_cast<char>(line.kind);
    out += line.name;
    out += '\n';
  }
}

std::string include_memo_begin() {
  return std::string(kHead);
}

std::string include_memo_end() {
  return ".\n";
}

std::string format_include_memo(const IncludeMemo& memo) {
  std::string out = include_memo_begin();
  for (const auto& [path, known] : memo) append_known_includes(out, path, known);
  return out + include_memo_end();
}

std::vector<MemoPart> split_include_memo(std::string_view text) {
  std::vector<MemoPart> out;
  if (!text.starts_with(kHead) || !text.ends_with("\n.\n")) return out;
  text.remove_prefix(kHead.size());
  text.remove_suffix(2);
  while (!text.empty()) {
    MemoPart part;
    std::string_view head = text.substr(0, text.find('\n'));
    size_t head_size = head.size() + 1;
    if (!head.starts_with(". ")) return {};
    head.remove_prefix(2);
    FileStamp& stamp = part.stamp;
    if (!number(head, stamp.size) || !number(head, stamp.mtime) || !number(head, stamp.ctime) ||
        !number(head, stamp.inode) || !number(head, stamp.device))
      return {};
    part.path = head;
    if (!out.empty() && !(out.back().path < part.path)) return {};
    size_t next = text.find("\n.", head_size - 1);
    size_t size = next == std::string_view::npos ? text.size() : next + 1;
    part.text = text.substr(0, size);
    part.lines = part.text.substr(head_size);
    out.push_back(part);
    text.remove_prefix(size);
  }
  return out;
}

std::optional<std::vector<IncludeLine>> parse_include_lines(std::string_view lines) {
  std::vector<IncludeLine> out;
  while (!lines.empty()) {
    size_t end = lines.find('\n');
    if (end == std::string_view::npos || !is_kind(lines[0])) return std::nullopt;
    out.push_back(
        {static_cast<IncludeLine::Kind>(lines[0]), std::string(lines.substr(1, end - 1))});
    lines.remove_prefix(end + 1);
  }
  return out;
}

IncludeMemo parse_include_memo(std::string_view text) {
  IncludeMemo out;
  for (const MemoPart& part : split_include_memo(text)) {
    std::optional<std::vector<IncludeLine>> lines = parse_include_lines(part.lines);
    if (!lines) return {};
    out.emplace_hint(out.end(), std::string(part.path),
                     KnownIncludes{part.stamp, std::move(*lines)});
  }
  return out;
}

}  // namespace fbuild
