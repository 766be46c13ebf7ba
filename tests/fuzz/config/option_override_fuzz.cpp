// Options on the command line, one a line, above a small project's.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generator/config/project_config.h"

using namespace fbuild;
using namespace fbuild::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ConfigInput input;
  input.directory = input.project_dir = "/nonexistent";
  input.variable = [](const char*) { return static_cast<const char*>(nullptr); };
  input.unix_time = 0;
  input.glob = [](const std::string&) { return std::vector<std::string>(); };
  input.read = [](const std::string&) -> Result<std::string> {
    return std::string(
        "[common]\nflags = -DA, -DB\n[env]\nbuild_flags = ${common.flags}\n"
        "[env:a]\nplatform = p\nsrc_filter = +<a>\nlib_ignore = a, b\n"
        "[env:b]\nextends = env:a\nbuild_flags = %(board)s\nboard = x\n");
  };
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    if (Result<OptionOverride> item = parse_option_override(text.substr(0, end))) {
      if (item->name.empty() || item->text.find('\n') != std::string::npos) std::abort();
      input.overrides.push_back(std::move(*item));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  ProjectConfig config;
  if (config.load(input) || config.validate()) return 0;
  for (const std::string& section : config.sections()) {
    Result<std::vector<std::string>> options = config.options(section);
    if (!options) continue;
    for (const std::string& option : *options) {
      (void)config.get(section, option);
      (void)config.origin(section, option);
    }
  }
  (void)config.unsupported(config.environments());
  // What was given for every environment is what every environment has.
  if (!input.overrides.empty()) {
    const OptionOverride& last = input.overrides.back();
    if (!last.section.empty() || last.append || last.name != "board") return 0;
    for (const std::string& name : config.environments()) {
      Result<const Value*> value = config.get("env:" + name, "board");
      if (value && last.value.find_first_of("$%") == std::string::npos &&
          (*value)->text != last.value)
        std::abort();
    }
  }
  return 0;
}
