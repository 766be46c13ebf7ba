// The rules a partition table must keep, and the numbers they are about. Internal to the
// reading of partition tables.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "image/partition_table.h"
#include "support/result.h"

namespace fbuild {

enum PartitionType : int64_t { kAppType = 0, kDataType = 1, kBootloaderType = 2, kTableType = 3 };

enum PartitionSubtypeNumber : int64_t {
  // of bootloaders and tables
  kPrimary = 0,
  kRecovery = 2,
  // of data
  kDataOta = 0x00,
  kDataNvs = 0x02,
  kDataCoredump = 0x03,
  kDataUndefined = 0x06,
  kDataTeeOta = 0x90,
};

// What the offset of a partition of this type must be a multiple of.
int64_t partition_alignment(int64_t type);

// "0x9000"; "-0x10" for what went wrong.
std::string place_text(int64_t number);

// A name of a subtype, with the type and the subtype it means.
using SubtypeNames = std::vector<std::pair<std::string, std::pair<int64_t, int64_t>>>;

// Checks the whole table, and appends to its warnings.
Status check_partitions(PartitionTable& table, const PartitionOptions& options,
                        const SubtypeNames& names, const std::string& file);

}  // namespace fbuild
