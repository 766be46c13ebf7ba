// Command lines of the form `--name value --flag --name=value file...`, checked against
// a list of what is allowed. Every error is one line with a suggestion.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct OptionSpec {
  enum Kind { Flag, Value, Values };  // Values: may be given again and again
  std::string_view name;              // with its dashes: "--flash", "-R"
  Kind kind = Flag;
};

// What was given, in order. Flags have an empty value.
struct CommandLine {
  struct Option {
    std::string_view name;
    std::string value;
  };
  std::vector<Option> options;
  std::vector<std::string> files;  // everything that is not an option

  bool has(std::string_view name) const;
  // The value of an option, nullptr if it was not given.
  const std::string* value(std::string_view name) const;
  // The values of an option that may be repeated.
  std::vector<std::string> values(std::string_view name) const;
  // The option as a number (parse_number); `otherwise` if it was not given.
  Result<uint32_t> number(std::string_view name, uint32_t otherwise) const;
};

// Splits `arguments` (without the program's and the command's names). "--" ends options.
// An unknown option, a missing or an unwanted value, or one option twice is an Error.
Result<CommandLine> parse_command_line(std::span<const std::string> arguments,
                                       std::span<const OptionSpec> allowed);

// "1024", "0x400", "1K", "4M" and "4MB" as a number of 32 bits; none for anything else.
std::optional<uint32_t> parse_number(std::string_view text);

}  // namespace fbuild
