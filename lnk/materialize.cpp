#include "lnk/materialize.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>

#include "lnk/file_lock.h"
#include "lnk/process_tag.h"
#include "lnk/tree_list.h"
#include "lnk/witness.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr time_t kDay = 24 * 60 * 60;

Error disk_error(const std::string& path, const char* doing) {
  return Error{std::string("cannot ") + doing + ": " + errno_text(errno), "", path};
}

// Names beside the target, hidden; a long base name must not become too long by it.
std::string temporary_prefix(const std::string& target) {
  return "." + std::string(base_name(target).substr(0, 200)) + ".lnk-tmp.";
}

// Removes what processes that were killed left behind; of another boot or machine, what is
// a day old.
void sweep_temporaries(const std::string& target) {
  std::string folder(dir_name(target)), prefix = temporary_prefix(target);
  Result<std::vector<DirEntry>> entries = list_directory(folder);
  if (!entries) return;
  for (const DirEntry& entry : *entries) {
    if (!entry.name.starts_with(prefix)) continue;
    std::string_view tag = std::string_view(entry.name).substr(prefix.size());
    TagState state = tag_state(tag.substr(0, tag.rfind('.')));
    std::string path = join_path(folder, entry.name);
    struct stat st;
    bool old = ::lstat(path.c_str(), &st) == 0 && st.st_mtime < ::time(nullptr) - kDay;
    if (state == TagState::Dead || (state == TagState::Elsewhere && old)) remove_folder(path);
  }
}

// A name for what will become the target. The folder it is in has to exist.
std::string temporary_name(const std::string& target) {
  static std::atomic<unsigned> counter{0};
  sweep_temporaries(target);
  return join_path(dir_name(target),
                   temporary_prefix(target) + own_process_tag() + "." + std::to_string(++counter));
}

// Compares without reading more than needed; a difference anywhere is enough.
bool same_bytes(int a, int b) {
  constexpr size_t kChunk = 128 * 1024;
  std::unique_ptr<char[]> left(new char[kChunk]), right(new char[kChunk]);
  for (off_t at = 0;;) {
    ssize_t n = ::pread(a, left.get(), kChunk, at);
    ssize_t m = ::pread(b, right.get(), kChunk, at);
    if (n < 0 || n != m) return false;
    if (n == 0) return true;
    if (std::memcmp(left.get(), right.get(), static_cast<size_t>(n)) != 0) return false;
    at += n;
  }
}

bool is_already(int blob, const struct stat& blob_stat, const std::string& target) {
  struct stat st;
  if (::lstat(target.c_str(), &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != blob_stat.st_size)
    return false;
  if (st.st_ino == blob_stat.st_ino && st.st_dev == blob_stat.st_dev) return true;
  Fd fd(::open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd && same_bytes(blob, fd.get());
}

Status copy_bytes(int from, int to, const std::string& path) {
  constexpr size_t kChunk = 256 * 1024;
  // In the kernel where it can, which also shares blocks on file systems and servers
  // that know how.
  for (;;) {
    ssize_t n = ::copy_file_range(from, nullptr, to, nullptr, size_t{1} << 30, 0);
    if (n == 0) return {};
    if (n < 0) break;
  }
  if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP &&
      errno != EPERM && errno != EINTR)
    return disk_error(path, "copy to");
  std::unique_ptr<char[]> buffer(new char[kChunk]);
  for (;;) {
    ssize_t n = ::read(from, buffer.get(), kChunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error(path, "copy to");
    if (n == 0) return {};
    for (ssize_t done = 0; done < n;) {
      ssize_t m = ::write(to, buffer.get() + done, static_cast<size_t>(n - done));
      if (m < 0 && errno == EINTR) continue;
      if (m < 0) return disk_error(path, "copy to");
      done += m;
    }
  }
}

// Makes `path` a new file with the bytes of `from`. Where the file system cannot share
// blocks, `link` may put a hard link there instead, and says whether it did.
Result<Materialized> clone_or_copy(int from, const std::string& path, unsigned mode,
                                   const std::function<bool()>& link = {}) {
  Fd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!to) return disk_error(path, "create");
  if (::ioctl(to.get(), FICLONE, from) == 0) return Materialized::Reflink;
  if (link) {
    ::unlink(path.c_str());
    if (link()) return Materialized::HardLink;
    return clone_or_copy(from, path, mode);
  }
  if (::lseek(from, 0, SEEK_SET) != 0) return disk_error(path, "copy to");
  if (Status status = copy_bytes(from, to.get(), path); !status) return status.error();
  if (::close(to.release()) != 0) return disk_error(path, "write");
  return Materialized::Copy;
}

// Whether the read-only mode really keeps this process from writing.
bool protected_from_us(const std::string& blob, const struct stat& st) {
  return (st.st_mode & 0222) == 0 && ::faccessat(AT_FDCWD, blob.c_str(), W_OK, AT_EACCESS) != 0;
}

// A hard link with today's time. The witness has the blob's old time, so it is written
// anew; that, and nothing else, needs the entry's lock. If we are killed in between, the
// next use reads the blob once more.
bool hard_link(const Store& store, const std::string& blob, const std::string& temporary) {
  std::string entry(dir_name(blob));
  if (entry.compare(0, store.root.size() + 7, store.root + "/blobs/") != 0) return false;
  Result<FileLock> lock =
      FileLock::wait(store.root + "/locks/" + std::string(base_name(entry)), FileLock::Exclusive);
  if (!lock) return false;
  std::string witness = entry + "/verified";
  if (glance(entry, EntryKey::Blob, witness) != Trust::Yes) return false;
  bool durable = false;
  if (Result<std::string> text = read_file(witness))
    durable = text->find(" durable\n") != std::string::npos;
  if (::link(blob.c_str(), temporary.c_str()) != 0) return false;
  timespec times[2] = {{0, UTIME_OMIT}, {}};
  ::clock_gettime(CLOCK_REALTIME, &times[1]);
  if (::utimensat(AT_FDCWD, temporary.c_str(), times, 0) != 0) {
    ::unlink(temporary.c_str());
    return false;
  }
  (void)write_witness(entry, EntryKey::Blob, witness, durable);
  return true;
}

}  // namespace

Result<Materialized> materialize(const Store& store, const std::string& blob,
                                 const std::string& target, const MaterializeOptions& options) {
  Fd from(::open(blob.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat st;
  if (!from || ::fstat(from.get(), &st) != 0) return disk_error(blob, "open");
  if (is_already(from.get(), st, target)) return Materialized::Unchanged;
  if (is_directory(target)) return Error{"is a folder", "a file is to be put there", target};
  if (Status status = make_directories(std::string(dir_name(target))); !status)
    return status.error();

  std::string temporary = temporary_name(target);
  std::function<bool()> link;
  if (options.allow_hard_link && static_cast<uint64_t>(st.st_size) >= options.hard_link_from &&
      protected_from_us(blob, st))
    link = [&] { return hard_link(store, blob, temporary); };
  Result<Materialized> how = clone_or_copy(from.get(), temporary, 0644, link);
  if (!how) {
    ::unlink(temporary.c_str());
    return how;
  }
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    Error error = disk_error(target, "replace");
    ::unlink(temporary.c_str());
    return error;
  }
  // Renaming one name of a file over another name of the same file does nothing.
  ::unlink(temporary.c_str());
  return how;
}

Status copy_into_build(const std::string& from, const std::string& to, bool executable) {
  Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) return disk_error(from, "open");
  Result<Materialized> how = clone_or_copy(source.get(), to, executable ? 0755 : 0644);
  return how ? Status() : how.error();
}

Status copy_tree(const std::string& tree, const std::string& target) {
  std::string list_path = join_path(dir_name(tree), "list");
  Result<std::string> text = read_file(list_path);
  if (!text) return text.error();
  Result<TreeList> list = parse_tree_list(*text, list_path);
  if (!list) return list.error();
  if (::mkdir(target.c_str(), 0755) != 0) return disk_error(target, "create");
  for (const TreeItem& item : *list) {
    std::string to = join_path(target, item.path);
    if (item.kind == TreeItem::Folder) {
      if (::mkdir(to.c_str(), 0755) != 0) return disk_error(to, "create");
    } else if (item.kind == TreeItem::Link) {
      if (::symlink(item.target.c_str(), to.c_str()) != 0) return disk_error(to, "create");
    } else {
      Status status = copy_into_build(join_path(tree, item.path), to, (item.mode & 0111) != 0);
      if (!status) return status;
    }
  }
  return {};
}

Status replace_folder(const std::string& target,
                      const std::function<Status(const std::string&)>& fill) {
  struct stat st;
  bool replace = ::lstat(target.c_str(), &st) == 0;
  if (replace && !S_ISDIR(st.st_mode))
    return Error{"is no folder", "one is to be put there", target};
  if (Status status = make_directories(std::string(dir_name(target))); !status) return status;
  std::string temporary = temporary_name(target);
  Status status = fill(temporary);
  if (status && !replace && ::rename(temporary.c_str(), target.c_str()) != 0)
    status = disk_error(target, "replace");
  // Both names change hands in one step; the old folder is then ours to remove.
  if (status && replace &&
      ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0)
    status = disk_error(target, "replace");
  remove_folder(temporary);
  return status;
}

Status materialize_tree(const std::string& tree, const std::string& target) {
  return replace_folder(target, [&](const std::string& place) { return copy_tree(tree, place); });
}

}  // namespace fbuild::lnk
