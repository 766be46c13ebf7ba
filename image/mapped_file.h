// A file's bytes without copying them: an ELF file with debug information is often
// fifty times the size of what an image takes out of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "support/result.h"

namespace fbuild {

// A read-only private mapping of a whole regular file, undone by the destructor.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  // Maps `path`. A missing or unreadable file, a directory or a device is an Error with
  // the path in Error::file. An empty file has empty bytes.
  static Result<MappedFile> open(const std::string& path);

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace fbuild
