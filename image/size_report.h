// How much of a device's flash and RAM a program takes, said as PlatformIO says it.
//
// A memory's use is the sum of the sizes of sections named by the platform (initialized
// data counts for both: it waits in flash and runs in RAM). Sizes are the section
// headers' own, which is what `size -A` prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/elf.h"
#include "support/result.h"

namespace fbuild {

// Section names, each with an optional `*` at its end: ".text", ".rodata*".
struct SectionNames {
  std::vector<std::string> patterns;

  bool match(std::string_view name) const;
};

// Splits a comma list of section names; blanks around a name and empty names are
// dropped. A `*` elsewhere than at the end of a name, or no name at all, is an Error.
Result<SectionNames> parse_section_names(std::string_view list);

// One memory: bytes used, and how many there are (0: not known).
struct MemoryUse {
  uint64_t used = 0;
  uint64_t max = 0;

  bool too_big() const { return max > 0 && used > max; }
};

// The sum of the sizes of the sections whose names match, each section counted once.
// Tables that are about the file and not about the program (symbols, relocations) are
// never counted, as in `size -A`.
uint64_t sections_size(const Elf& elf, const SectionNames& names);

// "RAM:   [====      ]  40.0% (used 819 bytes from 2048 bytes)\n"; without a maximum
// "RAM:   (used 819 bytes)\n". `label` is "RAM" or "Flash".
std::string memory_line(std::string_view label, const MemoryUse& use);

// "40.0% (819/2048)"; without a maximum "819 bytes".
std::string memory_brief(const MemoryUse& use);

// "1744 bytes (5.4%) more than the 32256 bytes of flash", for use.too_big().
std::string memory_excess(const MemoryUse& use, std::string_view of_what);

// {"ram":{"used":9,"max":2048},"flash":{...},"sections":{".text":900,...}} and a newline.
// A memory that is not given (nullptr) and an unknown maximum are left out. Sections are
// those that take memory, in the file's order; equal names are added up.
std::string size_json(const Elf& elf, const MemoryUse* ram, const MemoryUse* flash);

}  // namespace fbuild
