#include "stamp/visible.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "stamp/definition.h"
#include "support/file_time.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

constexpr const char* kPendingHead = "# What changed since it was sealed.\n";

struct Pending {
  std::vector<std::string> shared;  // folders
  // By set, then by path: the time the file was left with.
  std::map<std::string, std::map<std::string, int64_t>> sets;
};

// None when there is no such file or it makes no sense: then nothing is known.
std::optional<Pending> read_pending(const std::string& path, std::string& text) {
  Result<std::string> read = read_file(path);
  if (!read || !read->starts_with(kPendingHead)) return std::nullopt;
  text = std::move(*read);
  Pending out;
  std::string_view rest = std::string_view(text).substr(std::string_view(kPendingHead).size());
  for (bool first = true; !rest.empty(); first = false) {
    size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    Result<std::vector<std::string>> words = split_line(rest.substr(0, end), path, 0);
    rest.remove_prefix(end + 1);
    if (!words) return std::nullopt;
    if (first) {
      out.shared = std::move(*words);
      continue;
    }
    if (words->size() % 2 == 0) return std::nullopt;
    std::map<std::string, int64_t>& files = out.sets[words->front()];
    for (size_t i = 1; i < words->size(); i += 2)
      files[(*words)[i]] = std::strtoll((*words)[i + 1].c_str(), nullptr, 10);
  }
  return out;
}

// `before` is the file's text as it was read.
Status write_pending(const std::string& path, const Pending& pending, const std::string& before) {
  std::string text = kPendingHead;
  for (const std::string& folder : pending.shared) text += quote_word(folder) + ' ';
  text += '\n';
  for (const auto& [set, files] : pending.sets) {
    text += quote_word(set);
    for (const auto& [file, time] : files)
      text += ' ' + quote_word(file) + ' ' + std::to_string(time);
    text += '\n';
  }
  return text == before ? Status{} : replace_file(path, text);
}

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The newest file in a folder and those below it.
int64_t newest_below(const std::string& folder) {
  DIR* dir = ::opendir(folder.c_str());
  if (!dir) return 0;
  int64_t newest = 0;
  while (const dirent* entry = ::readdir(dir)) {
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (entry->d_type == DT_DIR) {
      newest = std::max(newest, newest_below(join_path(folder, name)));
      continue;
    }
    struct stat st;
    if (::fstatat(::dirfd(dir), entry->d_name, &st, 0) == 0)
      newest = std::max(newest, nanoseconds(st.st_mtim));
  }
  ::closedir(dir);
  return newest;
}

class Visibility {
 public:
  Visibility(Session& session, const Gate& gate, std::vector<SetStatus>& status)
      : session_(session), gate_(gate), status_(status) {}

  Result<Seen> run() {
    activity_ = std::max(mtime_of(in_build(".ninja_log")), mtime_of(in_build(".ninja_deps")));
    std::string before;
    std::optional<Pending> known = read_pending(in_build("plan.pending"), before);
    if (known) pending_ = std::move(*known);
    for (SetStatus& status : status_) {
      if (!session_.is_marked(status.name) || (!known && !status.clean)) {
        // Nothing is known of what its objects were made from.
        stamps_.insert(in_build(environment_of(status) + "/epoch"));
        unknown_.insert(environment_of(status));
        pending_.sets.erase(status.name);
        status.clean = false;
        continue;
      }
      if (Status s = look_at(status); !s) return s.error();
    }
    if (Status s = renew_times(); !s) return s.error();
    renew_shared_epochs();
    for (const std::string& stamp : stamps_)
      if (Status s = renew(stamp); !s) return s.error();
    forget_the_settled();
    if (Status s = write_pending(in_build("plan.pending"), pending_, before); !s) return s.error();
    return std::move(out_);
  }

 private:
  Status look_at(const SetStatus& status) {
    Result<std::vector<EntryInfo>> changed = session_.changed_since_mark(status.name);
    if (!changed) return changed.error();
    std::erase_if(*changed, [](const EntryInfo& info) { return info.artifact; });
    auto earlier = pending_.sets.find(status.name);
    if (changed->empty() && earlier == pending_.sets.end()) return {};
    if (Status s = see_objects_of(status.name); !s) return s;
    for (const EntryInfo& info : *changed) {
      if (info.kind != Kind::File) continue;
      // Programs of the system: their digest is in the toolchain's stamp.
      if (info.root.empty() && info.path.starts_with("/")) continue;
      const GatePackage* package = info.package ? package_of(info.path) : nullptr;
      if (package) {
        if (!shows(info.mtime)) stamps_.insert(package->stamp);
        continue;
      }
      pending_.sets[status.name][info.path] = info.mtime;
      if (!shows(info.mtime)) hidden_[info.path].push_back(environment_of(status));
    }
    for (auto& [path, time] : pending_.sets[status.name]) {
      int64_t now = mtime_of(path);
      // Gone, or as it was left, or newer.
      if (now == 0 || now >= time) continue;
      time = now;
      if (!shows(now)) hidden_[path].push_back(environment_of(status));
    }
    return {};
  }

  // Ninja's logs may lie elsewhere, when its manifest is not ours, or be lost, or end before
  // the last compile did, when it was killed.
  Status see_objects_of(const std::string& set) {
    std::string name = objects_set(set);
    if (!session_.has_set(name)) return {};
    Result<Definition> objects = session_.definition(name);
    if (!objects) return objects.error();
    for (const RootItem& root : objects->roots)
      if (seen_.insert(root.path).second) activity_ = std::max(activity_, newest_below(root.path));
    return {};
  }

  // Whether ninja, comparing times, would take notice of this file's new content.
  bool shows(int64_t mtime) const { return mtime > activity_; }

  // Now; and newer than what was built in this very tick of the clock.
  int64_t new_time() const {
    timespec now;
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return std::max(nanoseconds(now), activity_ + 1);
  }

  Status renew_times() {
    int64_t time = new_time();
    if (!hidden_.empty()) out_.new_time = time;
    std::vector<std::pair<std::string, std::optional<int64_t>>> files;
    for (const auto& [path, environments] : hidden_) files.emplace_back(path, time);
    // Who may write to a file but does not own it, may set its time to now only.
    for (std::optional<int64_t> wanted : {std::optional(time), std::optional<int64_t>()}) {
      Result<std::vector<std::string>> failed = session_.set_mtimes(files);
      if (!failed) return failed.error();
      files.clear();
      for (const std::string& path : *failed) files.emplace_back(path, std::nullopt);
      if (!wanted) break;
    }
    for (const auto& [path, none] : files) {
      out_.warnings.push_back(path +
                              ": its content changed without a newer time, and its time "
                              "cannot be set; what may use it is built anew each time");
      for (const std::string& environment : hidden_[path]) {
        out_.unsealable.insert(environment);
        stamps_.insert(in_build(environment + "/epoch"));
      }
    }
    for (auto& [set, known] : pending_.sets)
      for (auto& [path, left] : known)
        if (hidden_.count(path)) left = mtime_of(path);
    return {};
  }

  // What a shared group was made from is known as long as one environment has used it since,
  // of which something is known.
  void renew_shared_epochs() {
    std::set<std::string_view> known, used;
    for (const GateEnvironment& environment : gate_.environments)
      if (!unknown_.count(environment.name))
        known.insert(environment.shared.begin(), environment.shared.end());
    for (const GateEnvironment& environment : gate_.environments)
      for (const std::string& group : environment.shared) {
        used.insert(group);
        bool was_used = std::binary_search(pending_.shared.begin(), pending_.shared.end(), group);
        if (!was_used || !known.count(group) || out_.unsealable.count(environment.name))
          stamps_.insert(group + "/epoch");
      }
    pending_.shared.assign(used.begin(), used.end());
  }

  // Sets that have been sealed, or that there are no more.
  void forget_the_settled() {
    std::erase_if(pending_.sets, [&](const auto& item) { return !session_.has_set(item.first); });
    for (const SetStatus& status : status_) {
      if (status.clean) pending_.sets.erase(status.name);
      auto found = pending_.sets.find(status.name);
      if (status.sealed || found == pending_.sets.end()) continue;
      for (const auto& [path, time] : found->second) out_.unsettled.insert(path);
    }
  }

  // Makes a stamp newer than everything, with a content it never had.
  Status renew(const std::string& path) const {
    int64_t time = new_time();
    if (Status s = replace_file(path, std::to_string(time) + "\n"); !s) return s;
    timespec times[2] = {{0, UTIME_OMIT}, {time / 1'000'000'000, time % 1'000'000'000}};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0)
      return Error{"its time cannot be set: " + errno_text(errno), "", path};
    return {};
  }

  const GatePackage* package_of(const std::string& path) const {
    for (const GatePackage& package : gate_.packages)
      if (path.starts_with(package.root + "/")) return &package;
    return nullptr;
  }

  // status_ is in the order of the gate's environments.
  const std::string& environment_of(const SetStatus& status) const {
    return gate_.environments[static_cast<size_t>(&status - status_.data())].name;
  }

  std::string in_build(const std::string& name) const { return join_path(gate_.build_dir, name); }

  Session& session_;
  const Gate& gate_;
  std::vector<SetStatus>& status_;
  int64_t activity_ = 0;  // time of the newest thing that was built
  Pending pending_;
  std::map<std::string, std::vector<std::string>> hidden_;  // environments by path
  std::set<std::string> unknown_;                           // environments
  std::set<std::string> stamps_, seen_;
  Seen out_;
};

}  // namespace

Result<Seen> make_visible(Session& session, const Gate& gate, std::vector<SetStatus>& status) {
  return Visibility(session, gate, status).run();
}

Status forget_pending_set(const std::string& build_dir, const std::string& set) {
  std::string path = join_path(build_dir, "plan.pending");
  std::string before;
  std::optional<Pending> pending = read_pending(path, before);
  if (!pending || !pending->sets.erase(set)) return {};
  return write_pending(path, *pending, before);
}

Status forget_pending_files(const std::string& build_dir, const std::vector<std::string>& files) {
  std::string path = join_path(build_dir, "plan.pending");
  std::string before;
  std::optional<Pending> pending = read_pending(path, before);
  if (!pending) return {};
  for (auto& [set, known] : pending->sets)
    for (const std::string& file : files) known.erase(file);
  return write_pending(path, *pending, before);
}

}  // namespace fbuild::stamp
