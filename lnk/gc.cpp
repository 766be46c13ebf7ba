#include "lnk/gc.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "lnk/fetch.h"
#include "lnk/fetch_options.h"
#include "lnk/lease.h"
#include "lnk/pin.h"
#include "lnk/process_tag.h"
#include "lnk/witness.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr uint64_t kLeastBudget = uint64_t{4} << 30;
constexpr time_t kPartialSeconds = 7 * 24 * 60 * 60;
constexpr time_t kElsewhereSeconds = 24 * 60 * 60;

constexpr const char* kKinds[] = {"blobs", "trees"};

time_t age(const std::string& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0 ? ::time(nullptr) - st.st_mtime : 0;
}

std::string lock_path(const Store& store, const std::string& name) {
  return store.root + "/locks/" + name;
}

// Runs `body` with the exclusive lock of `name`; false when somebody else has it.
template <class Body>
bool with_free_lock(const Store& store, const std::string& name, Body body) {
  Result<std::optional<FileLock>> lock =
      FileLock::take_if_free(lock_path(store, name), FileLock::Exclusive);
  if (!lock || !*lock) return false;
  body(**lock);
  return true;
}

int sweep_stages(const Store& store) {
  int swept = 0;
  Result<std::vector<DirEntry>> stages = list_directory(store.root + "/tmp");
  if (!stages) return 0;
  for (const DirEntry& stage : *stages) {
    std::string path = store.root + "/tmp/" + stage.name;
    TagState state = tag_state(std::string_view(stage.name).substr(0, stage.name.rfind('.')));
    if (state == TagState::Alive) continue;
    if (state == TagState::Elsewhere && age(path) < kElsewhereSeconds) continue;
    remove_folder(path);
    ++swept;
  }
  return swept;
}

int sweep_trash(const Store& store) {
  int swept = 0;
  Result<std::vector<DirEntry>> folders = list_directory(store.root + "/trash");
  if (!folders) return 0;
  for (const DirEntry& folder : *folders) {
    remove_folder(store.root + "/trash/" + folder.name);
    ++swept;
  }
  return swept;
}

// What partial downloads take on disk.
uint64_t partial_bytes(const Store& store) {
  uint64_t out = 0;
  Result<std::vector<DirEntry>> files = list_directory(store.root + "/partial");
  if (!files) return 0;
  for (const DirEntry& file : *files) {
    struct stat st;
    if (::lstat(partial_path(store, file.name).c_str(), &st) == 0)
      out += static_cast<uint64_t>(st.st_blocks) * 512;
  }
  return out;
}

// Partial downloads nobody came back for in so many seconds, and nobody works on.
int sweep_partials(const Store& store, time_t seconds) {
  int swept = 0;
  Result<std::vector<DirEntry>> files = list_directory(store.root + "/partial");
  if (!files) return 0;
  for (const DirEntry& file : *files) {
    std::string name = file.name;
    if (name.size() > 5 && name.compare(name.size() - 5, 5, ".from") == 0)
      name.resize(name.size() - 5);
    std::string path = partial_path(store, name);
    if (path_exists(path) && seconds > 0 && age(path) < seconds) continue;
    with_free_lock(store, name, [&](FileLock&) {
      if (path_exists(path) && seconds > 0 && age(path) < seconds) return;
      remove_partial(path);
      ++swept;
    });
  }
  return swept;
}

// Lock files of entries that are gone.
void sweep_locks(const Store& store) {
  Result<std::vector<DirEntry>> files = list_directory(store.root + "/locks");
  if (!files) return;
  auto needed = [&](const std::string& name) {
    for (const char* kind : {"blobs", "trees", "partial"})
      if (path_exists(store.root + "/" + kind + "/" + name)) return true;
    return false;
  };
  for (const DirEntry& file : *files) {
    if (needed(file.name)) continue;
    with_free_lock(store, file.name, [&](FileLock& lock) {
      if (!needed(file.name)) lock.remove_file();
    });
  }
}

uint64_t disk_size(const std::string& path) {
  struct statvfs fs;
  if (::statvfs(path.c_str(), &fs) != 0) return 0;
  return static_cast<uint64_t>(fs.f_blocks) * fs.f_frsize;
}

}  // namespace

Result<StoreContents> store_contents(const Store& store) {
  StoreContents out;
  for (const char* kind : kKinds) {
    std::string folder = store.root + "/" + kind;
    if (!is_directory(folder)) continue;
    Result<std::vector<DirEntry>> names = list_directory(folder);
    if (!names) return names.error();
    for (const DirEntry& name : *names) {
      StoredEntry entry;
      entry.path = folder + "/" + name.name;
      Result<EntryInfo> info = read_entry_info(entry.path);
      struct stat st;
      if (!info || ::stat((entry.path + "/info").c_str(), &st) != 0) {
        // Evicted while we looked, or damaged.
        if (path_exists(entry.path)) out.unreadable.push_back(entry.path);
        continue;
      }
      entry.info = std::move(*info);
      entry.used = st.st_mtim.tv_sec;
      entry.used_ns = st.st_mtim.tv_nsec;
      entry.leases = live_leases(entry.path);
      entry.pins = live_pins(entry.path);
      out.bytes += entry.info.disk;
      out.entries.push_back(std::move(entry));
    }
  }
  std::sort(out.entries.begin(), out.entries.end(), [](const StoredEntry& a, const StoredEntry& b) {
    return std::tie(a.used, a.used_ns, a.path) < std::tie(b.used, b.used_ns, b.path);
  });
  out.partial_bytes = partial_bytes(store);
  out.bytes += out.partial_bytes;
  return out;
}

Result<uint64_t> parse_budget(std::string_view text, const Store& store) {
  if (!text.empty() && text.back() == '%') {
    unsigned percent = 0;
    std::string_view digits = text.substr(0, text.size() - 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
    if (error != std::errc() || end != digits.data() + digits.size() || percent > 100)
      return Error{"\"" + std::string(text) + "\" is not a share of the disk",
                   "expected 0% to 100%"};
    return disk_size(store.root) / 100 * percent;
  }
  Result<uint64_t> bytes = parse_bytes(text);
  if (!bytes) return Error{bytes.error().what, "expected bytes as in 20G, or a share as in 10%"};
  return bytes;
}

Result<uint64_t> store_budget(const Store& store) {
  const char* value = std::getenv("FBUILD_CACHE_BUDGET");
  if (!value || !*value) return std::max(disk_size(store.root) / 10, kLeastBudget);
  Result<uint64_t> budget = parse_budget(value, store);
  if (!budget) return Error{"FBUILD_CACHE_BUDGET: " + budget.error().what, budget.error().fix};
  return budget;
}

Result<GcResult> collect_garbage(const Store& store, uint64_t budget) {
  if (!store.writable) return store.unwritable;
  GcResult out;
  out.swept = sweep_stages(store) + sweep_trash(store) + sweep_partials(store, kPartialSeconds);
  Result<StoreContents> contents = store_contents(store);
  if (!contents) return contents.error();
  for (const std::string& path : contents->unreadable) {
    with_free_lock(store, std::string(base_name(path)), [&](FileLock&) {
      if (!read_entry_info(path) && discard(store, path)) ++out.swept;
    });
  }
  out.before = out.after = contents->bytes;
  // What broke off can be fetched again, and must not keep a full disk full.
  if (out.after > budget && contents->partial_bytes > 0) {
    out.swept += sweep_partials(store, 0);
    out.after = out.after - contents->partial_bytes + partial_bytes(store);
  }
  for (const StoredEntry& entry : contents->entries) {
    if (out.after <= budget) break;
    bool evicted = false;
    with_free_lock(store, std::string(base_name(entry.path)), [&](FileLock&) {
      struct stat st;
      // Used since we looked: no longer the longest unused.
      if (::stat((entry.path + "/info").c_str(), &st) != 0 || st.st_mtim.tv_sec != entry.used ||
          st.st_mtim.tv_nsec != entry.used_ns)
        return;
      if (live_leases(entry.path) > 0 || live_pins(entry.path) > 0) return;
      evicted = static_cast<bool>(discard(store, entry.path));
    });
    if (evicted) {
      ++out.evicted;
      out.after -= std::min(out.after, entry.info.disk);
    } else {
      ++out.in_use;
    }
  }
  sweep_locks(store);
  return out;
}

Result<StoreVerdict> verify_store(const Store& store) {
  Result<StoreContents> contents = store_contents(store);
  if (!contents) return contents.error();
  StoreVerdict out;
  for (const std::string& path : contents->unreadable)
    out.problems.push_back(path + ": not a readable entry");
  for (const StoredEntry& entry : contents->entries) {
    ++out.entries;
    std::string name(base_name(entry.path));
    if (name.compare(0, 64, entry.info.sha256) != 0) {
      out.problems.push_back(entry.path + ": its name and its info disagree");
      continue;
    }
    Status status = verify_entry(entry.path, entry.info.kind, entry.info.sha256);
    if (!status) out.problems.push_back(status.error().text());
  }
  return out;
}

}  // namespace fbuild::lnk
