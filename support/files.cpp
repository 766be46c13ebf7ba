#include "support/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fbuild {

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

std::string errno_text(int error_number) {
  return std::strerror(error_number);
}

namespace {

Error file_error(const std::string& path, const char* doing, int error_number) {
  return Error{std::string("cannot ") + doing + ": " + errno_text(error_number), "", path};
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return file_error(path, "open", errno);
  struct stat st;
  if (::fstat(fd.get(), &st) != 0) return file_error(path, "stat", errno);
  if (S_ISDIR(st.st_mode)) return file_error(path, "read", EISDIR);
  if (!S_ISREG(st.st_mode)) return Error{"not a regular file", "", path};
  std::string content;
  // One byte more than expected, so that the end is seen without another read.
  // Files of /proc have no size.
  content.resize(st.st_size > 0 ? static_cast<size_t>(st.st_size) + 1 : 4096);
  size_t size = 0;
  for (;;) {
    if (size == content.size()) content.resize(content.size() * 2);
    ssize_t n = ::read(fd.get(), content.data() + size, content.size() - size);
    if (n < 0) {
      if (errno == EINTR) continue;
      return file_error(path, "read", errno);
    }
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  content.resize(size);
  return content;
}

Status replace_file(const std::string& path, std::string_view content, unsigned mode) {
  // Process id and address make the name ours alone among live writers.
  static std::atomic<unsigned> counter{0};
  std::string temporary =
      path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(++counter);
  struct stat st;
  if (::stat(path.c_str(), &st) == 0) {
    if (S_ISDIR(st.st_mode)) return file_error(path, "write", EISDIR);
    // A device or a pipe is written to; replacing it would destroy it.
    if (!S_ISREG(st.st_mode)) {
      Fd device(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      if (!device || !write_all(device.get(), content)) return file_error(path, "write", errno);
      return {};
    }
    mode = st.st_mode & 07777;
  }
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return file_error(path, "write", errno);
  bool written = write_all(fd.get(), content);
  int error_number = errno;
  // close() reports what a full disk or a quota held back.
  if (::close(fd.release()) != 0 && written) {
    written = false;
    error_number = errno;
  }
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = false;
    error_number = errno;
  }
  if (!written) {
    ::unlink(temporary.c_str());
    return file_error(path, "write", error_number);
  }
  return {};
}

Result<bool> write_if_changed(const std::string& path, std::string_view content) {
  struct stat st;
  if (::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) &&
      static_cast<size_t>(st.st_size) == content.size()) {
    Result<std::string> old = read_file(path);
    if (old && *old == content) return false;
  }
  Status status = replace_file(path, content);
  if (!status) return status.error();
  return true;
}

Status make_directories(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return {};
  int error_number = errno;
  if (error_number == EEXIST && is_directory(path)) return {};
  if (error_number == ENOENT) {
    std::string parent(dir_name(path));
    if (parent != path && !parent.empty()) {
      if (Status status = make_directories(parent); !status) return status;
      if (::mkdir(path.c_str(), 0777) == 0 || (errno == EEXIST && is_directory(path))) return {};
      error_number = errno;
    }
  }
  return file_error(path, "create the directory", error_number);
}

bool path_exists(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0;
}

bool is_regular_file(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

bool is_directory(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

Result<std::vector<DirEntry>> list_directory(const std::string& path) {
  DIR* dir = ::opendir(path.c_str());
  if (!dir) return file_error(path, "list the directory", errno);
  std::vector<DirEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* item = ::readdir(dir);
    if (!item) break;
    if (!std::strcmp(item->d_name, ".") || !std::strcmp(item->d_name, "..")) continue;
    DirEntry entry{item->d_name, DirEntry::Other};
    if (item->d_type == DT_REG) {
      entry.kind = DirEntry::File;
    } else if (item->d_type == DT_DIR) {
      entry.kind = DirEntry::Directory;
    } else if (item->d_type == DT_LNK || item->d_type == DT_UNKNOWN) {
      struct stat st;
      if (::fstatat(::dirfd(dir), item->d_name, &st, 0) == 0) {
        if (S_ISREG(st.st_mode)) entry.kind = DirEntry::File;
        if (S_ISDIR(st.st_mode)) entry.kind = DirEntry::Directory;
      }
    }
    entries.push_back(std::move(entry));
  }
  int error_number = errno;
  ::closedir(dir);
  if (error_number) return file_error(path, "list the directory", error_number);
  std::sort(entries.begin(), entries.end(),
            [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return entries;
}

std::string normalize_path(std::string_view path) {
  bool absolute = !path.empty() && path[0] == '/';
  std::vector<std::string_view> parts;
  size_t begin = 0;
  while (begin <= path.size()) {
    size_t end = std::min(path.find('/', begin), path.size());
    std::string_view part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty() && parts.back() != "..") {
        parts.pop_back();
        continue;
      }
      if (absolute) continue;
    }
    parts.push_back(part);
  }
  std::string out = absolute ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i) out += '/';
    out += parts[i];
  }
  return out.empty() ? "." : out;
}

std::string absolute_path(std::string_view path) {
  if (!path.empty() && path[0] == '/') return normalize_path(path);
  std::string cwd(256, '\0');
  while (!::getcwd(cwd.data(), cwd.size())) {
    if (errno != ERANGE) return normalize_path(path);
    cwd.resize(cwd.size() * 2);
  }
  cwd.resize(std::strlen(cwd.c_str()));
  return normalize_path(join_path(cwd, path));
}

std::string join_path(std::string_view head, std::string_view tail) {
  if (head.empty() || (!tail.empty() && tail[0] == '/')) return std::string(tail);
  if (tail.empty()) return std::string(head);
  std::string out(head);
  if (out.back() != '/') out += '/';
  out += tail;
  return out;
}

std::string path_inside(std::string_view path, std::string_view base) {
  std::string folder = normalize_path(base);
  std::string full = normalize_path(join_path(folder, path));
  if (full == folder) return ".";
  if (folder != "/") folder += '/';
  if (full.compare(0, folder.size(), folder) == 0) return full.substr(folder.size());
  return full;
}

std::string_view base_name(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view dir_name(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

}  // namespace fbuild
