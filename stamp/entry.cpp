#include "stamp/entry.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "stamp/clock.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

int64_t nanoseconds(int64_t seconds, int64_t rest) {
  // Unsigned, because years that do not fit may wrap around but must not overflow.
  return static_cast<int64_t>(static_cast<uint64_t>(seconds) * 1000000000u +
                              static_cast<uint64_t>(rest));
}

// What is known about a file system by its type.
enum Traits : uint8_t {
  kNoTraits = 0,
  // Local, stamps every change from this machine's clock, with nanoseconds on disk.
  kExactTimes = 1,
  // The offset after the last entry of a directory is INT64_MAX, of no other entry, and only
  // after all of them have been read.
  kMarksEnd = 2,
};

uint8_t traits_of(int fd) {
  struct statfs fs;
  if (::fstatfs(fd, &fs) != 0) return kNoTraits;
  switch (static_cast<uint64_t>(fs.f_type)) {
    case 0xEF53:  // ext4
      return kExactTimes | kMarksEnd;
    case 0x58465342:  // xfs
    case 0x9123683E:  // btrfs
    case 0x01021994:  // tmpfs
    case 0x794C7630:  // overlayfs
    case 0xF2F52010:  // f2fs
    case 0x2FC12FC1:  // zfs
    case 0xCA451A4E:  // bcachefs
    case 0x858458F6:  // ramfs
    case 0x73717368:  // squashfs, read-only
    case 0xE0F5E1E2:  // erofs, read-only
      return kExactTimes;
    default:
      return kNoTraits;
  }
}

// Devices already asked about; a handful at most, so a few atomic slots do. A slot holds
// device << 2 | traits, plus one so that 0 means free.
std::atomic<uint64_t> g_devices[16];

uint8_t device_traits(uint64_t device, int fd) {
  for (std::atomic<uint64_t>& slot : g_devices) {
    uint64_t known = slot.load(std::memory_order_relaxed);
    if (known == 0) break;
    if ((known - 1) >> 2 == device) return (known - 1) & 3;
  }
  if (fd < 0) return kNoTraits;
  uint8_t traits = traits_of(fd);
  uint64_t value = (device << 2 | traits) + 1;
  for (std::atomic<uint64_t>& slot : g_devices) {
    uint64_t free = 0;
    if (slot.compare_exchange_strong(free, value) || free == value) break;
  }
  return traits;
}

// The kernel's ticks are 10 ms at most; the rest is for a store that follows the page
// fault which set the time.
constexpr int64_t kTickMargin = 25 * 1000000;
// A write() sets the times once, when it begins, and then copies for as long as it takes: a
// file's size at 10 MB/s covers one that has to wait for a slow disk or for its source.
// (A growing file's size gives it away; one that is written in place does not.)
constexpr int64_t kMarginPerByte = 100;
constexpr int64_t kLongestWrite = int64_t{60} * 1000000000;
// FAT has 2 s; the rest is for a server's clock that is not quite ours.
constexpr int64_t kCoarseMargin = int64_t{4} * 1000000000;

bool judge(const StatInfo& info, int64_t looked_at, bool exact) {
  constexpr int64_t kSecond = 1000000000;
  // Both times on a full second: times are kept in seconds here, whatever the type says.
  if (info.ctime % kSecond == 0 && info.mtime % kSecond == 0) exact = false;
  int64_t margin = exact ? kTickMargin : kCoarseMargin;
  if (info.is_regular())
    margin += info.size < kLongestWrite / kMarginPerByte
                  ? static_cast<int64_t>(info.size) * kMarginPerByte
                  : kLongestWrite;
  return (exact ? info.ctime : std::max(info.ctime, info.mtime)) >= looked_at - margin;
}

}  // namespace

int stat_path(int dir, const char* path, bool follow_links, StatInfo& out) {
  struct statx sx;
  // Network file systems are to ask their server: what another machine changed would else
  // show only when cached attributes expire. Costs local ones nothing.
  int flags = AT_STATX_FORCE_SYNC | AT_NO_AUTOMOUNT;
  if (!follow_links) flags |= AT_SYMLINK_NOFOLLOW;
  if (*path == '\0') flags |= AT_EMPTY_PATH;
  if (::statx(dir, path, flags, STATX_TYPE | STATX_SIZE | STATX_MTIME | STATX_CTIME | STATX_INO,
              &sx) != 0)
    return errno;
  out.size = sx.stx_size;
  out.mtime = nanoseconds(sx.stx_mtime.tv_sec, sx.stx_mtime.tv_nsec);
  out.ctime = nanoseconds(sx.stx_ctime.tv_sec, sx.stx_ctime.tv_nsec);
  out.inode = sx.stx_ino;
  out.device = makedev(sx.stx_dev_major, sx.stx_dev_minor);
  out.mode = sx.stx_mode;
  return 0;
}

int stat_descriptor(int fd, StatInfo& out) {
#if defined(__x86_64__) || defined(__aarch64__)
  // The C library's fstat() goes by way of an empty path; the kernel's own, whose struct is
  // the same here, costs it an eighth less than statx().
  struct stat st;
  if (::syscall(SYS_fstat, fd, &st) != 0) return errno;
  out.size = static_cast<uint64_t>(st.st_size);
  out.mtime = nanoseconds(st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  out.ctime = nanoseconds(st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
  out.inode = st.st_ino;
  out.device = st.st_dev;
  out.mode = st.st_mode;
  return 0;
#else
  return stat_path(fd, "", true, out);
#endif
}

bool is_racy(const StatInfo& info, int64_t looked_at, int fd) {
  return judge(info, looked_at, device_traits(info.device, fd) & kExactTimes);
}

bool is_last_offset(int64_t offset, const StatInfo& info, int fd) {
  return offset == INT64_MAX && (device_traits(info.device, fd) & kMarksEnd);
}

void Counters::add(const Counters& other) {
  Counters copy = other;
  for (int i = 0; i < kCounterCount; ++i) counter(*this, i) += counter(copy, i);
}

const char* const kCounterNames[kCounterCount] = {
    "hits",      "misses", "stale", "puts", "files_statted", "files_hashed", "directories_listed",
    "bytes_read"};

uint64_t& counter(Counters& counters, int index) {
  uint64_t* all[kCounterCount] = {&counters.hits,
                                  &counters.misses,
                                  &counters.stale,
                                  &counters.puts,
                                  &counters.files_statted,
                                  &counters.files_hashed,
                                  &counters.directories_listed,
                                  &counters.bytes_read};
  return *all[index];
}

namespace {

// Reads all of `fd` and hashes it. A regular file's read is short only at its end, which
// saves a call for most files; where that is not so (`to_the_end` after the size turned
// out to be another), it reads until there is nothing more. Returns 0 or an errno value.
int hash_content(int fd, bool to_the_end, ReadBuffer& buffer, Hash128& hash, uint64_t& bytes) {
  char* data = buffer.bytes.get();
  size_t used = 0;
  bytes = 0;
  // Most files fit into the buffer: one read, one call of the hash, no streaming state.
  while (used < ReadBuffer::kSize) {
    size_t wanted = ReadBuffer::kSize - used;
    ssize_t n = ::read(fd, data + used, wanted);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    used += static_cast<size_t>(n);
    bytes = used;
    if (n == 0 || (!to_the_end && static_cast<size_t>(n) < wanted)) {
      hash = hash_bytes(data, used);
      return 0;
    }
  }
  Hasher hasher;
  hasher.add(data, used);
  for (;;) {
    ssize_t n = ::read(fd, data, ReadBuffer::kSize);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) break;
    hasher.add(data, static_cast<size_t>(n));
    bytes += static_cast<uint64_t>(n);
  }
  hash = hasher.finish();
  return 0;
}

// Whether files may be opened without leaving a trace in their access time; see below.
std::atomic<bool> g_no_atime{true};

HashOutcome failed(Entry& entry, int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) return HashOutcome::Gone;
  entry.kind = Kind::Unreadable;
  entry.flags |= kRacy;
  set_identity(entry, StatInfo{});
  entry.size = static_cast<uint64_t>(error_number);
  entry.hash = {};
  return HashOutcome::Failed;
}

}  // namespace

int open_to_hash(int dir, const char* path) {
  // O_NONBLOCK: should a FIFO have taken the file's place, opening it must not wait.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  // The first read of a new file would set its access time: a third of what reading it
  // costs, and a write to the disk. Only the file's owner may leave that out; who was
  // refused once is not likely to be the owner of the next.
  if (g_no_atime.load(std::memory_order_relaxed)) {
    int fd = ::openat(dir, path, kFlags | O_NOATIME);
    if (fd >= 0 || errno != EPERM) return fd;
    g_no_atime.store(false, std::memory_order_relaxed);
  }
  return ::openat(dir, path, kFlags);
}

HashOutcome failed_to_open(Entry& entry, int error_number) {
  // ENXIO: a socket, or a device without a driver.
  return error_number == ENXIO ? HashOutcome::NotFile : failed(entry, error_number);
}

HashOutcome hash_file(int dir, const char* path, Entry& entry, ReadBuffer& buffer,
                      Counters& counters, bool& unstable) {
  Fd fd(open_to_hash(dir, path));
  if (!fd) return failed_to_open(entry, errno);
  return hash_open_file(fd.get(), entry, buffer, counters, unstable);
}

HashOutcome hash_open_file(int fd, Entry& entry, ReadBuffer& buffer, Counters& counters,
                           bool& unstable) {
  // One stat, after reading: when it tells of no change as late as the moment reading
  // began, there was none while it went on. Otherwise (the file is racy) it is read once
  // more, between two stats that must agree.
  StatInfo before, info;
  bool consistent = false, racy = true;
  Hash128 hash;
  int64_t looked_at = file_clock_now();
  for (int attempt = 0; attempt < 4 && !consistent; ++attempt) {
    if (attempt && ::lseek(fd, 0, SEEK_SET) != 0) return failed(entry, errno);
    uint64_t bytes = 0;
    if (int error_number = hash_content(fd, attempt > 0, buffer, hash, bytes))
      return failed(entry, error_number);
    counters.bytes_read += bytes;
    int64_t next_look = file_clock_now();
    if (int error_number = stat_descriptor(fd, info)) return failed(entry, error_number);
    if (!info.is_regular()) return HashOutcome::NotFile;
    racy = is_racy(info, looked_at, fd);
    bool same = attempt > 0 && before.size == info.size && before.mtime == info.mtime &&
                before.ctime == info.ctime;
    consistent = bytes == info.size && (!racy || same);
    before = info;
    if (!consistent) looked_at = next_look;
  }
  ++counters.files_hashed;
  if (!consistent) unstable = true;
  set_identity(entry, info);
  entry.hash = hash;
  entry.kind = Kind::File;
  entry.flags = static_cast<uint8_t>((entry.flags & ~kRacy) | (racy || !consistent ? kRacy : 0));
  return HashOutcome::Hashed;
}

}  // namespace fbuild::stamp
