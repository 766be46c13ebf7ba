// Runs a program that never ends by itself, an emulator, until it has said what a test
// waits for:
//
//   fbuild-gen --watch-output SECONDS PASS FAIL -- COMMAND...
//
// PASS and FAIL are POSIX extended regular expressions, matched against what COMMAND has
// written on both its outputs so far, colours and carriage returns left out; `^`, `$` and
// `.` go by lines. FAIL may be empty. At the first match COMMAND and all it started are
// ended. They run at a terminal of their own, so that a program that buffers what it
// writes into a pipe is heard in time (where there are no terminals, by a pipe); and when we die of
// anything it hangs up on them.
//
// Exit status: 0 when PASS matched; 1 when FAIL did, when the time was up, or when COMMAND
// ended without either (the last line on standard error says which).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

// Takes colours (ESC [ ... letter) and carriage returns out of text that arrives in pieces:
// what is not complete yet is kept for the next piece.
class PlainText {
 public:
  void add(std::string_view piece);
  const std::string& text() const { return text_; }
  // Forgets all but the last `most` bytes.
  void keep(size_t most);

 private:
  std::string text_;
  enum { Plain, Escape, Sequence } state_ = Plain;
};

// Runs the words behind --watch-output; returns the exit status.
Result<int> watch_output(const std::vector<std::string>& words);

}  // namespace fbuild
