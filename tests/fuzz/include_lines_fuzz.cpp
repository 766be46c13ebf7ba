// The scan of sources for includes, and the memo of what was found.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "support/include_lines.h"
#include "support/include_memo.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fbuild;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  IncludeMemo memo;
  memo["file"] = {{size, 1, 2, 3, 4}, scan_includes(text, size % 2 == 1)};
  for (const IncludeLine& line : memo["file"].lines)
    if ((line.name.empty() && line.kind != IncludeLine::Directive) ||
        line.name.find('\n') != std::string::npos)
      std::abort();
  if (parse_include_memo(format_include_memo(memo))["file"].lines != memo["file"].lines)
    std::abort();
  // What is read as a memo at all is written as one that reads the same.
  IncludeMemo read = parse_include_memo(text);
  IncludeMemo again = parse_include_memo(format_include_memo(read));
  if (again.size() != read.size()) std::abort();
  for (const auto& [path, known] : read)
    if (again[path].lines != known.lines || !(again[path].stamp == known.stamp)) std::abort();
  return 0;
}
