// One file of everything that goes into a device's flash (bootloader, partition table,
// application), the gaps filled with ff as erased flash reads. The same bytes as
// `esptool merge-bin` writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/esp_command.h"
#include "support/result.h"

namespace fbuild {

struct FlashPart {
  uint32_t offset = 0;  // in flash
  std::string_view bytes;
  std::string file;  // for errors
};

// Puts the parts together, from `start` on, filled up to the flash offset `pad_to` (0: not
// filled). Parts that share an erase sector of 4 KiB are an Error, as is one below `start`.
Result<std::string> merge_flash(std::vector<FlashPart> parts, uint32_t start, uint32_t pad_to);

// Changes flash mode, size and frequency in the header of an ESP image, and its appended
// SHA-256 with them. Bytes that are no complete image stay as they are; returns whether
// they were one. `extended`: the header has the 16 bytes more of the ESP32 family.
bool set_esp_flash(std::string& image, const EspFlash& flash, bool extended);

}  // namespace fbuild
