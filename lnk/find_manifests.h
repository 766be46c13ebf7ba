// Finding every .lnk file of a project.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild::lnk {

// Folders that no build reads, and that are not searched. The same as a watch set's
// default excludes.
bool is_excluded_folder(std::string_view name);

// The paths of all files ending in ".lnk" below `folder`, sorted by path as bytes, each
// beginning with `folder` (nothing, if that is "."). Links to folders are followed, but
// no folder is searched twice. An unreadable folder is an Error.
Result<std::vector<std::string>> find_manifests(const std::string& folder);

}  // namespace fbuild::lnk
