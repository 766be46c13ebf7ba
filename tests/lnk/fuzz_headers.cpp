// Any lines are a head; what is believed of it is what can be written down again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lnk/response_head.h"

using namespace fbuild::lnk;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ResponseHead head;
  while (!text.empty()) {
    size_t end = text.find('\n');
    read_header_line(text.substr(0, end), head);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  // It becomes a line of our own request.
  if (head.validator().find_first_of("\n") != std::string::npos) std::abort();
  if (head.validator() != trimmed(head.validator())) std::abort();
  ResponseHead again;
  if (head.length) read_header_line("Content-Length: " + std::to_string(*head.length), again);
  if (again.length != head.length) std::abort();
  if (head.range_begin && head.range_total) {
    read_header_line("content-range: bytes " + std::to_string(*head.range_begin) + "-1/" +
                         std::to_string(*head.range_total) + "\r\n",
                     again);
    if (again.range_begin != head.range_begin || again.range_total != head.range_total)
      std::abort();
  }
  read_header_line("HTTP/1.1 302 Found", again);
  if (again.length || again.range_begin || !again.etag.empty()) std::abort();
  return 0;
}
