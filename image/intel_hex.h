// Intel HEX files, as avrdude, simulators and mass-storage loaders read them.
//
// Lines of `:` count(1) address(2) type(1) data(count) checksum(1), each byte two upper-case
// hexadecimal digits, ended by CR LF. Types written: 00 data, 01 end, 02 and 04 the upper
// bits of the address (below and above 1 MiB), 03 and 05 the entry point (likewise).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/stored_bytes.h"
#include "support/result.h"

namespace fbuild {

// The same file as `objcopy -O ihex`: sections in the order of their addresses, records of
// 16 bytes that do not cross a 64 KiB boundary, the entry point if it is not 0.
std::string intel_hex(std::vector<StoredBytes> sections, uint32_t entry);

// A run of bytes at an address.
struct HexRun {
  uint32_t address = 0;
  std::string bytes;
};

// Reads a HEX file: its data in the order of the file, records that follow each other
// directly joined. A wrong digit, length, checksum or a missing end is an Error with the
// line.
Result<std::vector<HexRun>> read_intel_hex(std::string_view text, const std::string& file);

}  // namespace fbuild
