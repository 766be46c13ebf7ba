// Any bytes given to the ELF reader and to what walks over its result.
#include <cstdint>
#include <string>

#include "image/elf.h"
#include "image/size_report.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  fbuild::Result<fbuild::Elf> elf = fbuild::read_elf(bytes, "a.elf");
  if (!elf) return 0;
  unsigned sum = 0;
  for (const fbuild::ElfSection& section : elf->sections) {
    sum += elf->load_address(section);
    for (char byte : section.content) sum += static_cast<unsigned char>(byte);
  }
  for (const fbuild::ElfSegment& segment : elf->segments) {
    for (char byte : segment.content) sum += static_cast<unsigned char>(byte);
  }
  fbuild::MemoryUse use{sum, size};
  fbuild::size_json(*elf, &use, &use);
  return 0;
}
