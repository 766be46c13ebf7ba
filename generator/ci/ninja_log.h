// Ninja's log of what it built (.ninja_log): how long each step took when it last ran.
//
// Its format, by ninja's src/build_log.h: a line "# ninja log vN", then one line for each
// output, with tabs between start and end (milliseconds since that ninja began), mtime,
// output and a hash of the command. A later line of an output replaces an earlier one. A
// step with several outputs has a line for each.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fbuild {

// Seconds that the steps with outputs in any of the folders took together, for each name in
// `folders`; each step once. A name without any is left out. Lines that are none are too.
std::map<std::string, double> times_in_ninja_log(
    std::string_view log, const std::map<std::string, std::vector<std::string>>& folders);

}  // namespace fbuild
