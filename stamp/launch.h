// Compiler launchers: `fbuild-stamp launch PROGRAM -- COMPILER ARGUMENTS...`
//
// ccache, distcc and their like are given the compiler's whole command behind their own name.
// Build files name the compiler by a link in the build directory, which means nothing on
// another machine (distcc refuses it, icecc would look there); so the launcher gets it by
// its real folder. Its own name stays: a compiler may go by the name it is called by.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild::stamp {

// The command with the launcher before it and links resolved in the compiler's folder.
std::vector<std::string> launched(const std::string& launcher, std::vector<std::string> command);

// Whether a line of what a command printed is the launcher's own, which is about this one
// run ("distcc[123] ... running locally instead"), and so belongs to no stored result.
bool launcher_spoke(const std::string& launcher, std::string_view printed);

// Runs the words behind `launch` in place of this process; returns only when it cannot.
Error run_launch(const std::vector<std::string>& words);

}  // namespace fbuild::stamp
