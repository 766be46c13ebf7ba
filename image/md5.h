// MD5 (RFC 1321), the check sum of ESP partition tables and of their UF2 blocks. It
// guards against accidents only; nothing here relies on it for security.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fbuild {

using Md5Digest = std::array<uint8_t, 16>;

Md5Digest md5(std::string_view data);

}  // namespace fbuild
