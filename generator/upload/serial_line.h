// What is done to a serial line to bring a board's boot loader up. Nothing is sent.
#pragma once

#include <chrono>
#include <string>

#include "support/result.h"

namespace fbuild {

// Drops what has arrived, and pulls DTR and RTS down for 100 ms: the reset button of
// boards that wire one of them to it. A line without these (a pseudo terminal) is fine.
Status reset_serial_line(const std::string& device);

// Opens the line at 1200 baud with DTR down and closes it again, which tells boards with
// USB of their own to restart as boot loader.
Status touch_serial_line(const std::string& device);

// Whether the device can be opened now; an Error says why not and what would help.
Status check_serial_line(const std::string& device);

}  // namespace fbuild
