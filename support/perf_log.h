// FBUILD_PERF_LOG=1: each program says on standard error what its phases took, a line each:
//
//     fbuild-stamp plan: look          0.412 ms
#pragma once

#include <cstdint>

namespace fbuild {

// Whether FBUILD_PERF_LOG asks for it: set, and neither empty nor 0, off or no.
bool perf_log_wanted();

// Writes the line of one phase, whether or not it is wanted.
void print_phase(const char* program, const char* phase, int64_t nanoseconds);

// Times one phase after the other, and tells of each at its end where that is wanted.
class PerfLog {
 public:
  // `program` has to outlive it.
  explicit PerfLog(const char* program);
  // Ends a phase that began with the last call, or with the construction.
  void phase(const char* name);

 private:
  const char* program_;
  bool wanted_;
  int64_t began_ = 0;
};

}  // namespace fbuild
