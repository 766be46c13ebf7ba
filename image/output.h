// Inputs and outputs of the commands that make files.
#pragma once

#include <string>
#include <string_view>

#include "image/command_line.h"
#include "image/elf.h"
#include "image/mapped_file.h"
#include "support/result.h"

namespace fbuild {

// An ELF file and the bytes its parts point into.
struct OpenElf {
  MappedFile file;
  Elf elf;
};

Result<OpenElf> open_elf(const std::string& path);

// The one input file and the value of `-o`; anything else on the command line is an Error
// that names the command.
struct InputOutput {
  std::string input, output;
};
Result<InputOutput> input_and_output(const CommandLine& line, std::string_view command);

// Writes `bytes` to `path` by replacement (always: an image that was asked for is newer
// than its program, or ninja would ask again), says an Error if it cannot, and returns the
// exit status.
int write_output(const std::string& path, std::string_view bytes);

}  // namespace fbuild
