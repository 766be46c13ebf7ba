#include "lnk/response_head.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace fbuild::lnk {

bool no_case_equal(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

namespace {

std::optional<uint64_t> number(std::string_view text) {
  uint64_t out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

void read_content_range(std::string_view value, ResponseHead& out) {
  if (!no_case_equal(value.substr(0, 6), "bytes ")) return;
  value.remove_prefix(6);
  size_t slash = value.find('/');
  if (slash == std::string_view::npos) return;
  out.range_total = number(value.substr(slash + 1));
  size_t dash = value.find('-');
  if (dash < slash) out.range_begin = number(value.substr(0, dash));
}

}  // namespace

std::string ResponseHead::validator() const {
  bool strong = !etag.empty() && etag.compare(0, 2, "W/") != 0;
  return strong ? etag : last_modified;
}

void read_header_line(std::string_view line, ResponseHead& head) {
  if (line.substr(0, 5) == "HTTP/") head = ResponseHead();
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (no_case_equal(name, "content-length")) head.length = number(value);
  if (no_case_equal(name, "content-range")) read_content_range(value, head);
  if (no_case_equal(name, "etag")) head.etag = value;
  if (no_case_equal(name, "last-modified")) head.last_modified = value;
}

}  // namespace fbuild::lnk
