// A lock that is a file. The kernel drops it when its holder dies, however it dies, so
// a lock can never be left behind by kill -9; and it is held by an open file, not by a
// process, so it works between threads too.
#pragma once

#include <optional>
#include <string>

#include "support/files.h"
#include "support/result.h"

namespace fbuild::lnk {

class FileLock {
 public:
  enum Mode { Shared, Exclusive };

  // Waits for the lock on `path`, creating the file if needed.
  static Result<FileLock> wait(const std::string& path, Mode mode);

  // The lock if it is free right now, otherwise nothing.
  static Result<std::optional<FileLock>> take_if_free(const std::string& path, Mode mode);

  // Deletes the lock file. Only with an exclusive lock; whoever waits for it notices
  // that the file is gone and starts again with a new one.
  void remove_file();

 private:
  FileLock(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  static Result<std::optional<FileLock>> take(const std::string& path, Mode mode, bool wait);

  Fd fd_;
  std::string path_;
};

}  // namespace fbuild::lnk
