// Application and bootloader images of the ESP32 family, as their ROM and second-stage
// bootloaders read them; the same bytes as `esptool elf2image` writes. Layout, numbers
// little-endian:
//
//    0  magic e9, number of segments, flash mode, flash size << 4 | flash frequency
//    4  entry point u32
//    8  write-protect pin (ee: none), 3 bytes of pin drive strengths (0)
//   12  chip id u16, minimum revision u8, minimum and maximum revision u16 (major * 100 +
//       minor), 4 bytes 0, 1 if a SHA-256 of the image is appended
//   24  segments: address u32, size u32, bytes (a multiple of 4)
//       zeros up to one byte before a multiple of 16, then the checksum: ef xor all bytes
//       of the segments
//       SHA-256 of everything before it
//
// Segments that run from flash are not copied at start but mapped in pages, so their bytes
// must lie in the file at the same place of a page as in memory. The room before them is
// filled with pieces of segments that are copied to RAM, or with a segment at address 0,
// which bootloaders skip. The checksum is over all of it.
//
// The SHA-256 of the ELF file goes into the application descriptor, where a debugger or a
// core dump finds which program this is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image/elf.h"
#include "image/fact_table.h"
#include "support/result.h"

namespace fbuild {

using NamedNumbers = std::vector<std::pair<std::string, uint32_t>>;

// What the writer must know of a chip; rows of tables/esp-chips.table.
struct EspChip {
  std::string name;
  uint32_t id = 0;                   // in the header
  std::vector<AddressRange> flash;   // addresses mapped to flash
  std::vector<AddressRange> memory;  // kinds of memory: segments in different ones stay apart
  uint32_t page = 0;                 // size of a flash mapping
  std::vector<uint32_t> pages;       // the sizes it can be set to; empty: fixed
  uint32_t least_tail = 0;           // a mapped segment must not end with less than this in a page
  bool extended_header = true;       // images have the header above; false: its first 8 bytes
  uint32_t bootloader = 0;           // flash offset of the second-stage bootloader
  NamedNumbers sizes;                // codes of flash sizes in the header, shifted
  NamedNumbers frequencies;          // codes of flash frequencies

  bool in_flash(uint32_t address) const;
};

Result<EspChip> esp_chip(const FactRow& row);

// The code of a flash mode (qio, qout, dio, dout), size or frequency of the chip.
Result<uint8_t> esp_flash_mode(std::string_view name);
Result<uint8_t> esp_code(const NamedNumbers& codes, std::string_view name, std::string_view what,
                         const EspChip& chip);

struct EspImageOptions {
  uint8_t flash_mode = 0;
  uint8_t flash_size_frequency = 0;
  uint32_t min_revision = 0;       // the older field, u8
  uint32_t min_revision_full = 0;  // u16
  uint32_t max_revision_full = 65535;
  uint32_t elf_digest_at = 0;  // where in the image; 0: where the application descriptor has it
  bool append_digest = true;
  bool from_segments = false;  // program headers instead of sections
  uint32_t page = 0;           // page size; 0: from the application descriptor or the chip
  uint32_t pad_to = 0;         // fill the image with ff to a multiple of this; 0: do not
  int secure_pad = 0;          // 1, 2: pad for a signature of secure boot version 1 or 2
};

// Makes the image of an ELF file. `bytes` are those of the whole file (for its digest),
// `file` its name for errors.
Result<std::string> esp_image(const Elf& elf, std::string_view bytes, const EspChip& chip,
                              const EspImageOptions& options, const std::string& file);

}  // namespace fbuild
