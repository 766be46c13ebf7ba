// Linker scripts that a link command names, so that a changed script links again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fbuild {

// The files that the words of a link command give as scripts: -T FILE, -TFILE, and -Wl, with
// -T, --script, --default-script, --version-script or --dynamic-list. One without a folder is
// looked for in `folders` too, as the linker does for those of -L. Only files that are there,
// each once, in the order of the words, and behind them those that they INCLUDE.
std::vector<std::string> linker_scripts(const std::vector<std::string>& words,
                                        const std::vector<std::string>& folders);

// The names behind INCLUDE in a script, as they are written, without quotes. One in a comment
// is there too: it does no harm, at most it is an input too many.
std::vector<std::string> included_scripts(std::string_view script);

}  // namespace fbuild
