#include "support/cache_dir.h"

#include <cstdlib>

#include "support/files.h"

namespace fbuild {

std::string user_cache_directory() {
  auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (std::string dir = variable("FBUILD_CACHE_DIR"); !dir.empty()) return absolute_path(dir);
  if (std::string dir = variable("XDG_CACHE_HOME"); !dir.empty() && dir[0] == '/')
    return join_path(dir, "fbuild");
  if (std::string home = variable("HOME"); !home.empty())
    return join_path(absolute_path(home), ".cache/fbuild");
  return "";
}

}  // namespace fbuild
