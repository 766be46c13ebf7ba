// The conditional scanner and its conditions: three files, parted by a line "=", of which the
// first includes the others as a.h and b.h.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "generator/library/conditional_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fbuild;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  IncludeScans scans;
  for (std::string name : {"f/main.c", "f/a.h", "f/b.h"}) {
    size_t end = std::min(text.find("\n=\n"), text.size());
    std::string part(text.substr(0, end));
    text.remove_prefix(std::min(end + 3, text.size()));
    scans.provide(name, [part] { return part; });
  }
  std::vector<std::string> folders = {"f"};
  std::function<std::string(const std::string&)> none;
  ConditionalScanner scanner(scans);
  MacroTable defines = {{"ONE", python_integer(1)}, {"TEXT", python_text("abc")}, {"NONE", {}}};
  auto found = scanner.scan(
      "f/main.c",
      {folders, [&](const std::string& name) { return scans.find_path(name, folders); }, none},
      defines);
  if (!found) return 0;
  std::set<std::string> met = {"f/main.c"};
  for (const ConditionalScanner::Found& item : *found)
    if (!met.insert(item.path).second || !met.count(item.by)) std::abort();
  return 0;
}
