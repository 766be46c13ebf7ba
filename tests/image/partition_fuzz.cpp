// Any text as a partition CSV. The first byte chooses the options.
#include <cstdint>
#include <string>

#include "image/partition_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fbuild;
  if (size == 0) return 0;
  PartitionOptions options;
  if (data[0] & 1) options.primary_bootloader = 0x1000;
  if (data[0] & 2) options.recovery_bootloader = 0x3f0000;
  if (data[0] & 4) options.flash_size = 4 << 20;
  options.secure_boot = data[0] >> 3 & 1;
  options.md5 = data[0] & 16;
  std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  Result<PartitionTable> table = read_partition_csv(text, options, "p.csv");
  if (!table) {
    if (table.error().text().find('\n') != std::string::npos) __builtin_trap();
    return 0;
  }
  (void)partition_json(*table);
  Result<std::string> binary = partition_binary(*table, options, "p.csv");
  if (binary && binary->size() != 0xc00) __builtin_trap();
  return 0;
}
