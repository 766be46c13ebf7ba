#include "stamp/verify.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <span>
#include <utility>

#include "stamp/clock.h"
#include "stamp/nested.h"
#include "stamp/parallel.h"
#include "stamp/scan.h"
#include "support/files.h"

// Since Linux 5.14; before that it is an error that does not matter.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace fbuild::stamp {

namespace {

// An entry that is not what is remembered, and what there is to do about it.
enum class Suspicion : uint8_t { List, ListParent, Rehash };
struct Suspect {
  uint32_t run;
  uint32_t index;
  Suspicion what;
};

constexpr uint32_t kChunk = 256;
// A thread's start costs as much as some hundred stats.
constexpr size_t kEntriesPerThread = 1000;

struct Chunk {
  uint32_t run;
  uint32_t begin, end;
};

// Builds the paths of a block's entries one after another, from the one before.
class PathBuilder {
 public:
  explicit PathBuilder(const BlockView& view) : view_(view) {}

  // False when the block makes no sense.
  bool go_to(uint32_t index) {
    const Entry& entry = view_.entries[index];
    std::string_view name = view_.name(entry);
    if (index == 0) {
      path_.clear();
      return true;
    }
    if (entry.parent >= index || name.empty() || name.size() != entry.name_size) return false;
    while (!stack_.empty() && stack_.back().directory != entry.parent) stack_.pop_back();
    if (stack_.empty()) {
      path_ = view_.path(entry.parent);
    } else {
      path_.resize(stack_.back().size);
    }
    if (stack_.empty()) stack_.push_back({entry.parent, path_.size()});
    if (!path_.empty()) path_ += '/';
    path_.append(name);
    if (entry.kind == Kind::Directory) stack_.push_back({index, path_.size()});
    return true;
  }
  const char* c_str() const { return path_.c_str(); }

 private:
  struct Level {
    uint32_t directory;
    size_t size;
  };
  const BlockView& view_;
  std::string path_;
  std::vector<Level> stack_;
};

// Compares one entry with what is there. True when it is as remembered.
bool as_remembered(const Entry& entry, int dir, const char* path, Counters& counters,
                   Suspicion& what) {
  StatInfo info;
  ++counters.files_statted;
  switch (entry.kind) {
    case Kind::File: {
      int error_number = stat_path(dir, path, true, info);
      if (!error_number && same_identity(entry, info) && !entry.racy()) return true;
      what = !error_number && info.is_regular() ? Suspicion::Rehash : Suspicion::ListParent;
      return false;
    }
    case Kind::Directory: {
      int error_number = stat_path(dir, path, true, info);
      if (!error_number && info.is_directory() && same_identity(entry, info) && !entry.racy())
        return true;
      bool simple = !error_number && info.is_directory() && !(entry.flags & kThroughLink);
      what = simple ? Suspicion::List : Suspicion::ListParent;
      return false;
    }
    case Kind::Dangling: {
      what = Suspicion::ListParent;
      if (stat_path(dir, path, true, info) == 0) return false;
      return stat_path(dir, path, false, info) == 0 && same_identity(entry, info);
    }
    case Kind::Loop:
      what = Suspicion::ListParent;
      return stat_path(dir, path, true, info) == 0 && info.is_directory() &&
             info.inode == entry.inode && info.device == entry.device;
    case Kind::Special:
      what = Suspicion::ListParent;
      return stat_path(dir, path, true, info) == 0 && IFTODT(info.mode) == entry.hash.low;
    case Kind::Ignored:
      what = Suspicion::ListParent;
      return stat_path(dir, path, true, info) != 0 || !info.is_directory();
    case Kind::None:
    case Kind::Unreadable:
    case Kind::Missing:
      break;
  }
  what = Suspicion::ListParent;
  return false;
}

// A single file's entry, made anew. Only for what as_remembered() doubts.
void look_at_file(FileState& file, ReadBuffer& buffer, VerifyResult& result) {
  Entry& entry = file.entry;
  const std::string text(file.path);
  const char* path = text.c_str();
  auto set = [&](Kind kind, Hash128 hash, uint64_t size) {
    set_identity(entry, StatInfo{});
    entry.kind = kind;
    entry.hash = hash;
    entry.size = size;
    entry.flags = 0;
  };
  StatInfo info;
  int error_number = stat_path(AT_FDCWD, path, true, info);
  if (error_number) {
    StatInfo link;
    char target[4097];
    if (stat_path(AT_FDCWD, path, false, link) == 0 && link.is_link()) {
      ssize_t n = ::readlink(path, target, sizeof target);
      set(Kind::Dangling, hash_bytes(target, n > 0 ? static_cast<size_t>(n) : 0), 0);
      set_identity(entry, link);
    } else if (error_number == ENOENT || error_number == ENOTDIR) {
      set(Kind::Missing, {}, 0);
    } else {
      set(Kind::Unreadable, {}, static_cast<uint64_t>(error_number));
    }
    return;
  }
  if (!info.is_regular()) {
    if (info.is_directory()) {
      set(Kind::Unreadable, {}, EISDIR);
    } else {
      set(Kind::Special, {IFTODT(info.mode), 0}, 0);
    }
    return;
  }
  HashOutcome outcome = hash_file(AT_FDCWD, path, entry, buffer, result.counters, result.unstable);
  if (outcome == HashOutcome::Gone || outcome == HashOutcome::NotFile) {
    set(Kind::None, {}, 0);
    result.moving = true;
  }
}

// Puts a root's block together from what stays of the old one and what was listed anew.
class Assembler {
 public:
  Assembler(RootRun& run, Scanner& scanner, Block& out) : run_(run), scanner_(scanner), out_(out) {}

  // The latest ctime of what was listed.
  int64_t latest() const { return latest_; }

  bool assemble() {
    if (run_.tasks.size() && run_.suspects[0] == kNoEntry) {
      emit_task(*run_.tasks[0], 0, "");
    } else {
      emit_old(0, 0);
    }
    return good_;
  }

 private:
  uint32_t push(const Entry& entry, uint32_t parent, std::string_view name) {
    uint32_t index = static_cast<uint32_t>(out_.entries.size());
    if (out_.entries.size() >= kNoEntry - 1 || out_.names.size() > UINT32_MAX - name.size()) {
      good_ = false;
      return index;
    }
    if (out_.entries.size() == ready_) prepare();
    Entry& copy = out_.entries.emplace_back(entry);
    copy.parent = parent;
    copy.end = index + 1;
    copy.name_offset = static_cast<uint32_t>(out_.names.size());
    copy.name_size = static_cast<uint16_t>(name.size());
    out_.names.append(name);
    return index;
  }

  // Asks for the next pages of the new block in one call instead of a fault for each. Only
  // the next ones: what it replaces has not been given back yet.
  void prepare() {
    run_.old.give_back();
    constexpr size_t kAtOnce = 512 * 1024;
    size_t room = (out_.entries.capacity() - ready_) * sizeof(Entry);
    size_t size = std::min(kAtOnce, room);
    uintptr_t begin = reinterpret_cast<uintptr_t>(out_.entries.data() + ready_);
    uintptr_t page = (begin + 4095) & ~uintptr_t{4095};
    uintptr_t end = (begin + size) & ~uintptr_t{4095};
    if (page < end) (void)::madvise(reinterpret_cast<void*>(page), end - page, MADV_POPULATE_WRITE);
    ready_ += std::max<size_t>(1, size / sizeof(Entry));
  }

  void emit_task(DirTask& task, uint32_t parent, std::string_view name) {
    if (task.gone) return;
    if (task.disturbed) task.self->flags |= kRacy;
    latest_ = std::max(latest_, task.self->ctime);
    uint32_t index = push(*task.self, parent, name);
    for (const Entry& child : std::span(task.children, task.count)) {
      if (child.parent) {
        emit_task(scanner_.task(child.parent - 1), index, task.name(child));
        continue;
      }
      if (child.kind == Kind::None) continue;
      if (child.kind == Kind::Directory) {
        emit_old(child.end, index);
        continue;
      }
      latest_ = std::max(latest_, child.ctime);
      push(child, index, task.name(child));
    }
    // Used up: the second copy grows as the first one goes. (A damaged block can lead here
    // twice; it then finds an empty directory.)
    ArenaPieces::release(std::exchange(task.piece, nullptr));
    task.count = 0;
    out_.entries[index].end = static_cast<uint32_t>(out_.entries.size());
  }

  void emit_old(uint32_t old_index, uint32_t parent) {
    const BlockView& old = run_.old;
    if (old_index >= old.count) {
      good_ = false;
      return;
    }
    const Entry& entry = old.entries[old_index];
    auto next = std::lower_bound(run_.suspects.begin(), run_.suspects.end(), old_index);
    if (next != run_.suspects.end() && *next == old_index) {
      emit_task(*run_.tasks[static_cast<size_t>(next - run_.suspects.begin())], parent,
                old.name(entry));
      return;
    }
    uint32_t end = std::min(entry.end, old.count);
    uint32_t index = push(entry, parent, old.name(entry));
    if (next == run_.suspects.end() || *next >= end) {
      // Nothing below was listed anew: copied as it is, moved by a constant.
      uint32_t by = index - old_index;
      for (uint32_t i = old_index + 1; i < end && good_; ++i) {
        const Entry& below = old.entries[i];
        uint32_t at = push(below, below.parent + by, old.name(below));
        if (good_) out_.entries[at].end = below.end + by;
      }
    } else {
      for (uint32_t i = old_index + 1; i < end && good_;) {
        const Entry& below = old.entries[i];
        if (below.kind == Kind::Directory) {
          emit_old(i, index);
        } else {
          push(below, index, old.name(below));
        }
        if (below.end <= i) good_ = false;
        i = below.end;
      }
    }
    if (good_) out_.entries[index].end = static_cast<uint32_t>(out_.entries.size());
  }

  RootRun& run_;
  Scanner& scanner_;
  Block& out_;
  size_t ready_ = 0;  // up to which entry of the new block there are pages
  int64_t latest_ = INT64_MIN;
  bool good_ = true;
};

void open_root(RootRun& run) {
  std::string path(run.state->path);
  run.fd.reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  run.open_error = run.fd ? 0 : errno;
  run.old = run.state->known || run.state->fresh ? run.state->view : BlockView{};
}

void make_filter(RootRun& run, const VerifyOptions& options) {
  run.filter = std::make_unique<Filter>(run.state->extensions, run.state->excludes);
  std::string root = absolute_path(run.state->path);
  std::string directory(dir_name(options.table)), name(base_name(options.table));
  std::string prefix = root == "/" ? root : root + "/";
  if (directory == root) {
    run.filter->set_table("", name);
  } else if (directory.compare(0, prefix.size(), prefix) == 0) {
    run.filter->set_table(directory.substr(prefix.size()), name);
  }
}

// Sorts a root's suspects into directories to list and files to hash.
bool plan_root(RootRun& run, const std::vector<Suspect>& suspects, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    const Suspect& s = suspects[i];
    if (s.index >= run.old.count) return false;
    if (s.what == Suspicion::List || s.index == 0) run.suspects.push_back(s.index);
    if (s.what == Suspicion::ListParent && s.index != 0)
      run.suspects.push_back(run.old.entries[s.index].parent);
  }
  std::sort(run.suspects.begin(), run.suspects.end());
  run.suspects.erase(std::unique(run.suspects.begin(), run.suspects.end()), run.suspects.end());
  for (uint32_t index : run.suspects)
    if (index >= run.old.count) return false;
  for (size_t i = begin; i < end; ++i) {
    const Suspect& s = suspects[i];
    if (s.what != Suspicion::Rehash || s.index == 0) continue;
    if (!std::binary_search(run.suspects.begin(), run.suspects.end(),
                            run.old.entries[s.index].parent))
      run.rehash.push_back(s.index);
  }
  return true;
}

bool same_contents(const BlockView& a, const BlockView& b) {
  if (a.count != b.count || a.names_size != b.names_size) return false;
  for (uint32_t i = 0; i < a.count; ++i) {
    if (!same_look(a.entries[i], b.entries[i]) || a.name(a.entries[i]) != b.name(b.entries[i]) ||
        a.entries[i].parent != b.entries[i].parent)
      return false;
    if (i % g_give_back_step == 0) a.give_back();
  }
  return true;
}

// The outcome of a root's listing and hashing, put where the next pass finds it. False:
// the old block makes no sense.
bool update_root(RootRun& run, Scanner& scanner, VerifyResult& result) {
  RootState& root = *run.state;
  for (uint32_t index : run.rehash)
    result.latest = std::max(result.latest, run.in_place[index].ctime);
  auto take = [&](std::unique_ptr<Block> block) {
    root.fresh = std::move(block);
    root.view = root.fresh->view();
    run.old = {};
  };
  if (run.suspects.empty()) {
    if (run.copy) take(std::move(run.copy));
    return true;
  }
  const BlockView before = run.old;
  before.give_back();
  // What was hashed in place lies in the copy, so that assembling needs only one source.
  if (run.copy) run.old = run.copy->view();
  auto block = std::make_unique<Block>();
  // More than is needed, most often; but only what is used takes up memory.
  block->entries.reserve(run.old.count + run.found + 1);
  block->names.reserve(run.old.names_size + run.found_names);
  Assembler assembler(run, scanner, *block);
  if (!assembler.assemble() || block->entries.empty()) return false;
  run.copy = nullptr;
  result.latest = std::max(result.latest, assembler.latest());
  result.differs |= !same_contents(before, block->view());
  before.give_back();
  take(std::move(block));
  return true;
}

// Single files are few, but some of them, compilers, are large: each thread takes the next.
void look_at_files(std::span<FileState* const> files, std::span<const Suspect> suspects,
                   unsigned threads, VerifyResult& result) {
  constexpr size_t kFilesPerThread = 8;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  auto look = [&](unsigned) {
    ReadBuffer buffer;
    VerifyResult own;
    for (size_t at; (at = next.fetch_add(1)) < suspects.size();) {
      FileState& file = *files[suspects[at].index];
      Entry before = file.entry;
      look_at_file(file, buffer, own);
      own.latest = std::max(own.latest, file.entry.ctime);
      own.differs |= !same_look(before, file.entry);
    }
    std::lock_guard<std::mutex> lock(mutex);
    result.counters.add(own.counters);
    result.moving |= own.moving;
    result.unstable |= own.unstable;
    result.differs |= own.differs;
    result.latest = std::max(result.latest, own.latest);
  };
  run_parallel(
      static_cast<unsigned>(std::min<size_t>(threads, 1 + suspects.size() / kFilesPerThread)),
      look);
}

VerifyResult look_at_all(std::span<RootState* const> roots, std::span<FileState* const> files,
                         const VerifyOptions& options) {
  VerifyResult result;
  std::vector<RootRun> runs(roots.size());
  std::vector<Chunk> chunks;
  size_t total = files.size();
  for (uint32_t r = 0; r < roots.size(); ++r) {
    runs[r].state = roots[r];
    open_root(runs[r]);
    for (uint32_t at = 0; at < runs[r].old.count; at += kChunk)
      chunks.push_back({r, at, std::min(at + kChunk, runs[r].old.count)});
    total += runs[r].old.count;
  }
  uint32_t file_count = static_cast<uint32_t>(files.size());
  for (uint32_t at = 0; at < file_count; at += kChunk)
    chunks.push_back({kNoEntry, at, std::min(at + kChunk, file_count)});

  // Stat everything.
  std::vector<Suspect> suspects;
  std::mutex mutex;
  std::atomic<size_t> next{0};
  std::atomic<bool> damaged{false};
  auto stat_chunks = [&](unsigned) {
    std::vector<Suspect> found;
    Counters counters;
    std::string file_path;
    for (;;) {
      size_t at = next.fetch_add(1);
      if (at >= chunks.size()) break;
      const Chunk& chunk = chunks[at];
      Suspicion what;
      if (chunk.run == kNoEntry) {
        for (uint32_t i = chunk.begin; i < chunk.end; ++i) {
          file_path.assign(files[i]->path);
          if (!as_remembered(files[i]->entry, AT_FDCWD, file_path.c_str(), counters, what))
            found.push_back({kNoEntry, i, what});
        }
        continue;
      }
      RootRun& run = runs[chunk.run];
      PathBuilder path(run.old);
      for (uint32_t i = chunk.begin; i < chunk.end; ++i) {
        if (!path.go_to(i)) {
          damaged = true;
          break;
        }
        const Entry& entry = run.old.entries[i];
        if (i == 0 && run.open_error) {
          if (entry.kind != Kind::Missing || run.open_error != ENOENT)
            found.push_back({chunk.run, 0, Suspicion::List});
          continue;
        }
        if (run.open_error) continue;
        if (!as_remembered(entry, run.fd.get(), path.c_str(), counters, what))
          found.push_back({chunk.run, i, what});
      }
    }
    std::lock_guard<std::mutex> lock(mutex);
    suspects.insert(suspects.end(), found.begin(), found.end());
    result.counters.add(counters);
  };
  unsigned threads =
      static_cast<unsigned>(std::min<size_t>(options.threads, 1 + total / kEntriesPerThread));
  run_parallel(threads, stat_chunks);
  if (damaged) {
    result.damaged = true;
    return result;
  }

  // Look closer at what is new or no longer as it was.
  std::sort(suspects.begin(), suspects.end(), [](const Suspect& a, const Suspect& b) {
    return a.run != b.run ? a.run < b.run : a.index < b.index;
  });
  Scanner scanner(options.threads);
  size_t at = 0;
  for (uint32_t r = 0; r < runs.size(); ++r) {
    RootRun& run = runs[r];
    size_t end = at;
    while (end < suspects.size() && suspects[end].run == r) ++end;
    if (run.old.count == 0) {
      make_filter(run, options);
      run.suspects.push_back(kNoEntry);
      run.tasks.push_back(scanner.add_directory(run, kNoEntry));
    } else if (end > at) {
      make_filter(run, options);
      if (!plan_root(run, suspects, at, end)) {
        result.damaged = true;
        return result;
      }
      for (uint32_t index : run.suspects) run.tasks.push_back(scanner.add_directory(run, index));
      scanner.add_rehash(run);
    }
    at = end;
  }
  result.updated = !suspects.empty();
  for (RootRun& run : runs) result.updated |= run.old.count == 0;
  if (!result.updated) return result;

  ScanResult scanned = scanner.run();
  result.counters.add(scanned.counters);
  result.moving |= scanned.moving;
  result.unstable |= scanned.unstable;
  result.differs |= scanned.differs;
  for (const DirTask& task : scanner.tasks()) {
    task.run->found += task.count;
    task.run->found_names += task.names_size;
  }
  for (RootRun& run : runs)
    if (!update_root(run, scanner, result)) result.damaged = true;
  look_at_files(files, std::span(suspects).subspan(at), options.threads, result);
  return result;
}

void add(VerifyResult& result, const VerifyResult& more) {
  result.counters.add(more.counters);
  result.updated |= more.updated;
  result.moving |= more.moving;
  result.differs |= more.differs;
  result.latest = std::max(result.latest, more.latest);
  result.unstable |= more.unstable;
  result.damaged |= more.damaged;
}

}  // namespace

VerifyResult verify(std::span<RootState* const> roots, std::span<FileState* const> files,
                    const VerifyOptions& options) {
  std::vector<uint32_t> outer = find_outer_roots(roots);
  std::vector<RootState*> own;
  for (size_t i = 0; i < roots.size(); ++i)
    if (outer[i] == kNotNested) own.push_back(roots[i]);
  VerifyResult result = look_at_all(own, files, options);
  if (result.damaged || own.size() == roots.size()) return result;
  std::vector<RootState*> left;
  for (size_t i = 0; i < roots.size(); ++i) {
    if (outer[i] == kNotNested) continue;
    TakenFromOuter taken = take_from_outer(*roots[i], *roots[outer[i]]);
    if (taken == TakenFromOuter::NotThere) left.push_back(roots[i]);
    if (taken == TakenFromOuter::Changed) result.updated = result.differs = true;
  }
  if (!left.empty()) add(result, look_at_all(left, {}, options));
  return result;
}

}  // namespace fbuild::stamp
