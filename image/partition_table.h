// Partition tables of the ESP32 family: a CSV file that people write, and the binary the
// bootloader reads. The binary is the same bytes as ESP-IDF's gen_esp32part.py writes, and
// what that tool refuses is refused.
//
// CSV: one partition per line, `#` starts a comment line:
//
//     name, type, subtype, offset, size, flags
//
//   type     app, data, bootloader, partition_table or a number up to 254
//   subtype  a name that belongs to the type, or a number; empty: undefined (not for app)
//   offset   empty: behind the partition before, aligned (app: 64 KiB, others: 4 KiB)
//   size     negative: up to this offset
//   flags    encrypted, readonly, with a colon between them
//
// Numbers may be 0x hexadecimal and end in K or M.
//
// Binary, little-endian, 32 bytes per partition: aa 50, type u8, subtype u8, offset u32,
// size u32, name (16 bytes, zeros behind it), flags u32 (1 encrypted, 2 readonly). Then
// eb eb, 14 bytes ff and the MD5 of all entries; ff up to 3072 bytes, which leaves the rest
// of the flash sector to a signature.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct Partition {
  std::string name;
  int64_t type = 0;
  int64_t subtype = 0;
  std::optional<int64_t> offset;  // none only while the table is being read
  int64_t size = 0;
  bool encrypted = false;
  bool readonly = false;
  int line = 0;  // of the CSV file
};

// Another name for a subtype, as a component of a project may bring it.
struct PartitionSubtype {
  std::string type, name;
  uint8_t value = 0;
};

struct PartitionOptions {
  uint32_t table_offset = 0x8000;              // where the table itself lies in flash
  std::optional<uint32_t> primary_bootloader;  // offsets of bootloaders that are listed
  std::optional<uint32_t> recovery_bootloader;
  uint32_t flash_size = 0;  // 0: not checked
  int secure_boot = 0;      // 1: app sizes in units of 64 KiB; 0, 2: 4 KiB
  bool md5 = true;
  std::vector<PartitionSubtype> subtypes;
};

struct PartitionTable {
  std::vector<Partition> partitions;  // in the order of the file, offsets filled in
  std::vector<std::string> warnings;  // whole lines, without a newline
};

// Reads and checks a table. Every error has file, line and, where one field is to blame,
// its column.
Result<PartitionTable> read_partition_csv(std::string_view text, const PartitionOptions& options,
                                          const std::string& file);

// The binary of a table that has been read. Too many partitions is an Error.
Result<std::string> partition_binary(const PartitionTable& table, const PartitionOptions& options,
                                     const std::string& file);

// The partition a file system image is for: of type data and subtype spiffs, littlefs or fat; the
// one with that name, or, if it is empty, the last. None is an Error.
Result<Partition> file_system_partition(const PartitionTable& table, const std::string& name,
                                        const std::string& file);

// A JSON array of the partitions: name, type, subtype, offset, size, flags.
std::string partition_json(const PartitionTable& table);

}  // namespace fbuild
