// Partition tables as the bootloader reads them, and as JSON.
#include "image/bytes.h"
#include "image/md5.h"
#include "image/partition_table.h"
#include "image/text.h"
#include "support/json_text.h"
#include "support/suggest.h"

namespace fbuild {

Result<std::string> partition_binary(const PartitionTable& table, const PartitionOptions& options,
                                     const std::string& file) {
  constexpr size_t kSize = 0xc00, kName = 16;
  std::string out;
  for (const Partition& partition : table.partitions) {
    out += "\xaa\x50";
    out += static_cast<char>(partition.type);
    out += static_cast<char>(partition.subtype);
    append_le32(out, static_cast<uint32_t>(*partition.offset));
    append_le32(out, static_cast<uint32_t>(partition.size));
    std::string name = partition.name.substr(0, kName);
    name.resize(kName, '\0');
    out += name;
    append_le32(out, (partition.encrypted ? 1u : 0u) | (partition.readonly ? 2u : 0u));
  }
  if (options.md5) {
    Md5Digest digest = md5(out);
    out += "\xeb\xeb";
    out.append(14, '\xff');
    out.append(digest.begin(), digest.end());
  }
  // One entry of ff must be left to end the table.
  if (out.size() >= kSize) {
    return Error{.what = concat({"has ", std::to_string(table.partitions.size()), " partitions"}),
                 .fix = options.md5 ? "94 at most" : "95 at most",
                 .file = file};
  }
  out.resize(kSize, '\xff');
  return out;
}

Result<Partition> file_system_partition(const PartitionTable& table, const std::string& name,
                                        const std::string& file) {
  constexpr int64_t kData = 1, kFat = 0x81, kLittleFs = 0x83;
  const Partition* found = nullptr;
  std::vector<std::string> names;
  for (const Partition& partition : table.partitions) {
    if (partition.type != kData || partition.subtype < kFat || partition.subtype > kLittleFs)
      continue;
    names.push_back(partition.name);
    if (name.empty() || partition.name == name) found = &partition;
  }
  if (found) return *found;
  if (names.empty())
    return Error{.what = "has no partition for a file system",
                 .fix = "one of type data and subtype spiffs, littlefs or fat",
                 .file = file};
  return Error{.what = concat({"has no partition '", name, "' for a file system"}),
               .fix = did_you_mean(name, names),
               .file = file};
}

std::string partition_json(const PartitionTable& table) {
  std::string out = "[";
  for (const Partition& partition : table.partitions) {
    if (out.size() > 1) out += ",\n ";
    out += concat({"{\"name\":", json_string(partition.name),
                   ",\"type\":", std::to_string(partition.type),
                   ",\"subtype\":", std::to_string(partition.subtype), ",\"offset\":",
                   std::to_string(*partition.offset), ",\"size\":", std::to_string(partition.size),
                   ",\"encrypted\":", partition.encrypted ? "true" : "false",
                   ",\"readonly\":", partition.readonly ? "true" : "false", "}"});
  }
  return out + "]\n";
}

}  // namespace fbuild
