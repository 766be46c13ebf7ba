// What the gate asks of a session beyond clean or dirty: every watched file, what changed
// since it last looked, mtimes put back; and the table compared with the files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "stamp/clock.h"
#include "stamp/definitions_file.h"
#include "stamp/watch.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

constexpr double kLockSeconds = 30;

EntryInfo info_of(const Entry& entry, uint32_t mark) {
  EntryInfo info;
  info.kind = entry.kind;
  info.hash = entry.hash;
  info.size = entry.size;
  info.mtime = entry.mtime;
  info.ctime = entry.ctime;
  info.sealed_mtime = entry.sealed_mtime;
  info.changed_since_mark = entry.changed > mark;
  info.touched_since_mark = entry.touched > mark;
  return info;
}

bool counts(Kind kind) {
  return kind != Kind::None && kind != Kind::Directory && kind != Kind::Ignored;
}

}  // namespace

// A session that has looked stays with what it saw, even once that is published.
void Session::load_if_never() {
  if (!loaded_) reload();
}

Status Session::for_each_entry(const std::string& name,
                               const std::function<void(const EntryInfo&)>& visit) {
  load_if_never();
  Result<std::vector<size_t>> found = find_sets({&name, 1});
  if (!found) return found.error();
  const SetState& set = catalog_->sets[found->front()];
  visit_entries(set, 0, false, visit);
  return {};
}

Result<int64_t> Session::newest_time(const std::string& name) {
  load_if_never();
  Result<std::vector<size_t>> found = find_sets({&name, 1});
  if (!found) return found.error();
  const SetState& set = catalog_->sets[found->front()];
  int64_t newest = 0;
  auto look = [&](const Entry& entry) {
    // Of what was removed, the folder's time is all that tells.
    if (counts(entry.kind) || entry.kind == Kind::Directory)
      newest = std::max({newest, entry.mtime, entry.ctime});
  };
  for (const Ref& ref : set.refs) {
    if (ref.type == RefType::File) look(catalog_->files[ref.index].entry);
    if (ref.type != RefType::Root) continue;
    RootState& root = catalog_->roots[ref.index];
    if (!root.known || !file_.verify_block(root)) continue;
    for (uint32_t i = 0; i < root.view.count; ++i) look(root.view.entries[i]);
  }
  for (uint32_t index : set.artifacts) look(catalog_->files[index].entry);
  return newest;
}

Result<std::vector<EntryInfo>> Session::changed_since_mark(const std::string& name, bool touched) {
  load_if_never();
  Result<std::vector<size_t>> found = find_sets({&name, 1});
  if (!found) return found.error();
  const SetState& set = catalog_->sets[found->front()];
  std::vector<EntryInfo> out;
  visit_entries(set, set.mark_generation, touched, [&](const EntryInfo& info) {
    if (touched ? info.touched_since_mark : info.changed_since_mark) out.push_back(info);
  });
  return out;
}

// Roots in which nothing is later than `since` are passed over as a whole.
void Session::visit_entries(const SetState& set, uint32_t since, bool touched,
                            const std::function<void(const EntryInfo&)>& visit) {
  for (const Ref& ref : set.refs) {
    if (ref.type != RefType::Root) continue;
    RootState& root = catalog_->roots[ref.index];
    if (since && (touched ? root.touched : root.changed) <= since) continue;
    if (!root.known || !file_.verify_block(root)) continue;
    for (uint32_t i = 0; i < root.view.count; ++i) {
      const Entry& entry = root.view.entries[i];
      if (!counts(entry.kind)) continue;
      if (since && (touched ? entry.touched : entry.changed) <= since) continue;
      EntryInfo info = info_of(entry, set.mark_generation);
      info.path = normalize_path(join_path(root.path, root.view.path(i)));
      info.root = root.path;
      info.package = ref.package;
      visit(info);
    }
  }
  auto visit_file = [&](uint32_t index, bool artifact) {
    const FileState& file = catalog_->files[index];
    if (!counts(file.entry.kind)) return;
    if (since && (touched ? file.entry.touched : file.entry.changed) <= since) return;
    EntryInfo info = info_of(file.entry, set.mark_generation);
    info.path = file.path;
    info.artifact = artifact;
    visit(info);
  };
  for (const Ref& ref : set.refs)
    if (ref.type == RefType::File) visit_file(ref.index, false);
  for (uint32_t index : set.artifacts) visit_file(index, true);
}

bool Session::is_marked(const std::string& name) {
  load_if_never();
  const SetState* set = catalog_->find_set(name);
  return set && set->mark_generation != 0;
}

std::vector<std::string> Session::foreign_artifacts(const std::string& name) const {
  std::vector<std::string> out;
  const SetState* set = catalog_ ? catalog_->find_set(name) : nullptr;
  if (!set) return out;
  for (uint32_t index : set->artifacts) {
    const FileState& file = catalog_->files[index];
    if (file.entry.kind == Kind::Missing || file.entry.kind == Kind::None) continue;
    bool sealed = false;
    for (const SealedArtifact& artifact : set->seal.artifacts)
      sealed |=
          set->seal.present && artifact.path == file.path && artifact.value == value_of(file.entry);
    if (!sealed) out.emplace_back(file.path);
  }
  return out;
}

namespace {

// Takes a new stat over after we ourselves set the mtime. The content is read again at the
// next look, in case somebody wrote between our last look and now.
bool absorb(Entry& entry, const StatInfo& info) {
  if (entry.kind != Kind::File || entry.inode != info.inode || entry.device != info.device ||
      entry.size != info.size)
    return false;
  entry.mtime = info.mtime;
  entry.ctime = info.ctime;
  entry.flags |= kRacy;
  return true;
}

}  // namespace

Result<std::vector<std::string>> Session::set_mtimes(
    std::span<const std::pair<std::string, std::optional<int64_t>>> files) {
  std::vector<std::string> failed;
  if (files.empty()) return failed;
  warned_ = false;
  run_ = {};
  Status status = change_table([&]() -> Status {
    for (const auto& [path, mtime] : files) {
      timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
      if (mtime) {
        int64_t seconds = *mtime / 1000000000, rest = *mtime % 1000000000;
        if (rest < 0) {
          rest += 1000000000;
          --seconds;
        }
        times[1] = {seconds, rest};
      }
      StatInfo info;
      if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0 ||
          stat_path(AT_FDCWD, path.c_str(), true, info) != 0) {
        failed.push_back(path);
        continue;
      }
      std::string normal = normalize_path(path);
      for (FileState& file : catalog_->files)
        if (file.path == normal) absorb(file.entry, info);
      for (RootState& root : catalog_->roots) {
        if (!root.known || !file_.verify_block(root)) continue;
        std::string_view below = normal;
        if (root.path != "." || normal[0] == '/') {
          std::string prefix(root.path);
          if (prefix != "/") prefix += '/';
          if (!below.starts_with(prefix)) continue;
          below.remove_prefix(prefix.size());
        }
        own_block(root);
        if (std::optional<uint32_t> at = root.fresh->view().find(below))
          absorb(root.fresh->entries[*at], info);
      }
    }
    return {};
  });
  if (!status) return status.error();
  return failed;
}

Result<std::vector<std::string>> Session::verify_contents() {
  begin_call();
  std::vector<std::string> wrong;
  load();
  for (std::string& line : take_warnings()) wrong.push_back(std::move(line));
  if (Result<NamedDefinitions> copy = read_definitions(path_ + ".sets"); !copy)
    wrong.push_back(copy.error().text());
  ReadBuffer buffer;
  auto compare = [&](int dir, const std::string& path, const std::string& shown,
                     const Entry& entry) {
    StatInfo info;
    if (entry.kind != Kind::File || entry.racy()) return;
    if (stat_path(dir, path.c_str(), true, info) != 0 || !same_identity(entry, info)) return;
    Entry now;
    bool unstable = false;
    if (hash_file(dir, path.c_str(), now, buffer, run_, unstable) != HashOutcome::Hashed) return;
    if (!same_identity(entry, {now.size, now.mtime, now.ctime, now.inode, now.device, 0})) return;
    if (now.hash != entry.hash)
      wrong.push_back(shown + ": its content is not what the table says, though its stat is");
  };
  for (RootState& root : catalog_->roots) {
    if (!root.known) continue;
    std::string path(root.path);
    if (!file_.verify_block(root)) {
      wrong.push_back(path_ + ": the entries of " + path + " are damaged");
      continue;
    }
    bool poisoned;
    if (root_digest(root.view, poisoned) != root.digest)
      wrong.push_back(path_ + ": the digest of " + path + " is wrong");
    Fd dir(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!dir) continue;
    for (uint32_t i = 0; i < root.view.count; ++i)
      compare(dir.get(), root.view.path(i), join_path(path, root.view.path(i)),
              root.view.entries[i]);
  }
  for (const FileState& file : catalog_->files)
    compare(AT_FDCWD, std::string(file.path), std::string(file.path), file.entry);
  return wrong;
}

}  // namespace fbuild::stamp
