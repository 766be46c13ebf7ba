#include "image/partition_check.h"

#include <algorithm>

#include "image/text.h"

namespace fbuild {
namespace {

Error bad(const Partition& partition, std::string what, std::string fix, const std::string& file) {
  return Error{
      .what = std::move(what), .fix = std::move(fix), .file = file, .line = partition.line};
}

std::string of(const Partition& partition) {
  return concat({"partition ", partition.name, " "});
}

// The name says one type and the type column another.
void warn_of_names(const Partition& partition, const SubtypeNames& names, const std::string& file,
                   std::vector<std::string>& warnings) {
  auto warn = [&](std::string_view what) {
    Error warning{.what = concat({"warning: ", of(partition), "has the name of another ", what}),
                  .file = file,
                  .line = partition.line};
    warnings.push_back(warning.text());
  };
  constexpr std::pair<std::string_view, int64_t> kTypes[] = {{"app", kAppType},
                                                             {"data", kDataType},
                                                             {"bootloader", kBootloaderType},
                                                             {"partition_table", kTableType}};
  for (const auto& [name, type] : kTypes) {
    if (name == partition.name && type != partition.type) warn("type");
  }
  bool named = false, right = false;
  for (const auto& [name, meaning] : names) {
    if (name != partition.name) continue;
    named = true;
    right |= meaning == std::pair(partition.type, partition.subtype);
  }
  if (named && !right) warn("subtype");
}

Status check_one(const Partition& partition, const PartitionOptions& options,
                 const std::string& file) {
  int64_t alignment = partition_alignment(partition.type);
  if (*partition.offset % alignment != 0) {
    return bad(partition, concat({of(partition), "is at ", place_text(*partition.offset)}),
               concat({"a multiple of ", place_text(alignment)}), file);
  }
  if (partition.size < 0 || *partition.offset < 0 || *partition.offset > UINT32_MAX ||
      partition.size > UINT32_MAX) {
    return bad(partition,
               concat({of(partition), "reaches from ", place_text(*partition.offset), " to ",
                       place_text(*partition.offset + partition.size)}),
               "a place in flash", file);
  }
  int64_t unit = options.secure_boot == 1 ? 0x10000 : 0x1000;
  if (partition.type == kAppType && partition.size % unit != 0) {
    return bad(partition, concat({of(partition), "has the size ", place_text(partition.size)}),
               concat({"a multiple of ", place_text(unit), " for an app"}), file);
  }
  if (partition.type != kDataType) return {};
  bool must_write = partition.subtype == kDataOta || partition.subtype == kDataCoredump;
  if (must_write && partition.readonly) {
    return bad(partition, concat({of(partition), "is readonly"}),
               "no such flag for data that is always written", file);
  }
  constexpr int64_t kLeastNvs = 0x3000;
  if (partition.subtype == kDataNvs && partition.size < kLeastNvs && !partition.readonly) {
    return bad(partition, concat({of(partition), "has the size ", place_text(partition.size)}),
               "0x3000 at least for nvs that is not readonly", file);
  }
  return {};
}

Status check_overlaps(const PartitionTable& table, const PartitionOptions& options,
                      const std::string& file) {
  std::vector<const Partition*> sorted;
  for (const Partition& partition : table.partitions) sorted.push_back(&partition);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Partition* a, const Partition* b) { return *a->offset < *b->offset; });
  const Partition* last = nullptr;
  int64_t first = int64_t{options.table_offset} + 0x1000;
  for (const Partition* partition : sorted) {
    bool below = (partition->type == kBootloaderType || partition->type == kTableType) &&
                 partition->subtype == kPrimary;
    if (*partition->offset < first && !below) {
      return bad(*partition, concat({of(*partition), "is at ", place_text(*partition->offset)}),
                 concat({place_text(first), " or higher, behind the partition table"}), file);
    }
    if (last && *partition->offset < *last->offset + last->size) {
      return bad(*partition,
                 concat({of(*partition), "at ", place_text(*partition->offset), " overlaps ",
                         last->name, ", which ends at ", place_text(*last->offset + last->size)}),
                 "places apart", file);
    }
    last = partition;
  }
  if (last && options.flash_size > 0 && *last->offset + last->size > options.flash_size) {
    return bad(*last,
               concat({of(*last), "ends at ", place_text(*last->offset + last->size),
                       ", behind the flash"}),
               concat({place_text(options.flash_size), " at most"}), file);
  }
  return {};
}

// Data that says which app to start: at most one of it, of two sectors.
Status check_selection(const PartitionTable& table, int64_t subtype, std::string_view what,
                       const std::string& file) {
  constexpr int64_t kSize = 0x2000;
  const Partition* found = nullptr;
  for (const Partition& partition : table.partitions) {
    if (partition.type != kDataType || partition.subtype != subtype) continue;
    if (found) {
      return bad(partition, concat({of(partition), "is a second one of subtype ", what}),
                 "one at most", file);
    }
    found = &partition;
  }
  if (found && found->size != kSize) {
    return bad(*found, concat({of(*found), "has the size ", place_text(found->size)}),
               concat({"0x2000 for subtype ", what}), file);
  }
  return {};
}

}  // namespace

int64_t partition_alignment(int64_t type) {
  return type == kAppType ? 0x10000 : 0x1000;
}

std::string place_text(int64_t number) {
  std::string digits;
  uint64_t left = static_cast<uint64_t>(number < 0 ? -number : number);
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[left % 16]);
    left /= 16;
  } while (left > 0);
  return concat({number < 0 ? "-0x" : "0x", digits});
}

Status check_partitions(PartitionTable& table, const PartitionOptions& options,
                        const SubtypeNames& names, const std::string& file) {
  for (const Partition& partition : table.partitions) {
    if (Status status = check_one(partition, options, file); !status) return status;
    warn_of_names(partition, names, file, table.warnings);
  }
  for (size_t i = 0; i < table.partitions.size(); ++i) {
    const Partition& partition = table.partitions[i];
    for (size_t k = 0; k < i; ++k) {
      if (table.partitions[k].name != partition.name) continue;
      return bad(partition,
                 concat({"partition name '", partition.name, "' was used in line ",
                         std::to_string(table.partitions[k].line)}),
                 "another name", file);
    }
  }
  if (Status status = check_overlaps(table, options, file); !status) return status;
  if (Status status = check_selection(table, kDataOta, "ota", file); !status) return status;
  return check_selection(table, kDataTeeOta, "tee_ota", file);
}

}  // namespace fbuild
