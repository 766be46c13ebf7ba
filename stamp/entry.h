// One watched thing as the table remembers it, and the judgement the whole part rests
// on: may the remembered hash still be believed, given what stat says now?
//
// A regular file is believed when size, mtime, ctime, inode and device are the ones it
// had when it was hashed AND it was not "racy" then. Any write through the kernel sets
// the ctime to the current tick, and nobody can set a ctime; so if the ctime lay in an
// earlier tick than the moment reading began, a later write must show. If it did not
// (the file was hashed in the very tick it was last written in), a write that follows
// within that tick would leave the same ctime: the entry is racy and is read again,
// until it is read in a later tick. File systems whose times are coarse or come from
// another machine's clock get a margin of seconds instead of ticks.
//
// What stat cannot show is a writer that keeps a file mapped and stores to it again: see
// FORMAT.md, "What stat cannot see".
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include "stamp/hash.h"

struct statx;

namespace fbuild::stamp {

enum class Kind : uint8_t {
  None = 0,        // nothing is remembered (also what a damaged table reads as)
  Directory = 1,   // its listing is remembered as the entries that follow it
  File = 2,        // its content is remembered as a hash
  Dangling = 3,    // a symbolic link to nothing; the hash is of the link's text
  Special = 4,     // FIFO, socket or device: never opened; the size field holds its type
  Loop = 5,        // a symbolic link to a directory it lies in
  Ignored = 6,     // a symbolic link to a file that is not watched; could become a directory
  Unreadable = 7,  // exists but cannot be read; the size field holds errno
  Missing = 8,     // the root or the single file is not there
};

enum EntryFlags : uint8_t {
  kRacy = 1,         // do not believe the hash / the listing: look again
  kThroughLink = 2,  // reached through a symbolic link
};

// Stored in the table as it is here: 88 bytes, little-endian. See FORMAT.md.
struct Entry {
  uint64_t size = 0;
  int64_t mtime = 0;  // nanoseconds since 1970, modulo 2^64
  int64_t ctime = 0;
  uint64_t inode = 0;
  uint64_t device = 0;
  Hash128 hash;
  int64_t sealed_mtime = 0;  // mtime when last sealed with this content; 0: never
  uint32_t changed = 0;      // table generation in which the content last changed
  uint32_t touched = 0;      // ... in which stat or content last changed
  uint32_t parent = 0;       // index of the directory it lies in
  uint32_t end = 0;          // index after its last descendant
  uint32_t name_offset = 0;  // into the block's names
  uint16_t name_size = 0;
  Kind kind = Kind::None;
  uint8_t flags = 0;

  bool racy() const { return flags & kRacy; }
};
static_assert(sizeof(Entry) == 88, "the table format depends on it");

// What stat says, in the table's units.
struct StatInfo {
  uint64_t size = 0;
  int64_t mtime = 0;
  int64_t ctime = 0;
  uint64_t inode = 0;
  uint64_t device = 0;
  uint32_t mode = 0;

  bool is_directory() const { return S_ISDIR(mode); }
  bool is_regular() const { return S_ISREG(mode); }
  bool is_link() const { return S_ISLNK(mode); }
};

// stat of `path` from directory descriptor `dir` (or of `dir` itself when `path` is
// empty). Returns 0 or an errno value.
int stat_path(int dir, const char* path, bool follow_links, StatInfo& out);
// stat of what is open as `fd`, which must not be O_PATH. Returns 0 or an errno value.
int stat_descriptor(int fd, StatInfo& out);

// Whether the identity (size, mtime, ctime, inode, device) is the remembered one.
inline bool same_identity(const Entry& entry, const StatInfo& info) {
  return entry.mtime == info.mtime && entry.ctime == info.ctime && entry.size == info.size &&
         entry.inode == info.inode && entry.device == info.device;
}

// Whether two looks found the same thing, all that stat says included.
inline bool same_look(const Entry& a, const Entry& b) {
  return a.kind == b.kind && a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime &&
         a.inode == b.inode && a.device == b.device && a.hash == b.hash;
}

// Takes the identity over into an entry.
inline void set_identity(Entry& entry, const StatInfo& info) {
  entry.size = info.size;
  entry.mtime = info.mtime;
  entry.ctime = info.ctime;
  entry.inode = info.inode;
  entry.device = info.device;
}

// Whether something with these times, looked at from the moment `looked_at`
// (file_clock_now()) on, could change without its times showing it.
// `fd` is open on the same file system, -1 when none is at hand.
bool is_racy(const StatInfo& info, int64_t looked_at, int fd);

// Whether a directory entry with this d_off, the last one that getdents64() gave, is known
// to be the last there is, so that asking once more (a tenth of what listing a small
// directory costs) can be left out. Not "the buffer was not full": a listing that was
// broken off by an error looks like that as well. `info` and `fd` are the directory's.
bool is_last_offset(int64_t offset, const StatInfo& info, int fd);

// Counters of one run (and, summed up, of the table's life).
struct Counters {
  uint64_t hits = 0;           // package roots answered from within the window
  uint64_t misses = 0;         // roots nothing was remembered about
  uint64_t stale = 0;          // package roots whose window had passed (or is off)
  uint64_t puts = 0;           // roots stored anew in the table
  uint64_t files_statted = 0;  // files and directories stat'ed
  uint64_t files_hashed = 0;
  uint64_t directories_listed = 0;
  uint64_t bytes_read = 0;

  void add(const Counters& other);
};
inline constexpr int kCounterCount = 8;
extern const char* const kCounterNames[kCounterCount];
uint64_t& counter(Counters& counters, int index);

// A buffer to read files through; one per thread. Aligned, because the kernel's copy from
// pages to where malloc() puts large blocks (16 bytes into a page) takes a tenth longer.
struct ReadBuffer {
  static constexpr size_t kSize = 256 * 1024;
  struct Free {
    void operator()(char* bytes) const { ::operator delete (bytes, std::align_val_t{4096}); }
  };
  std::unique_ptr<char, Free> bytes{
      static_cast<char*>(::operator new (kSize, std::align_val_t{4096}))};
};

enum class HashOutcome {
  Hashed,   // entry holds identity, hash, kind File, racy flag
  Gone,     // nothing there any more, or a link that now leads nowhere
  NotFile,  // something else than a regular file is there now
  Failed,   // entry is Unreadable with errno in its size
};

// Reads and hashes the regular file at `path` under `dir`. The hash is of one consistent
// state: a file that changes while it is read is read again, and after four attempts
// marked racy with `unstable` set. Leaves names, generations and parent alone.
HashOutcome hash_file(int dir, const char* path, Entry& entry, ReadBuffer& buffer,
                      Counters& counters, bool& unstable);

// The parts of hash_file(), for callers that open many files and close them together.
// Opens a file for reading; -1: errno says why.
int open_to_hash(int dir, const char* path);
// The outcome of an open that failed.
HashOutcome failed_to_open(Entry& entry, int error_number);
// Reads and hashes what is open as `fd`, and leaves it open.
HashOutcome hash_open_file(int fd, Entry& entry, ReadBuffer& buffer, Counters& counters,
                           bool& unstable);

}  // namespace fbuild::stamp
