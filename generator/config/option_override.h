// Options from outside the files: `fbuild-gen --option [SECTION:]NAME=VALUE`.
//
//   build_type=debug                  every environment
//   env:uno:build_flags+=-DTEST       one environment; += adds to what the files say
//   platformio:src_dir=firmware       a section of the files
//
// The option then counts as if it stood in that section, above what does, so that `extends`
// and ${...} see it. An environment variable that overrides an option in files does not
// override it; to a list it still adds. ${...} and %% mean what they mean in a file; there
// are no comments, and no line ends: items of a list are separated by ", ".
#pragma once

#include <string>
#include <string_view>

#include "support/result.h"

namespace fbuild::config {

struct OptionOverride {
  std::string text;     // as given
  std::string section;  // empty: every [env:NAME]
  std::string name;     // in lower case
  std::string value;
  bool append = false;  // +=
};

// Takes the text apart; whether such a section or option exists is seen when it is applied.
Result<OptionOverride> parse_option_override(std::string_view text);

}  // namespace fbuild::config
