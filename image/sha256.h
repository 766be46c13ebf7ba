// SHA-256 (FIPS 180-4), as ESP images carry it: of the image at its end, and of the whole
// ELF file inside it. The ELF file is by far the larger (10 MB with debug information is
// common), so the processor's SHA instructions are used where there are any: about 1.7 GB/s
// instead of 0.3.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fbuild {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest sha256(std::string_view data);

// The same without special instructions, for tests.
Sha256Digest sha256_portable(std::string_view data);

}  // namespace fbuild
