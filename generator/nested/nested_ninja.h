// A ninja of ours inside a build of another tool's (CMake's, with ninja or make):
//
//   fbuild-gen --nested LOCK -- COMMAND...
//
// That build compiles for the machine it runs on, so what it tells its compilers through
// the environment is taken out of ours. And it runs several commands at a time, each of
// which would start as many compilers as there are processors: so the nested ones take
// turns, by a lock file that is held as long as COMMAND runs ("-": no turns), each with as
// many jobs as the outer build was told. Where both sides know make's job server in the
// form that needs no inherited descriptors (make 4.4, ninja 1.13) they share its jobs
// instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

// The variables that are taken out.
const std::vector<const char*>& host_build_variables();

struct OuterJobs {
  int jobs = 0;             // as many as make was told; 0: not told
  bool job_server = false;  // a job server that ninja 1.13 can use
};
// Reads MAKEFLAGS as GNU make hands it to the commands it runs.
OuterJobs read_makeflags(std::string_view flags);

// Runs the words behind --nested in place of this process: returns only when it cannot.
// `jobs` goes to COMMAND as -jN, behind its first word.
Error run_nested(const std::vector<std::string>& words);

}  // namespace fbuild
