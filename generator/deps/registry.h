// The package registry's answers, as PlatformIO's client reads them
// (platformio/registry/client.py and platformio/package/manager/_registry.py):
//
//   GET <registry>/v3/packages/OWNER/library/NAME    one package with all its versions
//   GET <registry>/v3/search?query=...               packages, each with its latest version
//
//   {
//     "id": 64, "name": "ArduinoJson", "owner": {"username": "bblanchon"},
//     "versions": [{
//       "name": "7.4.2",
//       "files": [{
//         "download_url": "https://...tar.gz", "size": 300000, "system": "*",
//         "checksum": {"sha256": "..."}
//       }]
//     }]
//   }
//
// A search answers {"items": [...]} of such packages, with "version" instead of "versions".
// Other keys are not looked at. Owner and name are lower case in a URL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "generator/deps/library_lock.h"
#include "support/result.h"

namespace fbuild {

// The hosts PlatformIO asks, in its order.
inline constexpr const char* kDefaultRegistry =
    "https://api.registry.platformio.org https://api.registry.nm1.platformio.org";

// A version with the archive of it that serves any kind of host.
struct RegistryVersion {
  std::string name;    // "7.4.2"
  std::string url;     // blanks and the like percent-encoded
  std::string sha256;  // 64 hex digits
  std::optional<uint64_t> size;
};

struct RegistryPackage {
  uint64_t id = 0;
  std::string owner, name;
  std::vector<RegistryVersion>
      versions;  // in the answer's order; one without an archive is left out
};

// Reads the answer about one package. `url`: where it came from, for the Error.
Result<RegistryPackage> parse_registry_package(const std::string& text, const std::string& url);

// Reads the answer to a search.
Result<std::vector<RegistryPackage>> parse_registry_search(const std::string& text,
                                                           const std::string& url);

// The package's versions as fbuild.lock pins them; the kind of archive is what its name says.
LibraryLock pinnable_versions(const RegistryPackage& package);

// Paths below the registry's URL.
std::string registry_package_path(const std::string& owner, const std::string& name);
std::string registry_search_path(const std::string& query);

// Percent-encodes what may not stand in a URL as it is; '/' stays if `path`.
std::string percent_encoded(const std::string& text, bool path);

}  // namespace fbuild
