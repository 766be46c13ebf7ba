// Images of the ESP8266, which has no mapped segments in its images: code that runs from
// flash lies at a fixed place behind its first 1 MiB of addresses from 40200000 on.
//
// Four forms exist, each of them for another loader:
//   Arduino  two images without padding of segments, the bootloader (eboot) filled up to
//            4096 bytes with aa, then the application with its five sections; at 4112 the
//            length of it all and its CRC, which eboot checks after an update (the same
//            bytes as the core's elf2bin.py writes)
//   1        the ROM's own: two files, one to be loaded, one with the flash code as it is
//   2        magic ea, the flash code as a segment at address 0, then an image as in form
//            1, then a CRC32 (Espressif's bootloader and rboot)
//   3        like an ESP32 image with the shorter header (the newer RTOS SDK)
// Forms 1 to 3 are the same bytes as esptool's elf2image --version 1, 2, 3.
//
// An image: e9, number of segments, flash mode, flash size << 4 | frequency, entry point
// u32; segments (address u32, size u32, bytes); zeros up to a byte before a multiple of 16,
// then the checksum, ef xor all bytes of the segments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/elf.h"
#include "image/fact_table.h"
#include "support/result.h"

namespace fbuild {

struct Esp8266Options {
  uint8_t flash_mode = 0;
  uint8_t flash_size_frequency = 0;
  bool from_segments = false;        // program headers instead of sections (forms 1 to 3)
  std::vector<AddressRange> flash;   // addresses of code that runs from flash
  std::vector<AddressRange> memory;  // kinds of memory, as in an EspChip
};

// The Arduino form, of the ELF files of the bootloader and of the application.
Result<std::string> esp8266_arduino_image(const Elf& bootloader, const std::string& bootloader_file,
                                          const Elf& application, const std::string& file,
                                          const Esp8266Options& options);

// Form 1: what is loaded, and the flash code with its offset in flash (empty if the
// program has none).
struct Esp8266Parts {
  std::string loaded;
  std::string flash;
  uint32_t flash_offset = 0;
};
Result<Esp8266Parts> esp8266_image_1(const Elf& elf, const Esp8266Options& options,
                                     const std::string& file);
Result<std::string> esp8266_image_2(const Elf& elf, const Esp8266Options& options,
                                    const std::string& file);
Result<std::string> esp8266_image_3(const Elf& elf, const Esp8266Options& options,
                                    const std::string& file);

}  // namespace fbuild
