// The commands of fbuild-image. Each takes the arguments after its name and returns the
// exit status: 0 done, 1 the program does not fit its device, 2 bad input (one line on
// standard error, nothing written).
#pragma once

#include <span>
#include <string>

#include "support/result.h"

namespace fbuild {

int size_command(std::span<const std::string> arguments);
int hex_command(std::span<const std::string> arguments);
int bin_command(std::span<const std::string> arguments);
int esp_command(std::span<const std::string> arguments);
int esp8266_command(std::span<const std::string> arguments);
int merge_command(std::span<const std::string> arguments);
int partitions_command(std::span<const std::string> arguments);
int uf2_command(std::span<const std::string> arguments);

// Prints the error as one line, after the program's name if it is about no file, and
// returns 2.
int fail(const Error& error);

}  // namespace fbuild
