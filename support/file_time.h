// When a file was last written to, as ninja and the gate compare it.
#pragma once

#include <cstdint>
#include <string>

struct stat;

namespace fbuild {

// The mtime of what `path` leads to, in nanoseconds since 1970; 0 when there is nothing.
int64_t mtime_of(const std::string& path);
// The one that stat() told.
int64_t mtime_of(const struct stat& info);

}  // namespace fbuild
