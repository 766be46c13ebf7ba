// What a server says of a response before its body: the few header fields that decide
// whether a download is the right one, and whether it goes on where it broke off (RFC 9110:
// Content-Length 8.6, ETag 8.8.3, Last-Modified 8.8.2, Content-Range 14.4).
//
// A field that is malformed counts as missing: nothing is believed of a body that its digest
// does not confirm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fbuild::lnk {

struct ResponseHead {
  std::optional<uint64_t> length;       // Content-Length
  std::optional<uint64_t> range_begin;  // Content-Range: bytes begin-end/total
  std::optional<uint64_t> range_total;
  std::string etag;
  std::string last_modified;

  // What identifies these bytes on this server, for If-Range; "" if nothing does. A weak
  // ETag does not.
  std::string validator() const;
};

// As HTTP compares names and schemes.
bool no_case_equal(std::string_view a, std::string_view b);

// Without blanks, tabs and line ends around it.
std::string_view trimmed(std::string_view text);

// Takes one line of a header, with or without its line end. The status line of another
// response (each redirect brings one) forgets what was read so far.
void read_header_line(std::string_view line, ResponseHead& head);

}  // namespace fbuild::lnk
