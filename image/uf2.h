// UF2 files, which are copied to a board that shows itself as a disk. A file is a row of
// blocks of 512 bytes, each of which says by itself where its bytes go, so that an
// operating system may write them in any order (github.com/microsoft/uf2). Numbers are
// little-endian:
//
//     0  magic 0a324655, magic 9e5d5157
//     8  flags: 2000 family id present, 8000 extension tags behind the bytes
//    12  address, number of bytes (256 here), number of this block, number of all blocks
//    28  family id: which devices may take it; 0 without the flag
//    32  the bytes, then zeros
//   508  magic 0ab16f30
//
// Two dialects are written:
//   * plain (uf2conv): bytes cut into 256s from a base address on.
//   * pages, for families whose row in tables/uf2-families.table has a flash range (as
//     picotool and elf2uf2 do for boot ROMs that erase flash by block number): whole pages
//     of 256 bytes at multiples of 256, and every page of an erase sector there but for
//     those after the last; segments are checked against the device's memories.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/elf.h"
#include "image/fact_table.h"
#include "image/intel_hex.h"
#include "support/result.h"

namespace fbuild {

// A device family; rows of tables/uf2-families.table.
struct Uf2Family {
  std::string name;
  uint32_t id = 0;                          // 0: blocks without a family
  std::vector<AddressRange> flash;          // no range: the plain dialect
  std::vector<AddressRange> ram;            // programs may be loaded here instead
  std::vector<AddressRange> uninitialized;  // may only be reserved by a program in flash
  std::vector<AddressRange> ignored;        // contents are left out of a program in RAM
  uint32_t sector = 4096;                   // flash erase sector
  bool ram_entry_first = false;             // a program in RAM must start at its first page
  uint32_t absolute_id = 0;                 // family of the absolute block; 0: takes none
};

Result<Uf2Family> uf2_family(const FactRow& row);

// Where the block of `--abs-block` points to by default: the last page below 16 MiB of
// flash. (It makes the boot ROM of an RP2350-A2 count the following blocks as its own:
// erratum E10.)
inline constexpr uint32_t kAbsoluteBlockAddress = 0x10ffff00;

struct Uf2Options {
  uint32_t base = 0;            // address of a plain binary's first byte
  uint32_t absolute_block = 0;  // address of an absolute block in front; 0: none
};

// A program, a binary, or the runs of a HEX file as UF2. Errors name `file`.
Result<std::string> uf2_from_elf(const Elf& elf, const Uf2Family& family, const Uf2Options& options,
                                 const std::string& file);
Result<std::string> uf2_from_binary(std::string_view bytes, const Uf2Family& family,
                                    const Uf2Options& options, const std::string& file);
// Pages in the order of the file, what is not given filled with ff.
Result<std::string> uf2_from_hex(const std::vector<HexRun>& runs, const Uf2Family& family,
                                 const std::string& file);

}  // namespace fbuild
