// How long each environment took to build, as far as anybody has measured it: from ninja's
// own log of the build directory, or from reports that were saved (report.h).
#pragma once

#include <map>
#include <string>

#include "support/result.h"

namespace fbuild {

// Seconds of one processor that all steps of the environment took when each was last run,
// by environment, from <build_dir>/.ninja_log. A core that several environments share
// counts for each of them. An environment that was never built is not in it; no log, no
// entries.
std::map<std::string, double> measured_build_times(const std::string& build_dir);

// Adds what a report in JSON says of environments that `times` does not know.
Status add_reported_times(const std::string& report_path, std::map<std::string, double>& times);

}  // namespace fbuild
