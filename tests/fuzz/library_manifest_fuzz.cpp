// library.json and library.properties.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generator/library/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fbuild;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (auto read : {read_library_json, read_library_properties}) {
    Result<LibraryManifest> manifest = read(text);
    if (!manifest) {
      if (manifest.error().what.empty()) std::abort();
      continue;
    }
    for (const std::vector<std::string>* list :
         {&manifest->frameworks, &manifest->platforms, &manifest->architectures})
      if (std::find(list->begin(), list->end(), "") != list->end()) std::abort();
  }
  return 0;
}
