// Files as all programs of this project touch them: handles that close themselves,
// whole-file reads, and replacement by rename, so that whoever looks sees the old
// file or the new one and never a part of either.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

// Owns a file descriptor; -1 means none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(-1); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd);

 private:
  int fd_ = -1;
};

// "No such file or directory" and the like for an errno value.
std::string errno_text(int error_number);

// Reads a whole regular file. A directory, a missing or an unreadable file is an Error
// with the path in Error::file.
Result<std::string> read_file(const std::string& path);

// Creates or replaces `path` with `content` by writing a temporary file beside it and
// renaming it. On any error the old file is untouched and no temporary file is left.
// `mode` is used for a new file; an existing file keeps its permission bits. A device or a
// pipe is written to and not replaced.
Status replace_file(const std::string& path, std::string_view content, unsigned mode = 0644);

// As replace_file, but leaves a file that already has this content alone (its mtime
// too). Returns whether it wrote.
Result<bool> write_if_changed(const std::string& path, std::string_view content);

// Creates a directory and its missing parents. An existing directory is fine.
Status make_directories(const std::string& path);

// True when `path`, links followed, exists (is a regular file / a directory).
bool path_exists(const std::string& path);
bool is_regular_file(const std::string& path);
bool is_directory(const std::string& path);

// One entry of a directory. `kind` follows symbolic links; a dangling link is Other.
struct DirEntry {
  enum Kind { File, Directory, Other };
  std::string name;
  Kind kind = Other;
};

// The entries of a directory without "." and "..", sorted by name as bytes.
Result<std::vector<DirEntry>> list_directory(const std::string& path);

// `path` made absolute against the working directory, "." and ".." and doubled slashes
// taken out by text alone (symbolic links are not resolved).
std::string absolute_path(std::string_view path);

// Takes "." , ".." and doubled slashes out of a path by text alone. "" becomes ".".
std::string normalize_path(std::string_view path);

// Joins with one slash; an absolute `tail` replaces `head`; an empty part is left out.
std::string join_path(std::string_view head, std::string_view tail);

// `path` as seen from the absolute directory `base`: relative when it lies inside
// `base`, otherwise the absolute path itself. Both are normalized first.
std::string path_inside(std::string_view path, std::string_view base);

// The part after the last slash / before it ("." when there is none).
std::string_view base_name(std::string_view path);
std::string_view dir_name(std::string_view path);

}  // namespace fbuild
