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

// Gives the calling thread a table of descriptors of its own, a copy of the process's:
// what is open stays usable, what is opened from here on is this thread's alone. As long as
// threads share one table, every system call on a descriptor counts references in memory
// that they fight over; that is 3 % of reading many small files with two threads. Where it
// is not allowed the threads go on sharing.
inline void own_descriptors() {
  (void)::unshare(CLONE_FILES);
}

// Runs work(0) ... work(count - 1) at the same time, the first in the calling thread. A
// thread that cannot be started is done without: work must not wait for a certain other.
// Descriptors that work opens do not outlive it.
template <class Work>
void run_parallel(unsigned count, Work work) {
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < count; ++i) {
    try {
      threads.emplace_back([&work, i] {
        own_descriptors();
        work(i);
      });
    } catch (...) {
      break;
    }
  }
  work(0);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace fbuild::stamp
