#include "support/perf_log.h"

#include <time.h>

#include <cstdio>

#include "support/switches.h"

namespace fbuild {

namespace {

int64_t now() {
  timespec time;
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

bool perf_log_wanted() {
  return is_switched_on("FBUILD_PERF_LOG", false);
}

void print_phase(const char* program, const char* phase, int64_t nanoseconds) {
  std::fprintf(stderr, "%s: %-9s %9.3f ms\n", program, phase,
               static_cast<double>(nanoseconds) / 1e6);
}

PerfLog::PerfLog(const char* program) : program_(program), wanted_(perf_log_wanted()) {
  if (wanted_) began_ = now();
}

void PerfLog::phase(const char* name) {
  if (!wanted_) return;
  print_phase(program_, name, now() - began_);
  began_ = now();
}

}  // namespace fbuild
