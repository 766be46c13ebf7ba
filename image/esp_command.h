// What the commands for ESP chips have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "image/command_line.h"
#include "image/esp_image.h"
#include "support/result.h"

namespace fbuild {

// The chip of --chip (`otherwise` if it is not given; empty: that is an Error), from the
// table of --chips or the one that comes with the program.
Result<EspChip> esp_chip_of(const CommandLine& line, std::string_view otherwise = "");

// The header codes of --flash-mode, --flash-size and --flash-freq, as far as given.
struct EspFlash {
  std::optional<uint8_t> mode, size, frequency;
};
Result<EspFlash> esp_flash_of(const CommandLine& line, const EspChip& chip);

}  // namespace fbuild
