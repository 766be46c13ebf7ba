#include "support/file_time.h"

#include <sys/stat.h>

namespace fbuild {

int64_t mtime_of(const struct stat& info) {
  return int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

int64_t mtime_of(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 ? mtime_of(info) : 0;
}

}  // namespace fbuild
