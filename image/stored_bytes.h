// What a program's image files hold: the bytes of its sections, each at the address it is
// stored at. The same choice as GNU objcopy makes for `-O ihex` and `-O binary`: sections
// that take memory and have bytes in the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image/elf.h"
#include "image/size_report.h"
#include "support/result.h"

namespace fbuild {

struct StoredBytes {
  uint32_t address = 0;
  std::string_view bytes;  // never empty; points into the ELF file
};

// Which sections, and where else than the file says.
struct SectionChoice {
  SectionNames only;                                    // objcopy -j; empty: all
  SectionNames without;                                 // objcopy -R
  std::vector<std::pair<std::string, uint32_t>> moved;  // objcopy --change-section-lma NAME=
};

// The chosen sections in the order of the file. A section that would reach past the end
// of the 32-bit address space is an Error naming `file`.
Result<std::vector<StoredBytes>> stored_bytes(const Elf& elf, const SectionChoice& choice,
                                              const std::string& file);

// The bytes from the lowest address to the highest, gaps filled with `fill`; empty for no
// sections at all. Overlapping sections: the later one wins. More than 256 MiB (a RAM
// address among flash addresses) is an Error naming `file`. `base` receives the lowest
// address if it is not null.
Result<std::string> flat_binary(const std::vector<StoredBytes>& sections, uint8_t fill,
                                const std::string& file, uint32_t* base = nullptr);

}  // namespace fbuild
