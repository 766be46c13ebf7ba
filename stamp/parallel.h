// Work shared out to threads, when there is enough of it.
#pragma once

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace fbuild::stamp {

// The cores this process may run on.
inline unsigned core_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

// Runs work(0) ... work(count - 1) at the same time, the first in the calling thread. A
// thread that cannot be started is done without: work must not wait for a certain other.
template <class Work>
void run_parallel(unsigned count, Work work) {
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < count; ++i) {
    try {
      threads.emplace_back([&work, i] { work(i); });
    } catch (...) {
      break;
    }
  }
  work(0);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace fbuild::stamp
