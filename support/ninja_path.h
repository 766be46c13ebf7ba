// Paths as ninja files spell them; both the generator and the gate write such files.
#pragma once

#include <string>
#include <string_view>

namespace fbuild {

// A path in a build statement: `$`, blank and `:` are escaped. Besides line ends it must
// have no `|`, and its log no tab.
std::string ninja_path(std::string_view path);

}  // namespace fbuild
