// Links to packages in the build directory. Commands name packages through them, so that
// a build directory holds no path of one machine's home or of one install place.
#pragma once

#include <string>

#include "support/result.h"

namespace fbuild {

// What a symbolic link points to; "" if `path` is none.
std::string link_target(const std::string& path);

// Puts a symbolic link to `target` in place by rename, so that nobody ever misses it.
// Returns whether it had to. Something there that is no link is an Error.
Result<bool> replace_link(const std::string& path, const std::string& target);

// Links `path` (relative paths: in `project`) to the folder `root`; relatively when both
// lie inside the absolute folder `project`, so that they can move together.
Result<bool> link_package(const std::string& path, const std::string& root,
                          const std::string& project);

}  // namespace fbuild
