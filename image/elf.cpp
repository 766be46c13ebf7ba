#include "image/elf.h"

#include "image/bytes.h"

namespace fbuild {
namespace {

constexpr size_t kHeaderSize = 52;
constexpr size_t kSegmentSize = 32;
constexpr size_t kSectionSize = 40;

bool fits(std::string_view bytes, uint64_t offset, uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

// The raw fields of a section header.
struct RawSection {
  uint32_t name, type, flags, address, offset, size, link, info;
};

RawSection raw_section(std::string_view bytes, size_t at) {
  return {le32_at(bytes, at),      le32_at(bytes, at + 4),  le32_at(bytes, at + 8),
          le32_at(bytes, at + 12), le32_at(bytes, at + 16), le32_at(bytes, at + 20),
          le32_at(bytes, at + 24), le32_at(bytes, at + 28)};
}

}  // namespace

const ElfSection* Elf::section(std::string_view name) const {
  for (const ElfSection& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

uint32_t Elf::load_address(const ElfSection& section) const {
  // Some linkers leave all physical addresses 0; with more than one loadable segment that
  // cannot be meant.
  size_t loadable = 0;
  bool any_physical = false;
  for (const ElfSegment& segment : segments) {
    any_physical |= segment.physical_address != 0;
    loadable += segment.type == ElfSegment::Load && segment.memory_size > 0;
  }
  if (!any_physical && loadable > 1) return section.address;

  bool has_bytes = section.type != ElfSection::NoBits;
  for (const ElfSegment& segment : segments) {
    if (segment.type != ElfSegment::Load) continue;
    // A section's bytes lie in its segment's bytes, and its memory in its memory.
    if (section.address < segment.virtual_address ||
        uint64_t{section.address} - segment.virtual_address + section.size > segment.memory_size) {
      continue;
    }
    if (has_bytes &&
        (section.offset < segment.offset ||
         uint64_t{section.offset} - segment.offset + section.size > segment.content.size())) {
      continue;
    }
    return segment.physical_address + (has_bytes ? section.offset - segment.offset
                                                 : section.address - segment.virtual_address);
  }
  return section.address;
}

Result<Elf> read_elf(std::string_view bytes, const std::string& file) {
  auto bad = [&](std::string what) {
    return Error{.what = std::move(what),
                 .fix = "a complete 32-bit little-endian ELF file as a linker writes it",
                 .file = file};
  };
  if (bytes.substr(0, 4) !=
      "\x7f"
      "ELF")
    return bad("is not an ELF file");
  if (bytes.size() < kHeaderSize) return bad("ends inside the ELF header");
  if (bytes[4] != 1) return bad("is an ELF file of another class than 32 bits");
  if (bytes[5] != 1) return bad("is a big-endian ELF file");

  Elf elf;
  elf.type = le16_at(bytes, 16);
  elf.machine = le16_at(bytes, 18);
  elf.entry = le32_at(bytes, 24);
  uint32_t segment_table = le32_at(bytes, 28);
  uint32_t section_table = le32_at(bytes, 32);
  uint16_t segment_entry = le16_at(bytes, 42);
  uint32_t segment_count = le16_at(bytes, 44);
  uint16_t section_entry = le16_at(bytes, 46);
  uint32_t section_count = le16_at(bytes, 48);
  uint32_t names_index = le16_at(bytes, 50);

  if (section_table != 0) {
    if (section_entry != kSectionSize) return bad("has section headers of an unknown size");
    if (!fits(bytes, section_table, kSectionSize)) return bad("ends inside the section headers");
    RawSection first = raw_section(bytes, section_table);
    if (section_count == 0) section_count = first.size;
    if (names_index == 0xffff) names_index = first.link;
    if (segment_count == 0xffff) segment_count = first.info;
    if (!fits(bytes, section_table, uint64_t{section_count} * kSectionSize)) {
      return bad("ends inside the section headers");
    }
  } else {
    section_count = 0;
  }
  if (segment_count > 0) {
    if (segment_entry != kSegmentSize) return bad("has program headers of an unknown size");
    if (!fits(bytes, segment_table, uint64_t{segment_count} * kSegmentSize)) {
      return bad("ends inside the program headers");
    }
  }

  std::string_view names;
  if (section_count > 1) {
    if (names_index == 0 || names_index >= section_count) {
      return bad("has no table of section names");
    }
    RawSection raw = raw_section(bytes, section_table + names_index * kSectionSize);
    if (raw.type != ElfSection::StrTab || !fits(bytes, raw.offset, raw.size)) {
      return bad("has a damaged table of section names");
    }
    names = bytes.substr(raw.offset, raw.size);
  }
  if (section_count > 1) elf.sections.reserve(section_count - 1);
  for (uint32_t i = 1; i < section_count; ++i) {
    RawSection raw = raw_section(bytes, section_table + size_t{i} * kSectionSize);
    size_t end = raw.name < names.size() ? names.find('\0', raw.name) : names.npos;
    if (end == names.npos) return bad("has a section without a name");
    ElfSection section;
    section.name = names.substr(raw.name, end - raw.name);
    section.type = raw.type;
    section.flags = raw.flags;
    section.address = raw.address;
    section.offset = raw.offset;
    section.size = raw.size;
    if (raw.type != ElfSection::NoBits && raw.type != ElfSection::Null) {
      if (!fits(bytes, raw.offset, raw.size)) {
        return bad("ends inside section " + std::string(section.name));
      }
      section.content = bytes.substr(raw.offset, raw.size);
    }
    elf.sections.push_back(section);
  }

  elf.segments.reserve(segment_count);
  for (uint32_t i = 0; i < segment_count; ++i) {
    size_t at = segment_table + size_t{i} * kSegmentSize;
    ElfSegment segment;
    segment.type = le32_at(bytes, at);
    segment.offset = le32_at(bytes, at + 4);
    segment.virtual_address = le32_at(bytes, at + 8);
    segment.physical_address = le32_at(bytes, at + 12);
    uint32_t file_size = le32_at(bytes, at + 16);
    segment.memory_size = le32_at(bytes, at + 20);
    segment.flags = le32_at(bytes, at + 24);
    if (!fits(bytes, segment.offset, file_size)) {
      return bad("ends inside segment " + std::to_string(i));
    }
    if (segment.type == ElfSegment::Load && file_size > segment.memory_size) {
      return bad("has more bytes than memory in segment " + std::to_string(i));
    }
    segment.content = bytes.substr(segment.offset, file_size);
    elf.segments.push_back(segment);
  }
  return elf;
}

}  // namespace fbuild
