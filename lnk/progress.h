// What a person sees while things are fetched: one line that is rewritten on a terminal,
// plain lines otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "lnk/fetch_options.h"

namespace fbuild::lnk {

// "12.3 MB"
std::string human_bytes(uint64_t bytes);

class ProgressDisplay {
 public:
  // Writes to standard error. `files`: how many are expected; 0 when not known.
  ProgressDisplay(size_t files, bool quiet);
  ~ProgressDisplay();

  // The callback for FetchOptions; valid as long as this object.
  ProgressCallback callback();

  // One file is finished, fetched or not.
  void file_done();

  // Prints a line on standard output without disturbing the one on the terminal.
  void print(const std::string& line);

 private:
  void on(const FetchProgress& progress);
  void draw();
  void clear();

  struct Transfer {
    uint64_t bytes = 0, total = 0, unpacked = 0;
    FetchProgress::Phase phase = FetchProgress::Waiting;
    bool announced = false;
  };

  std::mutex mutex_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  size_t files_, done_ = 0;
  uint64_t finished_bytes_ = 0;
  std::map<std::string, Transfer, std::less<>> transfers_;  // by URL
  std::chrono::steady_clock::time_point drawn_at_{};
  // Time spent with at least one transfer running, for the rate.
  std::chrono::steady_clock::time_point fetching_since_{}, last_fetch_{};
};

}  // namespace fbuild::lnk
