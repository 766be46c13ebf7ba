// Session::seal: recording a state as built, only if it is sure that it was.
#include <algorithm>

#include "stamp/look.h"
#include "stamp/watch.h"

namespace fbuild::stamp {

namespace {

constexpr double kLockSeconds = 30;

}  // namespace

// The first thing of a set that changed, was touched or came or went after `since`.
std::string Session::what_changed(const SetState& set, uint32_t since) const {
  for (const Ref& ref : set.refs) {
    if (ref.type == RefType::File) {
      const FileState& file = catalog_->files[ref.index];
      if (file.entry.touched > since) return std::string(file.path);
    }
    if (ref.type != RefType::Root) continue;
    const RootState& root = catalog_->roots[ref.index];
    if (root.touched <= since) continue;
    // A file says more than the directory whose listing it changed.
    uint32_t found = 0;
    for (uint32_t i = 0; i < root.view.count; ++i) {
      const Entry& entry = root.view.entries[i];
      if (entry.touched <= since) continue;
      found = i;
      if (entry.kind != Kind::Directory) break;
    }
    return join_path(root.path, root.view.path(found));
  }
  return "";
}

Result<SealOutcome> Session::seal(const std::string& name, const std::string& token,
                                  const CheckOptions& options) {
  begin_call();
  if (!use_table_) return Error{"a seal needs the table", "leave out --no-table", path_};
  // Held from the look to the publication: nobody may issue a newer token in between.
  Result<Fd> lock = lock_table(path_, kLockSeconds);
  if (!lock) return lock.error();
  if (!loaded_ || stale_ || !is_current()) reload();
  phase("open");
  Result<std::vector<size_t>> found = find_sets({&name, 1});
  if (!found) return found.error();
  std::vector<size_t> looked = *found;
  if (!options.along.empty()) {
    Result<std::vector<size_t>> along = find_sets({&options.along, 1});
    if (!along) return along.error();
    looked.push_back(along->front());
  }
  const SetState* set = &catalog_->sets[found->front()];
  auto refused = [](std::string reason) { return SealOutcome{false, std::move(reason)}; };
  if (!set->checked) return refused("there is no check of these inputs on record");
  uint64_t nonce = set->nonce;
  uint32_t since = set->token_generation;
  std::string current = hex(set->fingerprint) + "-" + hex64(nonce);
  if (!token.empty() && token != current)
    return refused("the token is superseded: the inputs changed since it was given out");

  // Environment and commands are sealed as the token's check saw them: they were used
  // before the build. Everything in files must still be as it was then.
  CheckOptions exact = options;
  exact.window = 0;
  Look seen;
  if (!options.as_checked && !look_once(looked, exact, seen)) {
    // The table turned out to be damaged, and with it went what the token stood for.
    return refused("there is no check of these inputs on record");
  }
  SetState& now = catalog_->sets[found->front()];
  SealOutcome outcome;
  if (seen.unstable) {
    outcome.reason = "files were changing while they were looked at";
  } else if (!now.checked) {
    outcome.reason = "an input cannot be read";
    for (const Difference& d : differences(now, SIZE_MAX))
      if (d.how.starts_with("cannot be read")) outcome.reason = d.item + " " + d.how;
  } else if (now.nonce != nonce) {
    std::string what = what_changed(now, since);
    outcome.reason = (what.empty() ? "an input" : what) + " changed since the token was given out";
  } else {
    for (uint32_t index : now.artifacts) {
      const FileState& file = catalog_->files[index];
      if (file.entry.kind != Kind::File) {
        outcome.reason = "the artifact " + std::string(file.path) +
                         (file.entry.kind == Kind::Missing ? " is missing" : " is no regular file");
        break;
      }
    }
  }
  outcome.sealed = outcome.reason.empty();
  if (outcome.sealed) record_seal(now, options.record_times);
  if (outcome.sealed && looked.size() > 1)
    if (SetState& along = catalog_->sets[looked.back()]; along.checked)
      record_seal(along, options.record_times);
  phase("seal");
  Status stored = publish();
  phase("store");
  if (!stored) return stored.error();
  return outcome;
}

void Session::record_seal(SetState& set, bool record_times) {
  set.seal = {};
  set.seal.present = true;
  set.seal.fingerprint = set.fingerprint;
  set.seal.metadata = set.metadata;
  for (const Ref& ref : set.refs) {
    bool poisoned = false;
    set.seal.refs.push_back({ref.type, ref.name, ref_digest(ref, poisoned)});
    if (!record_times) continue;
    if (ref.type == RefType::File) {
      Entry& entry = catalog_->files[ref.index].entry;
      entry.sealed_mtime = entry.mtime;
    }
    if (ref.type != RefType::Root) continue;
    RootState& root = catalog_->roots[ref.index];
    auto wrong = [](const Entry& e) { return e.kind == Kind::File && e.sealed_mtime != e.mtime; };
    if (std::none_of(root.view.entries, root.view.entries + root.view.count, wrong)) continue;
    own_block(root);
    for (Entry& entry : root.fresh->entries)
      if (entry.kind == Kind::File) entry.sealed_mtime = entry.mtime;
  }
  for (uint32_t index : set.artifacts) {
    FileState& file = catalog_->files[index];
    if (record_times) file.entry.sealed_mtime = file.entry.mtime;
    set.seal.artifacts.push_back({file.path, value_of(file.entry)});
  }
}

}  // namespace fbuild::stamp
