// Command lines taken apart, at the two places where the dialect does it: a flags option
// is split the way Python's shlex does, and the finished compiler command is read by
// /bin/sh once more before the compiler sees it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::config {

// Splits at blanks (space, tab, line ends); quotes and backslashes group and disappear.
// Inside "..." a backslash only escapes `"` and `\`. An unclosed quote or a backslash at
// the end is an Error (without a place).
Result<std::vector<std::string>> split_flag_words(std::string_view text);

struct ShellWords {
  std::vector<std::string> words;
  // Characters that mean something to a shell (one of ( ) < > & ; | ` or a `#` starting a
  // word) were found outside of quotes. PlatformIO's shell acts upon them and the compiler
  // fails or gets half a command; here they are kept as what the author wrote.
  bool special = false;
};

// What sh makes of a command line: quotes and backslashes removed, $NAME and ${NAME}
// replaced by `variable` (which may return nullptr), a leading ~ by HOME. File name
// patterns are not expanded. An unclosed quote or another ${...} is an Error.
Result<ShellWords> read_shell_line(std::string_view line,
                                   const std::function<const char*(const std::string&)>& variable);

// One word as it stands on a command line: in double quotes when it has a blank. (Nothing
// else is escaped; that is the dialect.)
std::string quote_blanks(std::string_view word);

}  // namespace fbuild::config
