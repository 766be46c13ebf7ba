// Child processes that cannot outlive us, nor can theirs: when a command has ended, when we
// are interrupted and when we die of anything (kill -9 too), nothing it started stays
// behind, whatever process group or session it went to. How: see keeper.h. Threads may run
// commands at the same time.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct ProcessOutput {
  int exit_status = 0;  // as a shell gives it: 128 + n when killed by signal n
  std::string out;      // standard output
  std::string err;      // standard error, when it was captured
};

struct ProcessOptions {
  std::string directory;     // working directory; empty: ours
  bool capture_err = false;  // false: standard error goes where ours goes
};

// Runs argv[0], looked up on PATH, with standard input from /dev/null, and waits. A
// program that cannot be started is an Error; one that fails is an exit status.
Result<ProcessOutput> run_process(const std::vector<std::string>& argv,
                                  const ProcessOptions& options = {});

// The same for `/bin/sh -c line`.
Result<ProcessOutput> run_shell(const std::string& line, const ProcessOptions& options = {});

// The absolute path of a program looked up on PATH as execvp would; "" if there is none.
std::string find_program(const std::string& name);

}  // namespace fbuild
