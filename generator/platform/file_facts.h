// Facts that a package's files state themselves, so that a platform file can point at them
// instead of repeating them: a line `key=value` of a properties file, what a pattern finds
// in a linker script or a table, the words of a flags file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

// The value of the first line `key=value`, without blanks at its end; none: no such line.
std::optional<std::string> keyed_line(std::string_view text, std::string_view key);

// The cells of the first line of a table with commas whose first cell is `name`, without the
// blanks around them; none: no such line. Lines that begin with # are comments.
std::optional<std::vector<std::string>> table_row(std::string_view text, std::string_view name);

// A properties file's text of words as a shell would have to see it. In such files
// (Arduino's platform specification) a quotation begins only where a word begins; any other
// quote and every backslash stand for themselves: -DNAME="text" keeps its quotes.
std::string shell_form(std::string_view words);

// Whether `pattern` is a regular expression (ECMAScript's); the Error says what is wrong.
Status check_pattern(const std::string& pattern);

// What `pattern` finds in the first line of `text` in which it is found: the match itself,
// then its groups; none: in no line. Lines of more than 2,000 bytes are not looked at.
std::optional<std::vector<std::string>> first_match(std::string_view text,
                                                    const std::string& pattern);

}  // namespace fbuild
