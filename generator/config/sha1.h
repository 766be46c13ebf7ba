// SHA-1, for ${PROJECT_HASH} only: the dialect defines that name by it. Nothing that has
// to resist anybody may use it.
#pragma once

#include <string>
#include <string_view>

namespace fbuild::config {

// The 40 lower-case hexadecimal digits of the digest.
std::string sha1_hex(std::string_view data);

}  // namespace fbuild::config
