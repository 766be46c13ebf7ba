#include "image/command_line.h"

#include <algorithm>

#include "support/suggest.h"

namespace fbuild {

bool CommandLine::has(std::string_view name) const {
  return value(name) != nullptr;
}

const std::string* CommandLine::value(std::string_view name) const {
  for (const Option& option : options) {
    if (option.name == name) return &option.value;
  }
  return nullptr;
}

std::vector<std::string> CommandLine::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const Option& option : options) {
    if (option.name == name) found.push_back(option.value);
  }
  return found;
}

Result<uint32_t> CommandLine::number(std::string_view name, uint32_t otherwise) const {
  const std::string* text = value(name);
  if (!text) return otherwise;
  if (std::optional<uint32_t> number = parse_number(*text)) return *number;
  return Error{.what = std::string(name) + " has the value '" + *text + "'",
               .fix = "a number such as 4096, 0x1000 or 4K"};
}

Result<CommandLine> parse_command_line(std::span<const std::string> arguments,
                                       std::span<const OptionSpec> allowed) {
  CommandLine line;
  bool options_end = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (options_end || argument.size() < 2 || argument[0] != '-') {
      line.files.push_back(argument);
      continue;
    }
    if (argument == "--") {
      options_end = true;
      continue;
    }
    size_t equals = argument.starts_with("--") ? argument.find('=') : argument.npos;
    std::string name = argument.substr(0, equals);
    auto spec = std::find_if(allowed.begin(), allowed.end(),
                             [&](const OptionSpec& option) { return option.name == name; });
    if (spec == allowed.end()) {
      std::vector<std::string> names;
      for (const OptionSpec& option : allowed) names.emplace_back(option.name);
      std::string fix = did_you_mean(name, names);
      if (fix.empty()) {
        for (const std::string& known : names) fix += (fix.empty() ? "one of " : ", ") + known;
      }
      return Error{.what = "unknown option " + name, .fix = fix};
    }
    if (spec->kind != OptionSpec::Values && line.has(name)) {
      return Error{.what = "option " + name + " is given twice", .fix = "give it once"};
    }
    CommandLine::Option option{.name = spec->name, .value = {}};
    if (spec->kind == OptionSpec::Flag) {
      if (equals != argument.npos) {
        return Error{.what = "option " + name + " has a value", .fix = name + " alone"};
      }
    } else if (equals != argument.npos) {
      option.value = argument.substr(equals + 1);
    } else if (i + 1 < arguments.size()) {
      option.value = arguments[++i];
    } else {
      return Error{.what = "option " + name + " has no value", .fix = "a value after it"};
    }
    line.options.push_back(std::move(option));
  }
  return line;
}

std::optional<uint32_t> parse_number(std::string_view text) {
  uint64_t scale = 1;
  unsigned base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else {
    if (text.size() > 2 && (text.ends_with("KB") || text.ends_with("MB"))) text.remove_suffix(1);
    if (text.ends_with('K') || text.ends_with('k')) scale = 1024;
    if (text.ends_with('M') || text.ends_with('m')) scale = 1024 * 1024;
    if (scale > 1) text.remove_suffix(1);
  }
  if (text.empty()) return std::nullopt;
  uint64_t number = 0;
  for (char letter : text) {
    unsigned digit = 99;
    if (letter >= '0' && letter <= '9') digit = letter - '0';
    if (letter >= 'a' && letter <= 'f') digit = letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') digit = letter - 'A' + 10;
    if (digit >= base) return std::nullopt;
    number = number * base + digit;
    if (number * scale > UINT32_MAX) return std::nullopt;
  }
  return static_cast<uint32_t>(number * scale);
}

}  // namespace fbuild
