#include "lnk/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace fbuild::lnk {

Result<std::optional<FileLock>> FileLock::take(const std::string& path, Mode mode, bool wait) {
  for (;;) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!fd) return Error{"cannot open the lock: " + errno_text(errno), "", path};
    int operation = (mode == Shared ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB);
    while (::flock(fd.get(), operation) != 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) return std::optional<FileLock>();
      return Error{"cannot lock: " + errno_text(errno), "", path};
    }
    // The file may have been removed between open and flock: then this lock guards
    // nothing, because the next one opens another file.
    struct stat ours, named;
    if (::fstat(fd.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
        ours.st_ino == named.st_ino && ours.st_dev == named.st_dev)
      return std::optional<FileLock>(FileLock(std::move(fd), path));
  }
}

Result<FileLock> FileLock::wait(const std::string& path, Mode mode) {
  Result<std::optional<FileLock>> lock = take(path, mode, true);
  if (!lock) return lock.error();
  return std::move(**lock);
}

Result<std::optional<FileLock>> FileLock::take_if_free(const std::string& path, Mode mode) {
  return take(path, mode, false);
}

void FileLock::remove_file() {
  ::unlink(path_.c_str());
}

}  // namespace fbuild::lnk
