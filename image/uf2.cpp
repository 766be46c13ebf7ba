#include "image/uf2.h"

#include <algorithm>
#include <map>

#include "image/bytes.h"
#include "image/stored_bytes.h"
#include "image/text.h"

namespace fbuild {
namespace {

constexpr uint32_t kPage = 256;
constexpr uint32_t kBlock = 512;
constexpr size_t kMostBytes = 256u << 20;

// Pages by address; each has kPage bytes.
using Pages = std::map<uint32_t, std::string>;

Error bad(const std::string& file, std::string what, std::string_view fix = "") {
  return Error{.what = std::move(what), .fix = std::string(fix), .file = file};
}

std::string range_text(uint32_t address, uint64_t size) {
  return concat({hex_text(address), "-", hex_text(static_cast<uint32_t>(address + size - 1))});
}

void append_block(std::string& out, uint32_t address, std::string_view bytes, uint32_t number,
                  uint32_t count, uint32_t family) {
  constexpr uint32_t kFamilyPresent = 0x2000;
  size_t end = out.size() + kBlock;
  for (uint32_t field : {0x0a324655u, 0x9e5d5157u, family != 0 ? kFamilyPresent : 0u, address,
                         kPage, number, count, family}) {
    append_le32(out, field);
  }
  out += bytes;
  out.resize(end - 4, '\0');
  append_le32(out, 0x0ab16f30);
}

// A block of another family that a device writes nowhere, and reads as the first of two.
void append_absolute_block(std::string& out, uint32_t address, uint32_t family) {
  constexpr uint32_t kFamilyAndTags = 0x2000 | 0x8000;
  constexpr uint32_t kIgnoreBlockTag = 0x9957e304;
  size_t start = out.size();
  append_block(out, address, std::string(kPage, '\xef'), 0, 2, family);
  put_le32(out, start + 8, kFamilyAndTags);
  put_le32(out, start + 32 + kPage, kIgnoreBlockTag);
}

bool within(const std::vector<AddressRange>& ranges, uint32_t address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const AddressRange& range) { return range.holds(address); });
}

bool within(const std::vector<AddressRange>& ranges, uint32_t address, uint64_t size) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) {
    return range.begin <= address && uint64_t{address} + size <= range.end;
  });
}

void add_to_pages(Pages& pages, uint32_t address, std::string_view bytes) {
  while (!bytes.empty()) {
    uint32_t offset = address % kPage;
    size_t now = std::min<size_t>(bytes.size(), kPage - offset);
    std::string& page = pages.try_emplace(address - offset, kPage, '\0').first->second;
    bytes.copy(page.data() + offset, now);
    bytes.remove_prefix(now);
    address += static_cast<uint32_t>(now);
  }
}

std::string write_pages(const Pages& pages, const Uf2Family& family, const Uf2Options& options) {
  std::string out;
  out.reserve((pages.size() + 1) * kBlock);
  if (options.absolute_block != 0 && family.absolute_id != 0 && !pages.empty() &&
      within(family.flash, pages.begin()->first)) {
    append_absolute_block(out, options.absolute_block, family.absolute_id);
  }
  uint32_t number = 0, count = static_cast<uint32_t>(pages.size());
  for (const auto& [address, bytes] : pages) {
    append_block(out, address, bytes, number++, count, family.id);
  }
  return out;
}

std::string write_plain(std::string_view bytes, uint32_t base, const Uf2Family& family) {
  uint32_t count = static_cast<uint32_t>((bytes.size() + kPage - 1) / kPage);
  std::string out;
  out.reserve(size_t{count} * kBlock);
  for (uint32_t number = 0; number < count; ++number) {
    uint32_t at = number * kPage;
    append_block(out, base + at, bytes.substr(at, kPage), number, count, family.id);
  }
  return out;
}

// Whether the program is loaded to RAM: where its entry point is stored decides.
Result<bool> loaded_to_ram(const Elf& elf, const Uf2Family& family, const std::string& file) {
  for (const ElfSegment& segment : elf.segments) {
    if (segment.type != ElfSegment::Load || elf.entry < segment.virtual_address ||
        elf.entry - segment.virtual_address >= segment.content.size()) {
      continue;
    }
    uint32_t stored = elf.entry - segment.virtual_address + segment.physical_address;
    if (within(family.ram, stored)) return true;
    if (within(family.flash, stored)) return false;
  }
  return bad(file,
             concat({"the entry point ", hex_text(elf.entry),
                     " is in no segment that is stored in flash or RAM of ", family.name}),
             "a program linked for this family");
}

// Puts the loadable segments on pages, each checked against the memories a program of its
// kind may use.
Result<Pages> pages_of(const Elf& elf, const Uf2Family& family, bool to_ram,
                       const std::string& file) {
  Pages pages;
  std::vector<const ElfSegment*> placed;
  for (const ElfSegment& segment : elf.segments) {
    if (segment.type != ElfSegment::Load || segment.memory_size == 0) continue;
    uint32_t address = segment.physical_address;
    size_t size = segment.content.size();
    if (size > 0) {
      bool ignored =
          to_ram && !within(family.ram, address, size) && within(family.ignored, address, size);
      if (ignored) continue;
      if (!within(to_ram ? family.ram : family.flash, address, size)) {
        bool reserved = !to_ram && within(family.uninitialized, address, size);
        return bad(file, concat({"has contents at ", range_text(address, size),
                                 reserved ? ", where a program in flash can have none"
                                          : ", which is no memory of ",
                                 reserved ? "" : family.name}));
      }
      for (const ElfSegment* other : placed) {
        bool apart = uint64_t{address} + size <= other->physical_address ||
                     uint64_t{other->physical_address} + other->content.size() <= address;
        if (apart) continue;
        return bad(file, concat({"has two segments at ",
                                 hex_text(std::max(address, other->physical_address))}));
      }
      placed.push_back(&segment);
      add_to_pages(pages, address, segment.content);
    }
    if (segment.memory_size > size) {
      uint32_t rest = address + static_cast<uint32_t>(size);
      uint64_t rest_size = segment.memory_size - size;
      bool known = within(family.ram, rest, rest_size) ||
                   within(to_ram ? family.ignored : family.flash, rest, rest_size) ||
                   (!to_ram && within(family.uninitialized, rest, rest_size));
      if (!known) {
        return bad(file, concat({"reserves ", range_text(rest, rest_size),
                                 ", which is no memory of ", family.name}));
      }
    }
  }
  if (pages.empty()) return bad(file, "has nothing to be stored");
  return pages;
}

// The boot ROM erases by block number, so no page of a sector that is written may be
// missing in front of the last one.
void fill_sectors(Pages& pages, uint32_t sector) {
  uint32_t last = pages.rbegin()->first;
  std::vector<uint32_t> sectors;
  for (const auto& [address, bytes] : pages) {
    if (sectors.empty() || sectors.back() != address / sector) sectors.push_back(address / sector);
  }
  for (uint32_t number : sectors) {
    for (uint32_t at = 0; at < sector && number * sector + at < last; at += kPage) {
      pages.try_emplace(number * sector + at, kPage, '\0');
    }
  }
}

}  // namespace

Result<Uf2Family> uf2_family(const FactRow& row) {
  Uf2Family family;
  family.name = row.name;
  std::optional<Error> error;
  auto take = [&](auto& into, auto result) {
    if (result) {
      into = *std::move(result);
    } else if (!error) {
      error = result.error();
    }
  };
  uint32_t ram_entry_first = 0;
  take(family.id, row.number("id", 0));
  take(family.flash, row.ranges("flash"));
  take(family.ram, row.ranges("ram"));
  take(family.uninitialized, row.ranges("uninitialized"));
  take(family.ignored, row.ranges("ignored"));
  take(family.sector, row.number("sector", 4096));
  take(ram_entry_first, row.number("ram-entry-first", 0));
  take(family.absolute_id, row.number("absolute", 0));
  if (error) return *error;
  family.ram_entry_first = ram_entry_first != 0;
  if (family.id == 0 || family.sector < kPage || family.sector > (1u << 20) ||
      family.sector % kPage != 0) {
    return Error{.what = concat({"family ", row.name, " has no id or a sector that cannot be"}),
                 .fix = "an id, and a sector of whole pages of 256 bytes",
                 .file = row.file,
                 .line = row.line};
  }
  return family;
}

Result<std::string> uf2_from_elf(const Elf& elf, const Uf2Family& family, const Uf2Options& options,
                                 const std::string& file) {
  constexpr uint16_t kArm = 40;
  if (family.flash.empty()) {
    Result<std::vector<StoredBytes>> sections = stored_bytes(elf, {}, file);
    if (!sections) return sections.error();
    uint32_t base = 0;
    Result<std::string> bytes = flat_binary(*sections, 0, file, &base);
    if (!bytes) return bytes.error();
    if (bytes->empty()) return bad(file, "has nothing to be stored");
    return write_plain(*bytes, base, family);
  }
  Result<bool> to_ram = loaded_to_ram(elf, family, file);
  if (!to_ram) return to_ram.error();
  Result<Pages> pages = pages_of(elf, family, *to_ram, file);
  if (!pages) return pages.error();
  if (!*to_ram) {
    fill_sectors(*pages, family.sector);
  } else if (family.ram_entry_first) {
    auto first = std::find_if(pages->begin(), pages->end(),
                              [&](const auto& page) { return family.ram[0].holds(page.first); });
    // The lowest bit of an ARM address says Thumb code.
    uint32_t thumb = elf.machine == kArm ? 1 : 0;
    if (first == pages->end() || elf.entry != (first->first | thumb)) {
      return bad(file, concat({"has its entry point at ", hex_text(elf.entry)}),
                 "the start of main RAM, for a program loaded to RAM");
    }
  }
  return write_pages(*pages, family, options);
}

Result<std::string> uf2_from_binary(std::string_view bytes, const Uf2Family& family,
                                    const Uf2Options& options, const std::string& file) {
  if (bytes.empty()) return bad(file, "is empty");
  if (bytes.size() > kMostBytes || uint64_t{options.base} + bytes.size() > UINT32_MAX) {
    return bad(file,
               concat({"has ", std::to_string(bytes.size()), " bytes to be stored from ",
                       hex_text(options.base), " on"}),
               "256 MiB at most, below the last address");
  }
  if (family.flash.empty()) return write_plain(bytes, options.base, family);
  Pages pages;
  add_to_pages(pages, options.base, bytes);
  return write_pages(pages, family, options);
}

Result<std::string> uf2_from_hex(const std::vector<HexRun>& runs, const Uf2Family& family,
                                 const std::string& file) {
  std::vector<std::pair<uint32_t, std::string>> pages;
  for (const HexRun& run : runs) {
    std::string_view bytes = run.bytes;
    uint32_t address = run.address;
    while (!bytes.empty()) {
      uint32_t offset = address % kPage;
      if (pages.empty() || pages.back().first != address - offset) {
        pages.emplace_back(address - offset, std::string(kPage, '\xff'));
      }
      size_t now = std::min<size_t>(bytes.size(), kPage - offset);
      bytes.copy(pages.back().second.data() + offset, now);
      bytes.remove_prefix(now);
      address += static_cast<uint32_t>(now);
    }
  }
  if (pages.empty()) return bad(file, "has no data");
  std::string out;
  uint32_t number = 0, count = static_cast<uint32_t>(pages.size());
  for (const auto& [address, bytes] : pages) {
    append_block(out, address, bytes, number++, count, family.id);
  }
  return out;
}

}  // namespace fbuild
