// Runs a compile and keeps what it said: `fbuild-stamp keep -- COMMAND...`
//
// Ninja shows what a command prints once, when it runs. For reports of later runs, which
// compile less or nothing, it is kept beside the output (the file behind `-o`):
//
//   OUTPUT.said     of the command that made the output; no file: that was not kept
//   OUTPUT.failed   of one that failed since; the output is still that of the last success
//
// What the user sees, colors included, and the exit status are the command's own.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild::stamp {

// Runs the words behind `keep`. Returns the command's exit status. An Error: a bad call, or
// the command cannot be started.
Result<int> run_keep(const std::vector<std::string>& words);

}  // namespace fbuild::stamp
