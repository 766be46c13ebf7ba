// What a platform file declares of a package that can be fetched: its versions, each with
// an archive per host system. The same facts as in a .lnk manifest (docs/lnk.md), with the
// systems it is for and the folder to be stripped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lnk/manifest.h"
#include "support/result.h"

namespace YAML {
class Node;
}

namespace fbuild {

// PlatformIO's name for a kind of machine: "linux_x86_64", "darwin_arm64"...; "*" is any.
inline constexpr const char* kAnySystem = "*";

// The name of this machine's kind, as PlatformIO makes it from uname.
std::string host_system();

struct PackageArchive {
  std::vector<std::string> systems;
  std::string url;
  std::string sha256;            // 64 hex digits; empty only where nobody vouches for them
  std::optional<uint64_t> size;  // bytes
  lnk::Extract extract = lnk::Extract::File;
  int strip = 1;  // leading folders taken off: 0 or 1
  int line = 0;

  bool is_for(const std::string& system) const;
  lnk::Manifest manifest() const { return {url, sha256, size, extract}; }
};

struct PackageVersion {
  std::string version;
  std::vector<PackageArchive> archives;

  // The archive for a system; nullptr when there is none.
  const PackageArchive* archive_for(const std::string& system) const;
};

// The kind of archive that the end of a URL's path says it is; none: no known one.
std::optional<lnk::Extract> archive_kind(const std::string& url);

// Reads the `versions` of a package; throws YamlFailure. `what` names the package.
std::vector<PackageVersion> read_versions(const YAML::Node& node, const std::string& file,
                                          const std::string& what);

}  // namespace fbuild
