// What the threads of a scan do: list a directory, look at what is in it, hash files.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <new>

#include "stamp/clock.h"
#include "stamp/scan.h"
#include "stamp/scan_worker.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

// Whether (device, inode) is a directory that `task` lies in, itself included. Tells in
// `levels` how many directories up.
bool is_ancestor(const DirTask& task, const StatInfo& info, uint64_t& levels) {
  levels = 0;
  const DirTask* at = &task;
  for (;; at = at->parent, ++levels) {
    if (at->self->inode == info.inode && at->self->device == info.device) return true;
    if (!at->parent) break;
  }
  const BlockView& old = at->run->old;
  uint32_t index = at->old_index;
  while (index != kNoEntry && index > 0 && index < old.count) {
    uint32_t up = old.entries[index].parent;
    if (up >= index) break;
    index = up;
    ++levels;
    if (old.entries[index].inode == info.inode && old.entries[index].device == info.device)
      return true;
  }
  return false;
}

unsigned char type_of(uint32_t mode) {
  return static_cast<unsigned char>(IFTODT(mode));
}

// The path of a task's directory below the root.
void append_path(const DirTask& task, std::string& out) {
  if (!task.parent) {
    if (task.old_index != kNoEntry) out = task.run->old.path(task.old_index);
    return;
  }
  append_path(*task.parent, out);
  if (!out.empty()) out += '/';
  out.append(task.parent->name(*task.self));
}

}  // namespace

// Opens a task's directory until close_all(). -1: errno says why.
int Scanner::open_directory(DirTask& task, Worker& worker) {
  worker.path.clear();
  append_path(task, worker.path);
  // No further than a check, which goes by the path, can follow.
  if (task.path_size >= PATH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  const char* path = worker.path.empty() ? "." : worker.path.c_str();
  for (;;) {
    int fd = ::openat(task.run->fd.get(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) worker.directories.push_back(fd);
    if (fd >= 0 || (errno != EMFILE && errno != ENFILE)) return fd;
    // Too much is open: go on with less.
    int error_number = errno;
    if (worker.files.empty() && worker.directories.empty()) {
      errno = error_number;
      return -1;
    }
    hash_open_files(worker);
    close_all(worker);
  }
}

// Opens a file that is to be hashed with the others of its batch.
void Scanner::open_file(int dir, const char* path, Entry& entry, DirTask* task, Worker& worker) {
  int fd = open_to_hash(dir, path);
  if (fd < 0 && (errno == EMFILE || errno == ENFILE) && !worker.files.empty()) {
    hash_open_files(worker);
    for (int open : worker.to_close) ::close(open);  // but not the directories
    worker.to_close.clear();
    fd = open_to_hash(dir, path);
  }
  if (fd >= 0) {
    worker.files.push_back({fd, task, &entry});
  } else {
    int error_number = errno;
    const Entry before = entry;
    HashOutcome outcome = failed_to_open(entry, error_number);
    take_outcome(outcome, entry, before, task, worker);
  }
}

// What hashing a file came to. `task`: the directory it was found in; none: it is hashed
// in place.
void Scanner::take_outcome(HashOutcome outcome, Entry& entry, const Entry& before, DirTask* task,
                           Worker& worker) {
  if (!task) worker.differs |= !same_look(before, entry);
  if (outcome != HashOutcome::Gone && outcome != HashOutcome::NotFile) return;
  worker.moving = true;
  if (task) {
    entry.kind = Kind::None;
    task->disturbed = true;
  } else {
    // The next pass will find what is there instead.
    entry.flags |= kRacy;
  }
}

// Hashes the files that are open; their descriptors wait for close_all().
void Scanner::hash_open_files(Worker& worker) {
  for (const Worker::OpenFile& file : worker.files) {
    const Entry before = *file.entry;
    HashOutcome outcome =
        hash_open_file(file.fd, *file.entry, worker.buffer, worker.counters, worker.unstable);
    take_outcome(outcome, *file.entry, before, file.task, worker);
    worker.to_close.push_back(file.fd);
  }
  worker.files.clear();
}

// Closes what hash_open_files() left and the directories. Runs of numbers that are all ours
// (most often one run is everything) go in one call.
void Scanner::close_all(Worker& worker) {
  std::vector<int>& fds = worker.to_close;
  fds.insert(fds.end(), worker.directories.begin(), worker.directories.end());
  worker.directories.clear();
  std::sort(fds.begin(), fds.end());
  for (size_t i = 0, end; i < fds.size(); i = end) {
    end = i + 1;
    while (end < fds.size() && fds[end] == fds[end - 1] + 1) ++end;
    // Before Linux 5.9 there is no such call.
    if (end - i > 1 &&
        ::close_range(static_cast<unsigned>(fds[i]), static_cast<unsigned>(fds[end - 1]), 0) == 0)
      continue;
    for (size_t k = i; k < end; ++k) ::close(fds[k]);
  }
  fds.clear();
}

// What an open directory holds, as far as it is watched, sorted by name. Returns 0 or an
// errno value. `worker.path` is the directory's.
int Scanner::read_names(int dir, const StatInfo& info, const Filter& filter, Worker& worker) {
  struct Dirent {  // as the kernel lays it out
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    unsigned char type;
  } item;
  worker.listed.clear();
  worker.raw_names.clear();
  do {
    long n = ::syscall(SYS_getdents64, dir, worker.listing.get(), Worker::kListing);
    if (n < 0) return errno;
    if (n == 0) break;
    for (long at = 0; at < n; at += item.length) {
      const char* base = worker.listing.get() + at;
      std::memcpy(&item, base, offsetof(Dirent, type) + 1);
      std::string_view name(base + offsetof(Dirent, type) + 1);
      if (name == "." || name == ".." || name.size() > UINT16_MAX) continue;
      // What can be told without a stat is left out here.
      bool plain = item.type != DT_DIR && item.type != DT_LNK && item.type != DT_UNKNOWN;
      bool watched = item.type != DT_DIR && filter.watches_file(name);
      if (plain && !watched) continue;
      if (filter.excludes(worker.path, name)) continue;
      worker.listed.push_back({static_cast<uint32_t>(worker.raw_names.size()),
                               static_cast<uint16_t>(name.size()), item.type, watched});
      worker.raw_names.append(name);
      worker.raw_names += '\0';
    }
  } while (!is_last_offset(item.offset, info, dir));
  std::sort(
      worker.listed.begin(), worker.listed.end(),
      [&](const ListedName& a, const ListedName& b) { return worker.name(a) < worker.name(b); });
  return 0;
}

void Scanner::list(DirTask& task, Worker& worker) {
  RootRun& run = *task.run;
  Entry& self = *task.self;
  auto give_up = [&](int error_number) {
    if (task.path_size == 0 && (error_number == ENOENT || error_number == ENOTDIR)) {
      self.kind = error_number == ENOENT ? Kind::Missing : Kind::Unreadable;
      set_identity(self, StatInfo{});
      self.size = error_number == ENOENT ? 0 : ENOTDIR;
      self.flags = kRacy;
      self.hash = {};
      return;
    }
    if (error_number == ENOENT || error_number == ENOTDIR) {
      task.gone = true;
      worker.moving = true;
      return;
    }
    self.kind = Kind::Unreadable;
    set_identity(self, StatInfo{});
    self.size = static_cast<uint64_t>(error_number);
    self.flags |= kRacy;
    self.hash = {};
  };
  if (run.open_error) return give_up(run.open_error);
  const int dir = open_directory(task, worker);
  if (dir < 0) return give_up(errno);
  // The clock, then stat, then the listing: whatever changes from here on shows in the
  // directory's times, or they are racy.
  int64_t looked_at = file_clock_now();
  StatInfo info;
  if (int error_number = stat_descriptor(dir, info)) return give_up(error_number);
  ++worker.counters.files_statted;
  set_identity(self, info);
  self.kind = Kind::Directory;
  self.hash = {};
  self.flags = static_cast<uint8_t>((self.flags & kThroughLink) |
                                    (is_racy(info, looked_at, dir) ? kRacy : 0));

  ++worker.counters.directories_listed;
  if (int error_number = read_names(dir, info, *run.filter, worker)) return give_up(error_number);

  size_t bytes = 0, count = worker.listed.size();
  for (const ListedName& item : worker.listed) bytes += item.size;
  if (bytes > UINT32_MAX || count >= kNoEntry) return give_up(E2BIG);
  char* room = count ? worker.arena.allocate(count * sizeof(Entry) + bytes, task.piece) : nullptr;
  task.children = reinterpret_cast<Entry*>(room);
  task.names = room + count * sizeof(Entry);
  task.names_size = static_cast<uint32_t>(bytes);
  worker.listed_since += static_cast<uint32_t>(count);
  if (worker.listed_since >= g_give_back_step) {
    run.old.give_back();
    worker.listed_since = 0;
  }
  uint32_t names_used = 0;
  uint32_t old_child = task.old_index == kNoEntry ? kNoEntry : task.old_index + 1;
  uint32_t old_end = task.old_index == kNoEntry ? 0 : run.old.entries[task.old_index].end;
  old_end = std::min(old_end, run.old.count);
  uint32_t to_hash = 0;
  // ListedNames stay valid: subtasks run later, in whatever thread.
  for (const ListedName& item : worker.listed) {
    std::string_view name = worker.name(item);
    const Entry* old = nullptr;
    while (old_child != kNoEntry && old_child < old_end) {
      const Entry& candidate = run.old.entries[old_child];
      int order = run.old.name(candidate).compare(name);
      if (order > 0) break;
      if (order == 0) {
        old = &candidate;
        break;
      }
      if (candidate.end <= old_child) {  // damage: no progress
        old_child = kNoEntry;
        break;
      }
      old_child = candidate.end;
    }
    Entry& child = *new (&task.children[task.count]) Entry;
    if (old) child = *old;
    child.kind = Kind::None;
    child.flags = 0;
    child.parent = 0;
    child.end = 0;
    child.name_offset = names_used;
    child.name_size = item.size;
    std::memcpy(task.names + names_used, name.data(), name.size());
    names_used += item.size;
    ++task.count;
    // With a task of its own the child is no longer ours to look at.
    if (look_at_child(task, dir, name.data(), item.type, item.watched, child, old, old_child,
                      worker)) {
      if (++to_hash <= kInlineFiles) {
        child.end = 0;
        open_file(dir, name.data(), child, &task, worker);
      }
    }
  }
  if (to_hash > kInlineFiles) {
    for (uint32_t begin = 0; begin < task.count; begin += kInlineFiles)
      push({&task, nullptr, begin, std::min(begin + kInlineFiles, task.count)}, worker.number);
  }
}

// Finds out what `child` is and takes over what is remembered if it holds. True: it is a
// file that must be hashed, and `end` says so.
bool Scanner::look_at_child(DirTask& task, int dir, const char* name, unsigned char type,
                            bool watched, Entry& child, const Entry* old_child, uint32_t old_index,
                            Worker& worker) {
  RootRun& run = *task.run;
  bool link = type == DT_LNK;
  StatInfo info;
  auto vanished = [&] {
    task.disturbed = true;
    worker.moving = true;
    return false;
  };
  auto look = [&](bool follow) {
    ++worker.counters.files_statted;
    return stat_path(dir, name, follow, info);
  };
  if (type == DT_UNKNOWN) {
    if (look(false)) return vanished();
    type = type_of(info.mode);
    link = type == DT_LNK;
  }
  if (link) {
    child.flags = kThroughLink;
    int error_number = look(true);
    if (error_number) {
      StatInfo link_info;
      if (stat_path(dir, name, false, link_info)) return vanished();
      if (!link_info.is_link()) return vanished();
      if (!watched) {
        child.kind = Kind::Ignored;
        set_identity(child, StatInfo{});
        child.hash = {};
        return false;
      }
      if (error_number != ENOENT && error_number != ELOOP && error_number != ENOTDIR &&
          error_number != ENAMETOOLONG) {
        child.kind = Kind::Unreadable;
        set_identity(child, StatInfo{});
        child.size = static_cast<uint64_t>(error_number);
        child.flags |= kRacy;
        child.hash = {};
        return false;
      }
      char target[4097];
      ssize_t n = ::readlinkat(dir, name, target, sizeof target);
      if (n < 0) return vanished();
      child.kind = Kind::Dangling;
      set_identity(child, link_info);
      child.hash = hash_bytes(target, static_cast<size_t>(n));
      return false;
    }
    type = type_of(info.mode);
  }
  if (type == DT_DIR) {
    if (link) {
      uint64_t levels;
      if (is_ancestor(task, info, levels)) {
        child.kind = Kind::Loop;
        set_identity(child, info);
        child.hash = {levels, 0};
        return false;
      }
    }
    child.kind = Kind::Directory;
    // When another directory has taken this one's place, what lies below it is looked at
    // as new (its links may form other loops), though hashes of unchanged files hold.
    const Entry* remembered =
        task.old_index == kNoEntry ? nullptr : &run.old.entries[task.old_index];
    bool same_directory = remembered && remembered->kind == Kind::Directory &&
                          remembered->inode == task.self->inode &&
                          remembered->device == task.self->device;
    bool stays = same_directory && old_child && old_child->kind == Kind::Directory &&
                 ((old_child->flags & kThroughLink) != 0) == link;
    // A linked directory that changed is looked at as new: its place among loops may be.
    if (stays && link)
      stays = !std::binary_search(run.suspects.begin(), run.suspects.end(), old_index) &&
              same_identity(*old_child, info);
    if (stays) {
      child.end = old_index;
      return false;
    }
    child.flags = link ? kThroughLink : 0;
    if (link) set_identity(child, info);
    push_directory(run, &task, &child,
                   old_child && old_child->kind == Kind::Directory ? old_index : kNoEntry,
                   worker.number);
    return false;
  }
  if (type == DT_REG) {
    if (!watched) {
      // Only a link gets here; it could be pointed at a directory without a sign.
      child.kind = Kind::Ignored;
      set_identity(child, StatInfo{});
      child.hash = {};
      return false;
    }
    if (old_child && old_child->kind == Kind::File && !old_child->racy()) {
      if (!link && look(true)) return vanished();
      if (info.is_regular() && same_identity(*old_child, info)) {
        child.kind = Kind::File;
        return false;
      }
    }
    child.end = kNoEntry;
    return true;
  }
  child.kind = watched ? Kind::Special : Kind::Ignored;
  set_identity(child, StatInfo{});
  child.hash = {type, 0};
  return false;
}

void Scanner::hash_children(DirTask& task, uint32_t begin, uint32_t end, Worker& worker) {
  std::string& path = worker.path;
  path.clear();
  append_path(task, path);
  if (!path.empty()) path += '/';
  size_t prefix = path.size();
  for (uint32_t i = begin; i < end; ++i) {
    Entry& child = task.children[i];
    if (child.end != kNoEntry) continue;
    child.end = 0;
    path.resize(prefix);
    path.append(task.name(child));
    open_file(task.run->fd.get(), path.c_str(), child, &task, worker);
  }
}

void Scanner::rehash(RootRun& run, uint32_t begin, uint32_t end, Worker& worker) {
  // Names and parents are the same in both; the copy is in memory.
  const BlockView view = run.copy ? run.copy->view() : run.old;
  for (uint32_t i = begin; i < end; ++i) {
    std::string path = view.path(run.rehash[i]);
    open_file(run.fd.get(), path.c_str(), run.in_place[run.rehash[i]], nullptr, worker);
  }
}

}  // namespace fbuild::stamp
