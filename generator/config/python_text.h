// Numbers and quoted text in the spelling Python gives them, because values travel
// through it on their way to a compiler or into a message: `01` is the integer 1, `1.50`
// the float 1.5.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fbuild::config {

// What int(text) makes of it, as decimal text without leading zeros or plus sign: blanks
// around, a sign, digits of any script, single underscores between digits. None when it is
// no integer or has more than 4300 digits (Python's own limit).
std::optional<std::string> python_int(std::string_view text);

// What str(float(text)) gives for digits with at most one dot ("1." is "1.0").
std::string python_float(std::string_view text);

// repr() of a string: in single quotes unless it has a single and no double quote.
std::string python_repr(std::string_view text);

}  // namespace fbuild::config
