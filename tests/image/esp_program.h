// Programs laid out as linker scripts for ESP chips lay them out, with bytes from a fixed
// generator, so that the images made of them are always the same.
#pragma once

#include <string>
#include <vector>

#include "tests/image/elf_builder.h"

namespace fbuild::test {

// `size` bytes of a linear congruential generator.
inline std::string noise(size_t size, uint32_t seed) {
  std::string out;
  uint32_t state = seed;
  for (size_t i = 0; i < size; ++i) {
    state = state * 1664525 + 1013904223;
    out += static_cast<char>(state >> 24);
  }
  return out;
}

// An application descriptor: its magic, zeros where the ELF digest goes, and the exponent
// of the page size (0: not given).
inline std::string app_descriptor(uint8_t page_exponent) {
  std::string out(256, '\0');
  put_le32(out, 0, 0xabcd5432);
  std::string_view("1.2.3").copy(out.data() + 16, 32);
  out[180] = static_cast<char>(page_exponent);
  return out;
}

struct EspPlaces {
  uint32_t rodata, text;  // mapped
  uint32_t data, code;    // copied
  uint8_t page_exponent = 0;
};

inline BuiltElf esp_program(const EspPlaces& at) {
  constexpr uint32_t kRead = 2, kCode = 6;
  return build_elf(
      {{.name = ".iram0.vectors", .address = at.code, .content = noise(0x403, 1), .flags = kCode},
       {.name = ".iram0.text",
        .address = at.code + 0x404,
        .content = noise(30001, 2),
        .flags = kCode},
       {.name = ".dram0.data", .address = at.data, .content = noise(5000, 3), .flags = kRead},
       {.name = ".dram0.bss",
        .address = at.data + 5000,
        .type = ElfSection::NoBits,
        .bss_size = 3000},
       {.name = ".flash.appdesc",
        .address = at.rodata,
        .content = app_descriptor(at.page_exponent),
        .flags = kRead},
       {.name = ".flash.rodata",
        .address = at.rodata + 256,
        .content = noise(20002, 4),
        .flags = kRead},
       {.name = ".flash.text", .address = at.text, .content = noise(70007, 5), .flags = kCode},
       {.name = ".debug_info", .content = noise(500, 6), .flags = 0}},
      at.code + 0x410);
}

}  // namespace fbuild::test
