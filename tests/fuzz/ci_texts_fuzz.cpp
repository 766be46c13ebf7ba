// What compilers print and ninja's log: no crash, and nothing that is not in the text.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generator/ci/diagnostics.h"
#include "generator/ci/ninja_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fbuild;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Diagnostic& item : parse_diagnostics(text)) {
    if (item.file.empty() || item.line <= 0 || item.column < 0) std::abort();
    if (item.file.find('\n') != std::string::npos || item.text.find('\n') != std::string::npos)
      std::abort();
    // Written as compilers do, it reads the same.
    std::string line = item.file + ":" + std::to_string(item.line) +
                       (item.column ? ":" + std::to_string(item.column) : "") +
                       (item.is_error ? ": error: " : ": warning: ") + item.text + "\n";
    std::vector<Diagnostic> again = parse_diagnostics(line);
    if (again.size() > 1) std::abort();
    // A name with a mark or a number of its own can be read in more than one way.
    bool plain = item.column > 0 && item.file.find(": ") == std::string::npos &&
                 item.text.find('\033') == std::string::npos &&
                 item.file.find('\033') == std::string::npos;
    if (plain && (again.empty() || again[0].file != item.file || again[0].line != item.line ||
                  again[0].text != item.text))
      std::abort();
  }
  for (const auto& [name, seconds] :
       times_in_ninja_log(text, {{"a", {"out/a", "shared"}}, {"b", {"out/b"}}}))
    if ((name != "a" && name != "b") || !(seconds >= 0) || std::isinf(seconds)) std::abort();
  return 0;
}
