#include "stamp/diff.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace fbuild::stamp {

namespace {

bool same_stat(const Entry& a, const Entry& b) {
  return a.mtime == b.mtime && a.ctime == b.ctime && a.size == b.size && a.inode == b.inode &&
         a.device == b.device;
}

class Differ {
 public:
  Differ(const BlockView& before, Block& now, const DiffOptions& options, DiffResult& result)
      : before_(before), now_(now), view_(now.view()), options_(options), result_(result) {}

  // One entry that is there both times under the same name.
  void pair(const Entry& old, Entry& entry) {
    bool stat_same = same_stat(old, entry);
    bool value_same = value_of(old) == value_of(entry) && old.kind == entry.kind;
    bool own = entry.kind == Kind::Directory && entry.inode == options_.own_inode &&
               entry.device == options_.own_device && options_.own_inode;
    entry.changed = value_same ? old.changed : options_.generation;
    entry.touched = stat_same && value_same ? old.touched : options_.generation;
    if (own && value_same) entry.touched = old.touched;
    entry.sealed_mtime = value_same ? old.sealed_mtime : 0;
    if (stat_same && value_same && old.flags == entry.flags) return;
    if (!own || !value_same) {
      result_.stored = true;
      if (!stat_same || !value_same) result_.touched = true;
    }
    if (!value_same) result_.content = true;
    bool listed = entry.kind != Kind::Directory || old.kind != Kind::Directory;
    if (listed && value_of(old) != value_of(entry)) add(value_of(old), value_of(entry));
  }

  // The children of a directory that is there both times.
  void children(uint32_t old_index, uint32_t index) {
    uint32_t old_at = old_index + 1,
             old_end = std::min(before_.entries[old_index].end, before_.count);
    uint32_t at = index + 1, end = now_.entries[index].end;
    bool listing_changed = false;
    while (old_at < old_end || at < end) {
      int order = old_at >= old_end ? 1 : at >= end ? -1 : 0;
      if (order == 0) {
        int compared = before_.name(before_.entries[old_at]).compare(view_.name(now_.entries[at]));
        order = compared < 0 ? -1 : compared > 0;
      }
      if (++seen_ % g_give_back_step == 0) before_.give_back();
      size_t prefix = path_.size();
      enter(order < 0 ? before_.name(before_.entries[old_at]) : view_.name(now_.entries[at]));
      if (order < 0) {
        removed(old_at);
        listing_changed = true;
        old_at = next(before_, old_at);
      } else if (order > 0) {
        added(at);
        listing_changed = true;
        at = now_.entries[at].end;
      } else {
        const Entry& old = before_.entries[old_at];
        Entry& entry = now_.entries[at];
        bool both = old.kind == Kind::Directory && entry.kind == Kind::Directory;
        if (old.kind == Kind::Directory && !both) removed_below(old_at);
        pair(old, entry);
        if (both) {
          children(old_at, at);
        } else if (entry.kind == Kind::Directory) {
          added_below(at);
        }
        old_at = next(before_, old_at);
        at = entry.end;
      }
      path_.resize(prefix);
    }
    if (listing_changed) {
      now_.entries[index].changed = now_.entries[index].touched = options_.generation;
      result_.stored = result_.touched = true;
    }
  }

 private:
  static uint32_t next(const BlockView& view, uint32_t at) {
    return std::max(at + 1, view.entries[at].end);
  }
  void add(const Value& before, const Value& after) {
    if (!options_.list_changes) return;
    if (result_.changes.size() < kMostSnapshotRows) {
      result_.changes.push_back({path_, before, after});
    } else {
      result_.too_many = true;
    }
  }
  void enter(std::string_view name) {
    if (!path_.empty()) path_ += '/';
    path_.append(name);
  }
  template <class Visit>
  void below(const BlockView& view, uint32_t index, Visit visit) {
    uint32_t end = std::min(view.entries[index].end, view.count);
    for (uint32_t at = index + 1; at < end; at = next(view, at)) {
      size_t prefix = path_.size();
      enter(view.name(view.entries[at]));
      visit(at);
      path_.resize(prefix);
    }
  }
  void removed(uint32_t index) {
    const Entry& old = before_.entries[index];
    Value value = value_of(old);
    if (value.kind != Kind::None) {
      add(value, Value{});
      result_.content = true;
    }
    if (old.kind == Kind::Directory) removed_below(index);
  }
  void removed_below(uint32_t index) {
    below(before_, index, [&](uint32_t at) { removed(at); });
  }
  void added(uint32_t index) {
    Entry& entry = now_.entries[index];
    entry.changed = entry.touched = options_.generation;
    entry.sealed_mtime = 0;
    Value value = value_of(entry);
    if (value.kind != Kind::None) {
      add(Value{}, value);
      result_.content = true;
    }
    if (entry.kind == Kind::Directory) added_below(index);
  }
  void added_below(uint32_t index) {
    below(view_, index, [&](uint32_t at) { added(at); });
  }

  const BlockView& before_;
  Block& now_;
  BlockView view_;
  const DiffOptions& options_;
  DiffResult& result_;
  std::string path_;
  uint32_t seen_ = 0;
};

// Whether two blocks have the same names in the same places.
bool same_shape(const BlockView& before, const Block& now) {
  if (before.count != now.entries.size() || before.names_size != now.names.size() ||
      std::memcmp(before.names, now.names.data(), now.names.size()) != 0)
    return false;
  for (uint32_t i = 0; i < before.count; ++i) {
    const Entry &a = before.entries[i], &b = now.entries[i];
    if (a.parent != b.parent || a.end != b.end || a.name_offset != b.name_offset ||
        a.name_size != b.name_size || (a.kind == Kind::Directory) != (b.kind == Kind::Directory))
      return false;
    if (i % g_give_back_step == 0) before.give_back();
  }
  return true;
}

}  // namespace

DiffResult diff_blocks(const BlockView& before, Block& now, const DiffOptions& options) {
  DiffResult result;
  if (now.entries.empty()) return result;
  if (before.count == 0) {
    for (Entry& entry : now.entries) {
      entry.changed = entry.touched = options.generation;
      entry.sealed_mtime = 0;
    }
    result.content = result.touched = result.stored = true;
    return result;
  }
  if (same_shape(before, now)) {
    for (uint32_t i = 0; i < before.count; ++i) {
      if (i % g_give_back_step == 0) before.give_back();
      Entry& entry = now.entries[i];
      const Entry& old = before.entries[i];
      if (same_stat(old, entry) && old.kind == entry.kind && old.hash == entry.hash &&
          old.flags == entry.flags)
        continue;
      size_t known = result.changes.size();
      Differ(before, now, options, result).pair(old, entry);
      if (result.changes.size() == known) continue;
      if (i == 0) {
        result.changes.clear();
      } else {
        result.changes.back().path = now.view().path(i);
      }
    }
    return result;
  }
  Differ differ(before, now, options, result);
  differ.pair(before.entries[0], now.entries[0]);
  result.changes.clear();  // the root itself is no item
  differ.children(0, 0);
  before.give_back();
  return result;
}

DiffResult diff_file(const Entry& before, Entry& now, std::string_view path,
                     const DiffOptions& options) {
  DiffResult result;
  Block none;
  Differ(BlockView{}, none, options, result).pair(before, now);
  for (Change& change : result.changes) change.path = path;
  return result;
}

namespace {

bool add_value(Hasher& hasher, const Entry& entry) {
  Value value = value_of(entry);
  hasher.add_u64s({static_cast<uint64_t>(value.kind), value.size, value.hash.low, value.hash.high});
  return value.kind == Kind::Unreadable;
}

}  // namespace

Hash128 root_digest(const BlockView& view, bool& poisoned) {
  Hasher hasher;
  poisoned = false;
  std::string path;
  struct Level {
    uint32_t directory;
    size_t size;
  };
  std::vector<Level> stack;
  for (uint32_t i = 0; i < view.count; ++i) {
    const Entry& entry = view.entries[i];
    if (i) {
      while (stack.size() > 1 && stack.back().directory != entry.parent) stack.pop_back();
      path.resize(stack.empty() ? 0 : stack.back().size);
      if (!path.empty()) path += '/';
      path.append(view.name(entry));
    }
    if (entry.kind == Kind::Directory) {
      stack.push_back({i, path.size()});
      continue;
    }
    // A root that is not there is like an empty one.
    if (value_of(entry).kind == Kind::None || entry.kind == Kind::Missing) continue;
    hasher.add_sized(path);
    poisoned |= add_value(hasher, entry);
  }
  return hasher.finish();
}

Hash128 file_digest(const Entry& entry, bool& poisoned) {
  Hasher hasher;
  // Directories and whatever else is no value are looked at as "not there".
  poisoned = add_value(hasher, entry);
  return hasher.finish();
}

void update_snapshots(Catalog& catalog, RootState& root, const Hash128& before,
                      const Hash128& after, const DiffResult& changed, bool sealed) {
  if (before == after) return;
  if (changed.too_many) {
    root.snapshots.clear();
    return;
  }
  if (sealed && std::none_of(root.snapshots.begin(), root.snapshots.end(),
                             [&](const Snapshot& s) { return s.digest == before; }))
    root.snapshots.push_back({before, {}});
  for (Snapshot& snapshot : root.snapshots) {
    std::map<std::string_view, Value> rows;
    for (const SnapshotRow& row : snapshot.rows) rows.emplace(row.path, row.value);
    for (const Change& change : changed.changes) {
      auto it = rows.find(change.path);
      if (it == rows.end()) {
        rows.emplace(catalog.keep(change.path), change.before);
      } else if (it->second == change.after) {
        rows.erase(it);  // back to what it was then
      }
    }
    snapshot.rows.clear();
    for (const auto& [path, value] : rows) snapshot.rows.push_back({path, value});
  }
  std::erase_if(root.snapshots,
                [](const Snapshot& s) { return s.rows.size() > kMostSnapshotRows; });
}

}  // namespace fbuild::stamp
