// Which facts of a board a platform file looks at. An option that sets another one
// (board_build.flash_mod = dio) has no effect, and whoever wrote it should hear so.
#pragma once

#include <set>
#include <string>

#include "generator/platform/platform.h"

namespace fbuild {

// The dotted paths in all of the platform's conditions and places.
std::set<std::string> facts_read(const Platform& platform);

// Whether a fact at `path` matters where those of `read` do: it is one of them, or a part of one,
// or one is a part of it.
bool is_read(const std::set<std::string>& read, const std::string& path);

}  // namespace fbuild
