#include "support/file_time.h"

#include <sys/stat.h>

namespace fbuild {

int64_t mtime_of(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 ? int64_t{st.st_mtim.tv_sec} * 1'000'000'000 + st.st_mtim.tv_nsec : 0;
}

}  // namespace fbuild
