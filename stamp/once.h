// Runs a compile once: `fbuild-stamp once [--launcher PROGRAM] --with TEXT... -- COMMAND...`
//
// A command that makes one output from files it lists in a depend file need not run when
// it has run before, anywhere on this machine, with the same arguments on the same
// contents: its output is taken from the store (object_store.h). Cores and framework
// libraries are compiled this way, so that another environment, another project or a
// fresh build directory gets them ready-made.
//
// The command is one in the manner of compilers: `-o FILE` names the output, `-MF FILE`
// the depend file, `-MMD` or `-MD` asks for it. The first two words and their files are
// not part of what makes a result: the same object may go by another name elsewhere.
//
//   key        the arguments, the TEXTs (the identity of the compiler; what else decides),
//              the environment variables compilers heed, the content of every file that
//              is named by an argument, and the working directory where it gets into the
//              output (debug information)
//   manifest   under the key: for each known result the files it was made from, as paths
//              and hashes
//   object     under the key and those hashes: what the command printed, and its output
//
// A command that has to run goes through the launcher (launch.h), where one is given. That
// is no part of the key: who runs a compiler does not change what it makes.
//
// Before a result is used all its files are hashed again: the store believes contents and
// nothing else. Nothing is stored of a command that failed, that read a file written while
// it ran, whose result would depend on the time of day, or that reads files its depend
// file does not tell of.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild::stamp {

// Runs the words behind `once`. Returns the command's exit status, 0 when its result was
// in the store. An Error: a bad call, or the command cannot be started.
Result<int> run_once(const std::vector<std::string>& words);

}  // namespace fbuild::stamp
