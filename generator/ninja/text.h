// Text that goes through two readers: ninja, which expands `$`, and /bin/sh, which
// splits words. Every word is quoted for the shell first and then escaped for ninja.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/ninja_path.h"

namespace fbuild {

// One word, quoted so that /bin/sh gives back exactly these bytes; left bare when it
// needs no quotes.
std::string shell_word(std::string_view word);

// Words with a blank between, each quoted.
std::string shell_line(const std::vector<std::string>& words);

// A value on the right of `name =`: `$` is escaped, a leading blank too. The text must
// have no newline and no carriage return (ninja has no way to write them).
std::string ninja_value(std::string_view text);

// Whether ninja (1.11) can read this path in a depend file: its reader ends a name at quotes
// and most other special characters.
bool readable_in_depfile(std::string_view path);

// Whether a ninja file can name this path at all.
bool writable_in_ninja(std::string_view path);

}  // namespace fbuild
