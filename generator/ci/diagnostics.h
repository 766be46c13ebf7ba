// What compilers say, line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fbuild {

struct Diagnostic {
  std::string file;  // as the compiler named it
  int line = 0;
  int column = 0;  // 0: not known
  bool is_error = false;
  std::string text;  // without file and severity; the option that asked for it at its end
};

// The warnings and errors in a compiler's output, colored or not, in its order, each once.
// GCC's and clang's form: FILE:LINE[:COLUMN]: [fatal ]error|warning: TEXT. Notes and the
// source lines shown with them are left out.
std::vector<Diagnostic> parse_diagnostics(std::string_view output);

}  // namespace fbuild
