// What libraries call platforms, read from the data file architectures.txt beside the
// platforms: lines `properties NAME PLATFORM` (an architecture in library.properties) and
// `json NAME PLATFORM` (another name in library.json); # begins a comment.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "generator/library/manifest.h"
#include "support/result.h"

namespace fbuild {

struct PlatformNames {
  std::vector<std::pair<std::string, std::string>> architectures, old_names;
};

Result<PlatformNames> read_platform_names(const std::string& path);

// The platforms that a library is for; empty: any.
std::vector<std::string> platforms_of(const LibraryManifest& manifest, const PlatformNames& names);

}  // namespace fbuild
