// Any text is a manifest or one clear error; a manifest survives being written down.
#include <cstdint>
#include <cstdlib>

#include "lnk/manifest.h"

using namespace fbuild;
using namespace fbuild::lnk;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  Result<Manifest> manifest = parse_manifest(text, "fuzz.lnk");
  if (!manifest) {
    std::string line = manifest.error().text();
    if (line.empty() || manifest.error().what.empty() || line.find("fuzz.lnk") != 0) std::abort();
    return 0;
  }
  if (manifest->sha256.size() != 64 || !check_url(manifest->url)) std::abort();
  Result<Manifest> again = parse_manifest(manifest_text(*manifest), "again.lnk");
  if (!again || again->url != manifest->url || again->sha256 != manifest->sha256 ||
      again->size != manifest->size || again->extract != manifest->extract)
    std::abort();
  return 0;
}
