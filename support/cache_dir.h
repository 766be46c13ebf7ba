// Where this user's caches lie.
#pragma once

#include <string>

namespace fbuild {

// The folder of caches: FBUILD_CACHE_DIR, else XDG_CACHE_HOME/fbuild (the XDG
// specification ignores a relative one), else ~/.cache/fbuild; "" when none of them is
// set. It need not exist.
std::string user_cache_directory();

}  // namespace fbuild
