// Any ELF file given to every writer. The first byte chooses the options.
#include <algorithm>
#include <cstdint>
#include <string>

#include "image/esp8266_image.h"
#include "image/esp_image.h"
#include "image/intel_hex.h"
#include "image/stored_bytes.h"
#include "image/uf2.h"

using namespace fbuild;

namespace {

EspChip chip_for(uint8_t choice) {
  EspChip chip;
  chip.flash = {{0x400d0000, 0x40400000}, {0x3f400000, 0x3f800000}};
  chip.memory = {{0x3ffae000, 0x40000000}, {0x40080000, 0x400a0000}};
  chip.page = choice & 1 ? 65536 : 1024;
  if (choice & 2) chip.pages = {8192, 65536};
  if (choice & 4) chip.least_tail = 0x24;
  return chip;
}

Uf2Family family_for(uint8_t choice) {
  Uf2Family family;
  family.id = 5;
  if (choice & 1) {
    family.flash = {{0x10000000, 0x11000000}};
    family.ram = {{0x20000000, 0x20042000}, {0x15000000, 0x15004000}};
    family.uninitialized = family.ram;
    family.ignored = {{0, 0x4000}};
    family.ram_entry_first = choice & 2;
    family.absolute_id = 6;
  }
  return family;
}

// Whether a flat file of these would be small enough to be made thousands of times.
bool small(const std::vector<StoredBytes>& sections) {
  uint64_t low = UINT64_MAX, high = 0;
  for (const StoredBytes& section : sections) {
    low = std::min<uint64_t>(low, section.address);
    high = std::max<uint64_t>(high, uint64_t{section.address} + section.bytes.size());
  }
  return high <= low || high - low < 1 << 20;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  uint8_t choice = data[0];
  std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  Result<Elf> elf = read_elf(bytes, "a.elf");
  if (!elf) return 0;

  EspImageOptions options;
  options.from_segments = choice & 8;
  options.secure_pad = choice >> 4 & 3;
  if (options.secure_pad == 3) options.secure_pad = 0;
  if (choice & 64) options.elf_digest_at = 0x40;
  if (choice & 128) options.page = 8192;
  (void)esp_image(*elf, bytes, chip_for(choice), options, "a.elf");

  Esp8266Options old;
  old.from_segments = choice & 8;
  old.flash = {{0x40200000, 0x40300000}};
  old.memory = {{0x40201010, 0x402e1010}};
  (void)esp8266_image_1(*elf, old, "a.elf");
  (void)esp8266_image_2(*elf, old, "a.elf");
  (void)esp8266_image_3(*elf, old, "a.elf");
  (void)esp8266_arduino_image(*elf, "a.elf", *elf, "a.elf", old);

  Result<std::vector<StoredBytes>> sections = stored_bytes(*elf, {}, "a.elf");
  if (sections) {
    std::string hex = intel_hex(*sections, elf->entry);
    Result<std::vector<HexRun>> runs = read_intel_hex(hex, "a.hex");
    if (!runs) __builtin_trap();
    if (small(*sections)) {
      (void)flat_binary(*sections, 0, "a.elf");
      (void)uf2_from_elf(*elf, family_for(0), {}, "a.elf");
    }
  }
  (void)uf2_from_elf(*elf, family_for(choice | 1), {.absolute_block = 0x10ffff00}, "a.elf");
  return 0;
}
