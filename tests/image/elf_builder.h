// Makes small ELF files for tests: the fields a linker would write, each to be set.
#pragma once

#include <string>
#include <vector>

#include "image/bytes.h"
#include "image/elf.h"

namespace fbuild::test {

struct SectionSpec {
  std::string name;
  uint32_t address = 0;
  std::string content = {};
  uint32_t type = ElfSection::ProgBits;
  uint32_t flags = ElfSection::Alloc;
  uint32_t bss_size = 0;      // size of a NoBits section
  int64_t load_address = -1;  // -1: the address
  bool segment = true;        // a segment of its own, if it takes memory
};

// Offsets of the tables in the file, for tests that damage them.
struct BuiltElf {
  std::string bytes;
  uint32_t segment_table = 0;
  uint32_t section_table = 0;
};

inline BuiltElf build_elf(const std::vector<SectionSpec>& specs, uint32_t entry = 0,
                          uint16_t machine = 243) {
  BuiltElf built;
  std::string& out = built.bytes;
  uint32_t segment_count = 0;
  for (const SectionSpec& spec : specs) {
    segment_count += (spec.flags & ElfSection::Alloc) && spec.segment;
  }

  // The header's table fields are filled in at the end.
  out = std::string(
            "\x7f"
            "ELF\x01\x01\x01",
            7) +
        std::string(9, '\0');
  append_le16(out, 2);
  append_le16(out, machine);
  append_le32(out, 1);
  append_le32(out, entry);
  append_le32(out, 52);
  append_le32(out, 0);
  append_le32(out, 0);
  append_le16(out, 52);
  append_le16(out, 32);
  append_le16(out, static_cast<uint16_t>(segment_count));
  append_le16(out, 40);
  append_le16(out, static_cast<uint16_t>(specs.size() + 2));
  append_le16(out, static_cast<uint16_t>(specs.size() + 1));

  built.segment_table = 52;
  out.append(segment_count * 32, '\0');
  std::string names(1, '\0');
  std::string sections(40, '\0');
  uint32_t segment_at = built.segment_table;
  auto header = [&](const std::string& name, uint32_t type, uint32_t flags, uint32_t address,
                    uint32_t offset, uint32_t size) {
    append_le32(sections, static_cast<uint32_t>(names.size()));
    names += name + '\0';
    for (uint32_t field : {type, flags, address, offset, size, 0u, 0u, 4u, 0u}) {
      append_le32(sections, field);
    }
  };
  for (const SectionSpec& spec : specs) {
    while (out.size() % 4 != 0) out += '\0';
    uint32_t offset = static_cast<uint32_t>(out.size());
    bool no_bits = spec.type == ElfSection::NoBits;
    uint32_t size = no_bits ? spec.bss_size : static_cast<uint32_t>(spec.content.size());
    if (!no_bits) out += spec.content;
    header(spec.name, spec.type, spec.flags, spec.address, offset, size);
    if (!(spec.flags & ElfSection::Alloc) || !spec.segment) continue;
    uint32_t load = spec.load_address < 0 ? spec.address : static_cast<uint32_t>(spec.load_address);
    put_le32(out, segment_at, ElfSegment::Load);
    put_le32(out, segment_at + 4, offset);
    put_le32(out, segment_at + 8, spec.address);
    put_le32(out, segment_at + 12, load);
    put_le32(out, segment_at + 16, no_bits ? 0 : size);
    put_le32(out, segment_at + 20, size);
    put_le32(out, segment_at + 24, ElfSegment::Read | (spec.flags & ElfSection::Exec ? 1 : 0));
    put_le32(out, segment_at + 28, 4);
    segment_at += 32;
  }
  uint32_t names_at = static_cast<uint32_t>(out.size());
  uint32_t names_size = static_cast<uint32_t>(names.size() + sizeof ".shstrtab");
  header(".shstrtab", ElfSection::StrTab, 0, 0, names_at, names_size);
  out += names;
  while (out.size() % 4 != 0) out += '\0';
  built.section_table = static_cast<uint32_t>(out.size());
  put_le32(out, 32, built.section_table);
  out += sections;
  return built;
}

}  // namespace fbuild::test
