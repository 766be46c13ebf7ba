// $NAME and ${NAME} in flags and paths, as the build tool behind PlatformIO replaces
// them: a name nobody defined becomes nothing, `$$` is a dollar sign, a value may contain
// further names (one that names itself gets nothing there).
//
// Two functions, because replacing in a text and building a command differ: in a command a
// value that contains blanks becomes several words, but blanks of the flag itself do not
// split it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::config {

// Values of names such as PROJECT_DIR or PIOENV, without the `$`.
using Variables = std::map<std::string, std::string, std::less<>>;

// A text with its variables replaced. An Error (without a place) when ${...} holds more
// than a name: PlatformIO would evaluate it as a Python expression.
Result<std::string> substitute_text(std::string_view text, const Variables& variables);

// One flag of a list as words of a command: usually one, none if nothing is left of it.
Result<std::vector<std::string>> substitute_flag(std::string_view flag, const Variables& variables);

// The same for text that stands in the command itself, where its own blanks split it.
Result<std::vector<std::string>> substitute_command(std::string_view text,
                                                    const Variables& variables);

}  // namespace fbuild::config
