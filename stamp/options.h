// The command line of fbuild-stamp.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild::stamp {

struct Options {
  std::string table = ".fbuild/build/watch.table";
  std::string command;
  std::vector<std::string> operands;
  std::string write_file;  // check --write FILE
  bool exit_code = false;
  bool no_table = false;
  bool verbose = false;
  bool json = false;
  bool help = false;
  bool version = false;
};

extern const char* const kUsage;

// Options may stand anywhere; `--` ends them. Errors say what would be right.
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace fbuild::stamp
