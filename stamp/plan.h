// The two commands ninja calls. `plan`, before anything is built, decides which
// environments need their graphs loaded at all; `finish`, as the last edge of an
// environment's build, seals it as built from what its plan saw.
//
// Ninja compares times, the table compares contents. Whatever the table knows to have
// changed must look changed to ninja too, or ninja would skip it and the result would be
// sealed as good; plan sees to that before any graph is loaded.
#pragma once

#include <string>

#include "support/result.h"

namespace fbuild::stamp {

// Runs `plan` for the gate file at `gate_path`. Returns the exit status for ninja. `loaded`
// is "" when ninja runs this before it loads anything, and else the digest of what it has
// loaded: the status is 1 then, with a word to the user, unless that is what has to be.
Result<int> run_plan(const std::string& gate_path, const std::string& table,
                     const std::string& loaded);

// Seals an environment with the token its graph was loaded with ("": it cannot be).
Result<int> run_finish(const std::string& gate_path, const std::string& table,
                       const std::string& environment, const std::string& token);

}  // namespace fbuild::stamp
