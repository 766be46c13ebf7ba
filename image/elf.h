// Reading linked programs: 32-bit little-endian ELF files of any machine, which is what
// the linkers of all supported processors write.
//
// A file is described by two tables. Sections are the linker's view: named pieces such
// as `.text`, each with the address it runs at. Segments are the loader's view: runs of
// bytes with the address they run at (virtual) and the address they are stored at
// (physical; where initialized data waits in flash). Layout of the parts used, from the
// System V ABI, all numbers little-endian:
//
//   header   0 magic 7f 'ELF', 4 class (1: 32 bits), 5 data (1: little-endian),
//            16 type u16, 18 machine u16, 24 entry u32, 28 phoff u32, 32 shoff u32,
//            42 phentsize u16, 44 phnum u16, 46 shentsize u16, 48 shnum u16,
//            50 shstrndx u16; 52 bytes
//   segment  type, offset, vaddr, paddr, filesz, memsz, flags, align; u32 each, 32 bytes
//   section  name, type, flags, addr, offset, size, link, info, addralign, entsize;
//            u32 each, 40 bytes
//
// Counts too large for 16 bits are kept in section 0 (shnum in size, shstrndx in link,
// phnum in info).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct ElfSection {
  enum Type : uint32_t {
    Null = 0,
    ProgBits = 1,
    SymTab = 2,
    StrTab = 3,
    Rela = 4,
    Note = 7,
    NoBits = 8,  // takes memory, has no bytes in the file
    Rel = 9,
    InitArray = 14,
    FiniArray = 15,
    PreInitArray = 16,
  };
  enum Flag : uint32_t { Write = 1, Alloc = 2, Exec = 4 };

  std::string_view name;
  uint32_t type = 0;
  uint32_t flags = 0;
  uint32_t address = 0;
  uint32_t offset = 0;       // in the file
  uint32_t size = 0;         // in memory
  std::string_view content;  // the bytes in the file; empty for NoBits
};

struct ElfSegment {
  enum Type : uint32_t { Load = 1 };
  enum Flag : uint32_t { Exec = 1, Write = 2, Read = 4 };

  uint32_t type = 0;
  uint32_t flags = 0;
  uint32_t offset = 0;            // in the file
  uint32_t virtual_address = 0;   // where it runs
  uint32_t physical_address = 0;  // where it is stored
  uint32_t memory_size = 0;       // at least content.size(); the rest is zeroed at start
  std::string_view content;       // the bytes in the file
};

// All string_views point into the bytes given to read_elf.
struct Elf {
  uint16_t type = 0;     // 2: a linked program
  uint16_t machine = 0;  // EM_*: 40 ARM, 83 AVR, 94 Xtensa, 243 RISC-V
  uint32_t entry = 0;
  std::vector<ElfSection> sections;  // without the empty section 0
  std::vector<ElfSegment> segments;

  // The first section of that name; nullptr if there is none.
  const ElfSection* section(std::string_view name) const;

  // Where the first byte of `section` is stored: its place in the loadable segment that
  // holds it, counted from the segment's physical address (as BFD computes a section's
  // LMA); its own address if no segment holds it.
  uint32_t load_address(const ElfSection& section) const;
};

// Reads the tables of the ELF file whose bytes are `bytes`. Every offset, size and name
// is checked against the file; whatever does not fit is an Error naming `file`.
Result<Elf> read_elf(std::string_view bytes, const std::string& file);

}  // namespace fbuild
