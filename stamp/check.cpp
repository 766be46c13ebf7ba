// Session::check and what it consists of: look at everything, work out what changed, judge
// the sets, store what was found.
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "stamp/clock.h"
#include "stamp/look.h"
#include "stamp/parallel.h"
#include "stamp/verify.h"
#include "stamp/watch.h"
#include "support/files.h"
#include "support/process.h"

namespace fbuild::stamp {

namespace {

// Looks at most this often at a tree that will not hold still.
constexpr int kMaxPasses = 6;

// What something looked like before the look, to compare with and to go back to.
struct Before {
  RootState* root;
  BlockView view;
  std::unique_ptr<Block> fresh;
};

}  // namespace

void Session::evaluate(const std::vector<size_t>& sets) {
  for (size_t i : sets) {
    for (const Ref& ref : catalog_->sets[i].refs) {
      if (ref.type == RefType::Env && !env_.contains(ref.name)) {
        std::string name(ref.name);
        const char* value = std::getenv(name.c_str());
        Hasher hasher;
        hasher.add_u64(value ? 1 : 0);
        if (value) hasher.add_sized(value);
        env_[name] = {hasher.finish(), false, value != nullptr};
      }
      if (ref.type == RefType::Command && !commands_.contains(ref.name)) {
        std::string line(ref.name);
        Result<ProcessOutput> output = run_shell(line);
        Hasher hasher;
        if (output) {
          hasher.add_u64(static_cast<uint64_t>(output->exit_status));
          hasher.add_sized(output->out);
        }
        commands_[line] = {hasher.finish(), !output, true};
      }
    }
  }
}

bool Session::look_once(const std::vector<size_t>& sets, const CheckOptions& options, Look& out) {
  Catalog& catalog = *catalog_;
  enum : uint8_t { kNot, kIfStale, kAlways };
  std::vector<uint8_t> want_root(catalog.roots.size(), kNot);
  std::vector<bool> want_file(catalog.files.size());
  for (size_t i : sets) {
    const SetState& set = catalog.sets[i];
    for (const Ref& ref : set.refs) {
      if (ref.type == RefType::Root) {
        uint8_t how = ref.package ? kIfStale : kAlways;
        want_root[ref.index] = std::max(want_root[ref.index], how);
      } else if (ref.type == RefType::File) {
        want_file[ref.index] = true;
      }
    }
    for (uint32_t index : set.artifacts) want_file[index] = true;
  }

  int64_t window = options.window ? *options.window : window_from_environment();
  uint64_t now_ms = static_cast<uint64_t>(boot_clock_now() / 1000000);
  std::vector<Before> before;
  std::vector<RootState*> roots;
  for (size_t i = 0; i < want_root.size(); ++i) {
    RootState& root = catalog.roots[i];
    if (want_root[i] == kNot) continue;
    if (want_root[i] == kIfStale && root.known) {
      if (window > 0 && root.checked_ms && root.checked_ms <= now_ms &&
          static_cast<int64_t>(now_ms - root.checked_ms) * 1000000 < window) {
        ++run_.hits;
        continue;
      }
      ++run_.stale;
    }
    if (!root.known) ++run_.misses;
    if (root.known && !file_.verify_block(root)) {
      fall_back("the entries of " + std::string(root.path) + " are damaged");
      return false;
    }
    before.push_back({&root, root.known ? root.view : BlockView{}, std::move(root.fresh)});
    roots.push_back(&root);
    out.roots.push_back(i);
  }
  std::vector<FileState*> files;
  std::vector<Entry> files_before;
  for (size_t i = 0; i < want_file.size(); ++i) {
    if (!want_file[i]) continue;
    files.push_back(&catalog.files[i]);
    files_before.push_back(catalog.files[i].entry);
  }

  VerifyOptions verify_options;
  verify_options.threads = options.threads ? options.threads : core_count();
  verify_options.table = absolute_path(path_);
  for (int pass = 0;; ++pass) {
    int64_t began = file_clock_now();
    VerifyResult result = verify(roots, files, verify_options);
    run_.add(result.counters);
    if (result.damaged || file_.was_cut()) {
      fall_back(file_.was_cut() ? "it was cut short while it was read"
                                : "its entries make no sense");
      return false;
    }
    out.unstable = result.unstable;
    // After the first look: did anything change since it began? After further ones: is
    // everything as the look before saw it? Then that was the state in between.
    bool again = result.moving || (pass == 0 ? result.latest >= began : result.differs);
    if (!again) break;
    if (pass + 1 == kMaxPasses) {
      out.unstable = true;
      break;
    }
  }
  phase("look");

  struct stat st;
  DiffOptions diff;
  diff.generation = catalog.generation + 1;
  if (::stat(std::string(dir_name(path_)).c_str(), &st) == 0) {
    diff.own_device = st.st_dev;
    diff.own_inode = st.st_ino;
  }
  for (Before& was : before) {
    RootState& root = *was.root;
    root.checked_ms = out.unstable ? 0 : now_ms;
    if (!root.fresh) {
      root.fresh = std::move(was.fresh);  // nothing about it is new
      continue;
    }
    bool sealed = root.known && is_sealed(root.digest);
    diff.list_changes = sealed || !root.snapshots.empty();
    DiffResult changed = diff_blocks(was.view, *root.fresh, diff);
    if (!changed.stored && root.known) {
      root.fresh = std::move(was.fresh);
      root.view = was.view;
      continue;
    }
    out.store = true;
    ++run_.puts;
    if (changed.content || !root.known) {
      Hash128 old = root.digest;
      root.digest = root_digest(root.view, root.poisoned);
      root.changed = diff.generation;
      if (root.known) update_snapshots(catalog, root, old, root.digest, changed, sealed);
    }
    if (changed.touched || !root.known) root.touched = diff.generation;
    root.known = true;
  }
  for (size_t i = 0; i < files.size(); ++i) {
    Entry& entry = files[i]->entry;
    if (std::memcmp(&entry, &files_before[i], sizeof entry) == 0) continue;
    DiffResult changed = diff_file(files_before[i], entry, files[i]->path, diff);
    if (!changed.stored) continue;
    out.store = true;
  }
  if (out.unstable) out.store = true;
  judge(sets, out);
  phase("judge");
  return true;
}

bool Session::is_sealed(const Hash128& root_digest) const {
  for (const SetState& set : catalog_->sets)
    for (const SealedRef& ref : set.seal.refs)
      if (ref.type == RefType::Root && ref.digest == root_digest) return true;
  return false;
}

uint32_t Session::latest_touch(const SetState& set) const {
  uint32_t latest = 0;
  for (const Ref& ref : set.refs) {
    if (ref.type == RefType::Root) latest = std::max(latest, catalog_->roots[ref.index].touched);
    if (ref.type == RefType::File)
      latest = std::max(latest, catalog_->files[ref.index].entry.touched);
  }
  return latest;
}

Hash128 Session::ref_digest(const Ref& ref, bool& poisoned) const {
  switch (ref.type) {
    case RefType::Root:
      poisoned |= catalog_->roots[ref.index].poisoned;
      return catalog_->roots[ref.index].digest;
    case RefType::File: {
      if (file_digests_.size() <= ref.index) file_digests_.resize(catalog_->files.size());
      const Entry& entry = catalog_->files[ref.index].entry;
      FileDigest& known = file_digests_[ref.index];
      if (!known.made || std::memcmp(&known.entry, &entry, sizeof entry) != 0) {
        known.entry = entry;
        known.digest = file_digest(entry, known.poisoned);
        known.made = true;
      }
      poisoned |= known.poisoned;
      return known.digest;
    }
    case RefType::Env:
      break;
    case RefType::Command:
      if (auto it = commands_.find(ref.name); it != commands_.end()) poisoned |= it->second.failed;
      break;
  }
  return ref.digest;
}

Hash128 Session::fingerprint(const SetState& set, bool& poisoned) const {
  Hasher hasher;
  hasher.add("fbuild-stamp 1\n");
  hasher.add_sized(set.metadata);
  for (const Ref& ref : set.refs) {
    hasher.add_u64(static_cast<uint64_t>(ref.type));
    hasher.add_sized(ref.name);
    hasher.add_hash(ref_digest(ref, poisoned));
  }
  return hasher.finish();
}

// Fingerprints and tokens of the sets, after a look.
void Session::judge(const std::vector<size_t>& sets, Look& out) {
  uint32_t generation = catalog_->generation + 1;
  for (size_t i : sets) {
    SetState& set = catalog_->sets[i];
    for (Ref& ref : set.refs) {
      if (ref.type != RefType::Env && ref.type != RefType::Command) continue;
      const auto& values = ref.type == RefType::Env ? env_ : commands_;
      auto it = values.find(ref.name);
      if (it == values.end() || it->second.digest == ref.digest) continue;
      ref.digest = it->second.digest;
      out.store = true;
    }
    bool poisoned = false;
    Hash128 now = fingerprint(set, poisoned);
    bool good = !poisoned && !out.unstable;
    if (good && set.checked && set.fingerprint == now && latest_touch(set) <= set.token_generation)
      continue;
    if (!good && !set.checked && set.fingerprint == now) continue;
    set.fingerprint = now;
    set.checked = good;
    set.token_generation = generation;
    if (::getrandom(&set.nonce, sizeof set.nonce, 0) != sizeof set.nonce)
      set.nonce = static_cast<uint64_t>(boot_clock_now()) ^ now.low;
    out.store = true;
  }
}

SetStatus Session::status_of(const SetState& set) const {
  SetStatus status;
  status.name = set.name;
  status.fingerprint = set.fingerprint;
  if (set.checked && use_table_) status.token = hex(set.fingerprint) + "-" + hex64(set.nonce);
  status.sealed = set.seal.present;
  // Its fingerprint has just been made: the list of differences need not be.
  if (set.checked && set.seal.present && set.fingerprint == set.seal.fingerprint &&
      artifacts_are_sealed(set)) {
    status.clean = true;
    return status;
  }
  std::vector<Difference> first = differences(set, 1);
  status.clean = first.empty();
  if (!first.empty()) status.why = first[0].item + ": " + first[0].how;
  return status;
}

void Session::begin_call() {
  warned_ = false;
  run_ = {};
  env_.clear();
  commands_.clear();
  phases_.clear();
  phase(nullptr);
}

// Looks at the named sets in the newest table. Damage met on the way costs another round,
// without the table.
Status Session::look_at(std::span<const std::string> names, const CheckOptions& options,
                        Look& out) {
  for (int round = 0;; ++round) {
    Result<std::vector<size_t>> found = find_sets(names);
    if (!found && file_.was_cut() && round < 3) {
      fall_back("it was cut short while it was read");
      continue;
    }
    if (!found) return found.error();
    evaluate(*found);
    if (round == 0) phase("evaluate");
    out = {};
    if (look_once(*found, options, out)) return {};
    if (round == 3) return Error{"the watch table cannot be read", "remove it", path_};
  }
}

Result<std::vector<SetStatus>> Session::check(std::span<const std::string> names,
                                              const CheckOptions& options) {
  begin_call();
  load();
  phase("open");
  Look seen;
  if (Status status = look_at(names, options, seen); !status) return status.error();
  bool recorded = use_table_ && (!seen.store || options.store);
  if (use_table_ && options.store && (seen.store || must_publish_)) {
    if (Status stored = store_look(names, options, seen); !stored) {
      warn(stored.error().text() + "; nothing was stored");
      recorded = false;
    }
    phase("store");
  } else if (use_table_ && options.store) {
    for (size_t root : seen.roots) file_.store_check_time(root, catalog_->roots[root].checked_ms);
    file_.add_counters(run_);
  }
  if (file_.was_cut()) {
    fall_back("it was cut short while it was read");
    recorded = false;
    if (Status status = look_at(names, options, seen); !status) return status.error();
  }
  Result<std::vector<size_t>> found = find_sets(names);
  if (!found) return found.error();
  std::vector<SetStatus> out;
  for (size_t i : *found) {
    out.push_back(status_of(catalog_->sets[i]));
    if (!recorded) out.back().token.clear();
  }
  return out;
}

// Publishes what a look found, unless somebody published since the table was read: then
// looks again, in theirs.
Status Session::store_look(std::span<const std::string> names, const CheckOptions& options,
                           Look& seen) {
  Result<Fd> lock = lock_table(path_, 30);
  if (!lock) return lock.error();
  if (!is_current()) {
    reload();
    if (Status status = look_at(names, options, seen); !status) return status;
    if (!seen.store && !must_publish_) return {};
  }
  return publish();
}

}  // namespace fbuild::stamp
