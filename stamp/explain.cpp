// How a set differs from its seal. "Clean" is defined as "no differences", so that the
// decision and its explanation cannot disagree.
#include <algorithm>
#include <tuple>

#include "stamp/watch.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

std::string kind_text(const Value& value) {
  switch (value.kind) {
    case Kind::File:
      return std::to_string(value.size) + " bytes";
    case Kind::Dangling:
      return "a dangling link";
    case Kind::Special:
      return "a special file";
    case Kind::Loop:
      return "a link to a directory above";
    case Kind::Unreadable:
      return "unreadable";
    default:
      return "nothing";
  }
}

std::string change_text(const Value& before, const Value& after) {
  if (after.kind == Kind::Unreadable)
    return "cannot be read: " + errno_text(static_cast<int>(after.size));
  bool was = before.kind != Kind::None && before.kind != Kind::Missing;
  bool is = after.kind != Kind::None && after.kind != Kind::Missing;
  if (!was) return is ? "added" : "came and went";
  if (!is) return "removed";
  if (before.kind == Kind::File && after.kind == Kind::File && before.size == after.size)
    return "content changed (" + std::to_string(after.size) + " bytes, as before)";
  return "content changed (" + kind_text(before) + " -> " + kind_text(after) + ")";
}

// The value of what lies at a path below a root.
Value value_at(const BlockView& view, std::string_view path) {
  if (view.count == 0) return {};
  uint32_t at = 0;
  while (!path.empty()) {
    size_t slash = std::min(path.find('/'), path.size());
    std::string_view name = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    uint32_t end = std::min(view.entries[at].end, view.count);
    uint32_t child = at + 1;
    while (child < end && view.name(view.entries[child]) != name)
      child = std::max(child + 1, view.entries[child].end);
    if (child >= end) return {};
    at = child;
  }
  return value_of(view.entries[at]);
}

class Explanation {
 public:
  Explanation(size_t limit, std::vector<Difference>& out) : limit_(limit), out_(out) {}
  bool full() const { return out_.size() >= limit_; }
  void add(std::string item, std::string how, bool edited = false, bool gone = false) {
    if (!full()) out_.push_back({std::move(item), std::move(how), edited, gone});
  }

 private:
  size_t limit_;
  std::vector<Difference>& out_;
};

const char* type_word(RefType type) {
  switch (type) {
    case RefType::Root:
      return "root ";
    case RefType::File:
      return "file ";
    case RefType::Env:
      return "env ";
    case RefType::Command:
      return "command ";
  }
  return "";
}

// A name inside the fingerprint, for people.
std::string shown(RefType type, std::string_view name) {
  if ((type == RefType::Root || type == RefType::File) && name.starts_with('='))
    name.remove_prefix(1);
  return type_word(type) + std::string(name);
}

const SealedArtifact* sealed_artifact(const SetState& set, const FileState& file) {
  for (const SealedArtifact& artifact : set.seal.artifacts)
    if (artifact.path == file.path) return &artifact;
  return nullptr;
}

bool is_as_sealed(const FileState& file, const SealedArtifact* sealed) {
  Value now = value_of(file.entry);
  return sealed && now.kind == Kind::File && now == sealed->value;
}

}  // namespace

std::vector<Difference> Session::differences(const SetState& set, size_t limit) const {
  std::vector<Difference> out;
  Explanation explain(limit, out);
  bool poisoned = false;
  bool inputs_clean = set.checked && fingerprint(set, poisoned) == set.seal.fingerprint &&
                      set.fingerprint == set.seal.fingerprint && !poisoned;
  if (!set.seal.present) {
    explain.add(std::string(set.name), "never sealed");
    if (set.checked) return out;
  }
  if (!inputs_clean && set.seal.present) {
    if (set.metadata != set.seal.metadata) explain.add("metadata", "changed");
    auto key = [](const auto& ref) { return std::tie(ref.type, ref.name); };
    size_t a = 0, b = 0;
    while ((a < set.refs.size() || b < set.seal.refs.size()) && !explain.full()) {
      int order = a >= set.refs.size()                       ? 1
                  : b >= set.seal.refs.size()                ? -1
                  : key(set.refs[a]) < key(set.seal.refs[b]) ? -1
                  : key(set.seal.refs[b]) < key(set.refs[a]) ? 1
                                                             : 0;
      if (order > 0) {
        explain.add(shown(set.seal.refs[b].type, set.seal.refs[b].name), "no longer watched");
        ++b;
        continue;
      }
      const Ref& ref = set.refs[a++];
      if (order < 0) {
        explain.add(shown(ref.type, ref.name), "not watched when sealed");
        continue;
      }
      explain_ref(ref, set.seal.refs[b++].digest, limit, out);
    }
  }
  if (!inputs_clean) explain_unreadable(set, limit, out);
  if (!inputs_clean && out.empty())
    explain.add(std::string(set.name), set.checked
                                           ? "its inputs changed"
                                           : "files were changing while they were looked at");
  if (!set.seal.present) return out;

  // Artifacts: those of the definition, as the seal has them.
  for (uint32_t index : set.artifacts) {
    const FileState& file = catalog_->files[index];
    const SealedArtifact* sealed = sealed_artifact(set, file);
    if (is_as_sealed(file, sealed)) continue;
    explain.add(
        "artifact " + std::string(file.path),
        sealed ? change_text(sealed->value, value_of(file.entry)) : "not an artifact when sealed");
  }
  return out;
}

bool Session::artifacts_are_sealed(const SetState& set) const {
  return std::all_of(set.artifacts.begin(), set.artifacts.end(), [&](uint32_t index) {
    const FileState& file = catalog_->files[index];
    return is_as_sealed(file, sealed_artifact(set, file));
  });
}

void Session::explain_ref(const Ref& ref, const Hash128& sealed, size_t limit,
                          std::vector<Difference>& out) const {
  Explanation explain(limit, out);
  bool poisoned = false;
  if (ref_digest(ref, poisoned) == sealed) return;
  switch (ref.type) {
    case RefType::Root: {
      RootState& root = catalog_->roots[ref.index];
      auto snapshot = std::find_if(root.snapshots.begin(), root.snapshots.end(),
                                   [&](const Snapshot& s) { return s.digest == sealed; });
      if (snapshot == root.snapshots.end() || snapshot->rows.empty() || !file_.verify_block(root)) {
        explain.add(std::string(root.path),
                    use_table_ ? "its content changed (in too many places to be listed, or it is "
                                 "defined otherwise)"
                               : "its content changed");
        return;
      }
      for (const SnapshotRow& row : snapshot->rows) {
        Value now = value_at(root.view, row.path);
        bool was_file = row.value.kind == Kind::File;
        explain.add(normalize_path(join_path(root.path, row.path)), change_text(row.value, now),
                    was_file && now.kind == Kind::File,
                    was_file && (now.kind == Kind::None || now.kind == Kind::Missing));
      }
      return;
    }
    case RefType::File: {
      const FileState& file = catalog_->files[ref.index];
      Value now = value_of(file.entry);
      bool gone = now.kind == Kind::Missing;
      explain.add(std::string(file.path),
                  now.kind == Kind::Unreadable ? change_text({}, now)
                  : gone                       ? "removed"
                                               : "content changed",
                  false, gone);
      return;
    }
    case RefType::Env: {
      auto it = env_.find(ref.name);
      explain.add(shown(ref.type, ref.name),
                  it != env_.end() && !it->second.set ? "changed: it is not set now" : "changed");
      return;
    }
    case RefType::Command:
      explain.add(shown(ref.type, ref.name), "its output changed");
      return;
  }
}

// What could not be read is never clean, changed or not.
void Session::explain_unreadable(const SetState& set, size_t limit,
                                 std::vector<Difference>& out) const {
  Explanation explain(limit, out);
  auto add = [&](const std::string& item, const Value& value) {
    if (value.kind != Kind::Unreadable) return;
    if (std::none_of(out.begin(), out.end(), [&](const Difference& d) { return d.item == item; }))
      explain.add(item, change_text({}, value));
  };
  for (const Ref& ref : set.refs) {
    if (ref.type == RefType::File) {
      const FileState& file = catalog_->files[ref.index];
      add(std::string(file.path), value_of(file.entry));
    }
    if (ref.type == RefType::Command) {
      auto it = commands_.find(ref.name);
      if (it != commands_.end() && it->second.failed)
        explain.add(shown(ref.type, ref.name), "cannot be run");
    }
    if (ref.type != RefType::Root) continue;
    RootState& root = catalog_->roots[ref.index];
    if (!root.poisoned || !file_.verify_block(root)) continue;
    for (uint32_t i = 0; i < root.view.count && !explain.full(); ++i)
      if (root.view.entries[i].kind == Kind::Unreadable)
        add(normalize_path(join_path(root.path, root.view.path(i))),
            value_of(root.view.entries[i]));
  }
}

Result<std::vector<Difference>> Session::explain(const std::string& name) {
  load_if_never();
  Result<std::vector<size_t>> found = find_sets({&name, 1});
  if (!found) return found.error();
  return differences(catalog_->sets[found->front()], SIZE_MAX);
}

}  // namespace fbuild::stamp
