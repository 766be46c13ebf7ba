#include "stamp/watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "stamp/clock.h"
#include "stamp/definitions_file.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild::stamp {

namespace {

// How long a writer waits for another one; writing takes milliseconds.
constexpr double kLockSeconds = 30;

// What had not reached the disk this long before a crash may be gone after it, with the
// times it had.
constexpr int64_t kUnsyncedSpan = int64_t{120} * 1000000000;

}  // namespace

Session::Session(std::string table, bool use_table)
    : path_(std::move(table)), use_table_(use_table), catalog_(new Catalog) {}

Session::~Session() = default;

void Session::warn(std::string line) {
  if (!warned_) warnings_.push_back(std::move(line));
  warned_ = true;
}

std::vector<std::string> Session::take_warnings() {
  warned_ = false;
  return std::move(warnings_);
}

void Session::phase(const char* name) {
  int64_t now = boot_clock_now();
  if (name) phases_.push_back({name, now - phase_began_});
  phase_began_ = now;
}

bool Session::is_current() const {
  struct stat st;
  if (::stat(path_.c_str(), &st) != 0) return on_disk_.inode == 0;
  return on_disk_ == Identity{st.st_dev, st.st_ino, st.st_size};
}

void Session::load() {
  if (loaded_ && !stale_) return;
  reload();
}

void Session::reload() {
  file_.close();
  catalog_ = std::make_unique<Catalog>();
  loaded_ = true;
  stale_ = must_publish_ = false;
  totals_ = {};
  struct stat st;
  on_disk_ = {};
  if (::stat(path_.c_str(), &st) == 0) on_disk_ = {st.st_dev, st.st_ino, st.st_size};
  std::string reason;
  switch (file_.open(path_, *catalog_, reason)) {
    case TableFile::State::Good:
      totals_ = live_counters(file_, kLiveTotals);
      distrust_after_reboot();
      break;
    case TableFile::State::Missing:
      load_definitions();
      break;
    case TableFile::State::Damaged:
      fall_back(reason);
      break;
  }
  if (use_table_) return;
  // Only definitions and seals are believed.
  for (RootState& root : catalog_->roots) {
    root.known = false;
    root.view = {};
    root.fresh = nullptr;
    root.checked_ms = 0;
    root.snapshots.clear();  // differences from what is not believed
  }
  for (FileState& file : catalog_->files) file.entry = {};
}

void Session::fall_back(const std::string& reason) {
  warn(path_ + ": the watch table is not used: " + reason + "; checking everything");
  file_.close();
  catalog_ = std::make_unique<Catalog>();
  totals_ = {};
  load_definitions();
}

void Session::load_definitions() {
  Result<std::vector<std::pair<std::string, Definition>>> sets = read_definitions(path_ + ".sets");
  if (!sets) {
    warn(sets.error().text());
    return;
  }
  for (const auto& [name, definition] : *sets) define_set(*catalog_, name, definition);
}

// A file changed shortly before the machine went down may have come back with its old
// content under its new times. Whatever changed shortly before the table was written, in
// another boot, is therefore read again.
void Session::distrust_after_reboot() {
  // A boot that has no name might be any.
  if (catalog_->boot && catalog_->boot == boot_identity()) return;
  must_publish_ = true;
  int64_t from = catalog_->published - kUnsyncedSpan;
  for (RootState& root : catalog_->roots) {
    if (!root.known || !file_.verify_block(root)) continue;  // found out when it is used
    bool any = false;
    for (uint32_t i = 0; i < root.view.count && !any; ++i) any = root.view.entries[i].ctime >= from;
    if (!any) continue;
    own_block(root);
    for (Entry& entry : root.fresh->entries)
      if (entry.ctime >= from) entry.flags |= kRacy;
  }
  for (FileState& file : catalog_->files)
    if (file.entry.ctime >= from) file.entry.flags |= kRacy;
}

// Turns a root's mapped block into one that can be changed.
void Session::own_block(RootState& root) {
  if (root.fresh) return;
  root.fresh = copy_block(root.view);
  root.view = root.fresh->view();
}

Result<std::vector<size_t>> Session::find_sets(std::span<const std::string> names) {
  std::vector<size_t> out;
  for (const std::string& name : names) {
    const SetState* set = catalog_->find_set(name);
    if (!set) {
      std::vector<std::string> known;
      for (const SetState& s : catalog_->sets) known.emplace_back(s.name);
      std::string fix = did_you_mean(name, known);
      return Error{"there is no watch set '" + name + "'",
                   fix.empty() ? "make it with `fbuild-stamp define " + name + "`" : fix, path_};
    }
    out.push_back(static_cast<size_t>(set - catalog_->sets.data()));
  }
  return out;
}

Status Session::write_definitions_file() {
  std::vector<std::pair<std::string, Definition>> sets;
  for (const SetState& set : catalog_->sets)
    sets.emplace_back(set.name, definition_of(*catalog_, set));
  return write_definitions(path_ + ".sets", sets);
}

Status Session::publish() {
  if (!path_exists(path_ + ".sets"))
    if (Status status = write_definitions_file(); !status) return status;
  Counters totals = totals_;
  totals.add(run_);
  Status status = file_.publish(path_, *catalog_, totals, run_);
  if (status) stale_ = true;
  return status;
}

Status Session::change_table(const std::function<Status()>& change, bool definitions) {
  if (Status status = make_directories(std::string(dir_name(path_))); !status) return status;
  Result<Fd> lock = lock_table(path_, kLockSeconds);
  if (!lock) return lock.error();
  if (!loaded_ || stale_ || !is_current()) reload();
  if (Status status = change(); !status) return status;
  if (definitions) {
    // The copy first: of a table that gets lost, the newest definition must not be.
    if (Status status = write_definitions_file(); !status) return status;
  }
  return publish();
}

Status Session::define(const std::string& name, const Definition& definition) {
  std::pair<std::string, Definition> set(name, definition);
  return define_all({&set, 1});
}

Status Session::define_all(std::span<const std::pair<std::string, Definition>> sets) {
  warned_ = false;
  run_ = {};
  std::vector<Definition> canonical;
  for (const auto& [name, definition] : sets) {
    if (Status status = check_set_name(name); !status) return status;
    Result<Definition> made = canonical_definition(definition);
    if (!made) return made.error();
    canonical.push_back(std::move(*made));
  }
  auto is_same = [&](size_t i) {
    const SetState* set = catalog_->find_set(sets[i].first);
    return set && definition_of(*catalog_, *set) == canonical[i];
  };
  load();
  if (!is_current()) reload();
  bool all_same = file_.size() > 0 && path_exists(path_ + ".sets");
  for (size_t i = 0; i < sets.size() && all_same; ++i) all_same = is_same(i);
  if (all_same) return {};
  return change_table(
      [&]() -> Status {
        for (size_t i = 0; i < sets.size(); ++i)
          if (!is_same(i)) define_set(*catalog_, sets[i].first, canonical[i]);
        return {};
      },
      true);
}

Status Session::drop(const std::string& name) {
  warned_ = false;
  run_ = {};
  load();
  if (Result<std::vector<size_t>> found = find_sets({&name, 1}); !found) return found.error();
  return change_table(
      [&]() -> Status {
        drop_set(*catalog_, name);
        return {};
      },
      true);
}

Status Session::unseal(const std::string& name) {
  warned_ = false;
  run_ = {};
  load();
  Result<std::vector<size_t>> found = find_sets({&name, 1});
  if (!found) return found.error();
  const SetState& known = catalog_->sets[found->front()];
  if (is_current() && !known.seal.present && !known.checked) return {};
  return change_table([&]() -> Status {
    Result<std::vector<size_t>> again = find_sets({&name, 1});
    if (!again) return again.error();
    SetState& set = catalog_->sets[again->front()];
    set.seal = {};
    set.checked = false;
    return {};
  });
}

Status Session::clear() {
  warned_ = false;
  if (!path_exists(path_) && !path_exists(path_ + ".sets")) return {};
  Result<Fd> lock = lock_table(path_, kLockSeconds);
  if (!lock) return lock.error();
  file_.close();
  catalog_ = std::make_unique<Catalog>();
  loaded_ = false;
  for (const char* suffix : {".sets", ".sets.new", "", ".new"}) {
    std::string path = path_ + suffix;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return Error{"cannot remove: " + errno_text(errno), "", path};
  }
  return {};
}

std::vector<std::string> Session::set_names() {
  load();
  std::vector<std::string> out;
  for (const SetState& set : catalog_->sets) out.emplace_back(set.name);
  return out;
}

bool Session::has_set(std::string_view name) {
  load();
  return catalog_->find_set(name) != nullptr;
}

Result<Definition> Session::definition(const std::string& name) {
  load();
  Result<std::vector<size_t>> found = find_sets({&name, 1});
  if (!found) return found.error();
  return definition_of(*catalog_, catalog_->sets[found->front()]);
}

Status Session::mark(std::span<const std::string> names) {
  warned_ = false;
  load();
  Result<std::vector<size_t>> found = find_sets(names);
  if (!found) return found.error();
  bool needed = false;
  for (size_t i : *found)
    needed |= latest_touch(catalog_->sets[i]) > catalog_->sets[i].mark_generation;
  if (!needed) return {};
  // What changed after the state this session saw has a later generation than it.
  uint32_t seen = catalog_->generation;
  return change_table([&]() -> Status {
    Result<std::vector<size_t>> again = find_sets(names);
    if (!again) return again.error();
    for (size_t i : *again)
      catalog_->sets[i].mark_generation = std::max(catalog_->sets[i].mark_generation, seen);
    return {};
  });
}

TableStats Session::stats() {
  load();
  TableStats out;
  out.table_bytes = file_.size();
  out.generation = catalog_->generation;
  out.sets = catalog_->sets.size();
  out.roots = catalog_->roots.size();
  out.files = catalog_->files.size();
  out.entries = catalog_->files.size();
  for (RootState& root : catalog_->roots) {
    if (!root.known || !file_.verify_block(root)) continue;
    out.entries += root.view.count;
    for (uint32_t i = 0; i < root.view.count; ++i) {
      out.directories += root.view.entries[i].kind == Kind::Directory;
      out.files += root.view.entries[i].kind == Kind::File;
    }
  }
  out.totals = totals_;
  out.last = live_counters(file_, kLiveLast);
  return out;
}

}  // namespace fbuild::stamp
