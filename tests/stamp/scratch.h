// A directory of its own for a test, gone afterwards, and the handful of file operations
// tests are made of.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "stamp/hash.h"

struct Scratch {
  std::string path;

  Scratch() {
    const char* base = std::getenv("TMPDIR");
    path = std::string(base && *base ? base : "/tmp") + "/fbuild-stamp-XXXXXX";
    if (!::mkdtemp(path.data())) std::abort();
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

inline void make_dirs(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(path, ignored);
}

// O_NONBLOCK in both: a test's path may have become a FIFO, which must not stop it.
inline void write_text(const std::string& path, const std::string& text) {
  make_dirs(std::filesystem::path(path).parent_path().string());
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0644);
  if (fd < 0) return;
  [[maybe_unused]] ssize_t n = ::write(fd, text.data(), text.size());
  ::close(fd);
}

inline std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Writes into the file as it is, same inode, no truncation.
inline void write_in_place(const std::string& path, const std::string& text, off_t at = 0) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return;
  [[maybe_unused]] ssize_t n = ::pwrite(fd, text.data(), text.size(), at);
  ::close(fd);
}

// Long enough for what was just written not to be racy any more.
inline void settle() {
  ::usleep(60000);
}
