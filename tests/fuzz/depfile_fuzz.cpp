// Depend files: no crash, and what was read and is written again reads the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stamp/depfile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fbuild;
  auto names = stamp::parse_depfile({reinterpret_cast<const char*>(data), size});
  if (!names) return 0;
  for (const std::string& name : *names) {
    if (name.empty()) std::abort();
    if (name.find_first_of("\\\n\r") != std::string::npos)
      return 0;  // not every such name can be written for ninja
  }
  auto again = stamp::parse_depfile(stamp::format_depfile("out", *names));
  if (!again || *again != *names) std::abort();
  return 0;
}
