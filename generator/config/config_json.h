// The whole configuration as one JSON document, for --print-config and for comparing it
// with what PlatformIO makes of the same files.
//
// Keys: `envs` (names in file order), `default_envs`, `platformio` (option to value of that
// section), `resolved` (environment to option to value, under the names written; lists are
// arrays, numbers and booleans are themselves), `option_errors` (section to option to
// error; "*" when the options cannot even be listed), `warnings` (texts), `error` (the first
// error, or null).
#pragma once

#include <string>

#include "generator/config/project_config.h"

namespace fbuild::config {

struct PrintedConfig {
  std::string json;                     // ends with a line end
  ErrorPtr error;                       // the same as its `error`
  std::vector<ConfigWarning> warnings;  // the same as its `warnings`
};

// Loads, validates and resolves everything.
PrintedConfig print_config(const ConfigInput& input);

}  // namespace fbuild::config
