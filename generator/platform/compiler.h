// A compiler's identity: its version, for the conditions of platform files, and a digest
// of the programs that do the work, so that a changed compiler is a changed input. Both
// cost a start of the compiler and the reading of some 40 MB, so they are remembered by
// the stat of every file they were read from; a warm run starts no compiler.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct CompilerIdentity {
  std::string version;             // "5.4.0"
  std::string digest;              // hex, XXH3-128 over names and contents of `programs`
  std::vector<std::string> files;  // absolute paths the digest is over
};

// Asks `compiler` (an absolute path to a GCC driver) and reads its programs, or answers
// from the memo file `memo` when no file it names has changed. The memo is rewritten
// when it was of no use; a memo that cannot be read or written is no error.
Result<CompilerIdentity> identify_compiler(const std::string& compiler,
                                           const std::vector<std::string>& programs,
                                           const std::string& memo);

// Compares dotted numbers ("5.4.0" < "12.2"); missing parts are 0, text after the
// numbers is not looked at. Negative, 0 or positive.
int compare_versions(const std::string& a, const std::string& b);

// True when `version` is in all of the ranges, each like ">=5", "<6", "=5.4.0", "5.4.0".
bool version_in(const std::string& version, const std::vector<std::string>& ranges);

}  // namespace fbuild
