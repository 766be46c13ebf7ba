// -Wl,-TNAME in build_flags: how projects named another linker script before there was
// board_build.ldscript. PlatformIO then leaves out the board's own script, and looks at the
// named one for sizes and file systems: it is that option by another name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "generator/plan/environment.h"

namespace fbuild {

// NAME of a -Wl,-TNAME; none for another word, such as -Wl,-Ttext=0x1000 or -Wl,-T,NAME.
std::optional<std::string> script_of_flag(std::string_view word);

// Sets the fact `build.ldscript` to what the build_flags of [section] name last, with a warning
// that says what to write today. Does nothing where the platform does not look at that fact.
Status take_script_of_flags(Session& session, const std::string& section, Environment& environment);

}  // namespace fbuild
