#include "generator/library/finder.h"

#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <deque>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "generator/library/conditional_scan.h"
#include "support/files.h"

namespace fbuild {

namespace {

bool inside(const std::string& path, const std::string& folder) {
  return folder == "." ? path.empty() || path[0] != '/'
                       : path.size() > folder.size() && path[folder.size()] == '/' &&
                             path.compare(0, folder.size(), folder) == 0;
}

bool is_header(std::string_view path) { return path.ends_with(".h") || path.ends_with(".hpp"); }

bool is_link(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

std::string real_path(const std::string& path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) ? buffer : path;
}

class Finder {
 public:
  Finder(const FinderProject& project, const std::vector<FinderLibrary>& libraries, IncludeScans& scans,
         const std::function<std::vector<std::string>(const Library&)>& sources_of)
      : project_(project), libraries_(libraries), scans_(scans), conditional_(scans), sources_of_(sources_of) {
    out_.depends.resize(libraries.size());
    out_.circular.resize(libraries.size());
    dependent_.resize(libraries.size());
    declared_done_.resize(libraries.size());
    processed_.resize(libraries.size() + 1);
    for (const FinderLibrary& library : libraries) has_links_ = has_links_ || is_link(library.library->folder);
    if (has_links_)
      for (const FinderLibrary& library : libraries) real_.push_back(real_path(library.library->folder));
    sort_libraries();
  }

  FoundLibraries run() {
    search(kFinderProject, {});
    if (project_.mode.reach == FinderMode::Chain && !out_.project_depends.empty()) complete_found();
    std::vector<bool> built(libraries_.size());
    for (int library : out_.project_depends) build(library, built);
    std::set<std::string> scanned;
    for (const std::unordered_set<std::string>& files : processed_) scanned.insert(files.begin(), files.end());
    for (std::string& path : conditional_.looked_at()) scanned.insert(std::move(path));
    out_.scanned.assign(scanned.begin(), scanned.end());
    return std::move(out_);
  }

 private:
  struct Included {
    std::string path, by;
  };

  const FinderLibrary& at(int index) const { return libraries_[static_cast<size_t>(index)]; }
  std::vector<int>& depends(int of) { return of == kFinderProject ? out_.project_depends : out_.depends[static_cast<size_t>(of)]; }
  std::unordered_set<std::string>& processed(int of) { return processed_[static_cast<size_t>(of + 1)]; }
  const FinderMode& mode(int of) const { return of == kFinderProject ? project_.mode : at(of).mode; }

  // Libraries already in use come first, otherwise the given order. Their folders, behind
  // the project's, are where everyone searches.
  void sort_libraries() {
    ordered_.clear();
    for (bool in_use : {true, false})
      for (int i = 0; i < static_cast<int>(libraries_.size()); ++i)
        if (dependent_[static_cast<size_t>(i)] == in_use) ordered_.push_back(i);
    folders_ = project_.include_dirs;
    for (int library : ordered_) {
      const std::vector<std::string>& dirs = at(library).include_dirs;
      folders_.insert(folders_.end(), dirs.begin(), dirs.end());
    }
    in_folders_.clear();
  }

  const std::string& find_in_folders(const std::string& name) {
    auto [known, fresh] = in_folders_.try_emplace(name);
    if (fresh) known->second = scans_.find(name, folders_);
    return known->second;
  }

  bool belongs(const std::string& path, int to) {
    return project_.origin ? belongs_as_named(project_.origin(path), to) : belongs_as_named(path, to);
  }

  bool belongs_as_named(const std::string& path, int to) {
    if (to == kFinderProject) {
      auto owns = [&](const std::string& folder) { return inside(path, folder); };
      return std::any_of(project_.include_dirs.begin(), project_.include_dirs.end(), owns) ||
             std::any_of(project_.owned.begin(), project_.owned.end(), owns);
    }
    if (inside(path, at(to).library->folder)) return true;
    if (!has_links_) return false;
    auto [real, fresh] = real_of_.try_emplace(path);
    if (fresh) real->second = real_path(path);
    return inside(real->second, real_[static_cast<size_t>(to)]);
  }

  // What the includes of one file lead to. Unless conditions count, in the order of their
  // names.
  std::vector<Included> follow(int of, const std::string& file) {
    const std::vector<std::string>& first = of == kFinderProject ? project_.include_dirs : at(of).include_dirs;
    auto find = [&](const std::string& name) {
      std::string path = scans_.find(name, first);
      return path.empty() ? find_in_folders(name) : path;
    };
    if (mode(of).conditional) {
      std::vector<std::string> folders = first;
      folders.insert(folders.end(), folders_.begin(), folders_.end());
      const std::shared_ptr<const MacroTable>& defines = of == kFinderProject ? project_.defines : at(of).defines;
      static const MacroTable kNone;
      auto found = conditional_.scan(file, {folders, find, project_.other_side}, defines ? *defines : kNone);
      if (found) {
        std::vector<Included> out;
        for (ConditionalScanner::Found& item : *found) out.push_back({std::move(item.path), std::move(item.by)});
        return out;
      }
    }
    std::vector<std::string> own = {std::string(dir_name(file))};
    if (project_.other_side)
      if (std::string other = project_.other_side(own[0]); !other.empty()) own.push_back(other);
    std::vector<Included> out;
    for (const IncludeLine& line : scans_.of(file)) {
      bool quoted = line.kind == IncludeLine::Quoted;
      if (!quoted && line.kind != IncludeLine::Angled) break;  // the others come last
      std::string path = quoted ? scans_.find(line.name, own) : "";
      if (path.empty()) path = find(line.name);
      if (path.empty() && !quoted) path = scans_.find(line.name, own);
      if (!path.empty()) out.push_back({std::move(path), file});
    }
    return out;
  }

  // Every file that the files in `queue`, and the files of the same owner they lead to,
  // include; with the source beside each header.
  std::vector<Included> included_files(int of, std::deque<std::string> queue) {
    std::vector<Included> out;
    std::unordered_set<std::string> seen, waiting(queue.begin(), queue.end());
    auto add = [&](std::string path, const std::string& by) {
      if (seen.insert(path).second) out.push_back({std::move(path), by});
    };
    while (!queue.empty()) {
      std::string file = std::move(queue.front());
      queue.pop_front();
      waiting.erase(file);
      if (!processed(of).insert(file).second) continue;
      for (Included& item : follow(of, file)) {
        const std::string& path = item.path;
        if (!processed(of).count(path) && !waiting.count(path) && belongs(path, of)) {
          queue.push_back(path);
          waiting.insert(path);
        }
        if (seen.count(path)) continue;
        std::string stem = is_header(path) ? path.substr(0, path.rfind('.')) : "";
        add(path, item.by);
        if (stem.empty()) continue;
        for (const char* extension : {".c", ".cc", ".cpp", ".cxx", ".c++"})
          if (scans_.exists(stem + extension)) add(stem + extension, item.by);
      }
    }
    return out;
  }

  // What is declared: by lib_deps, or in a library's manifest.
  void follow_declared(int of) {
    if (of == kFinderProject) {
      std::vector<int> installed;
      for (const FinderProject::Declared& declared : project_.declared) {
        std::vector<int>& list = out_.project_depends;
        if (std::find(list.begin(), list.end(), declared.library) != list.end()) continue;
        note(of, declared.library, {declared.item, ""});
        depend(of, declared.library);
        if (declared.installed) {
          installed.push_back(declared.library);
        } else {
          search(declared.library, {});
        }
      }
      for (int library : installed) search(library, {});
      return;
    }
    const Library& library = *at(of).library;
    if (library.kind != Library::Kind::PlatformIO || declared_done_[static_cast<size_t>(of)]) return;
    declared_done_[static_cast<size_t>(of)] = true;
    for (const LibraryDependency& dependency : library.manifest.dependencies) {
      std::vector<int> order = ordered_;
      auto found = std::find_if(order.begin(), order.end(), [&](int other) {
        const Library& candidate = *at(other).library;
        return (dependency.name.empty() || candidate.name == dependency.name) &&
               (dependency.owner.empty() || candidate.owner.empty() || dependency.owner == candidate.owner);
      });
      if (found == order.end()) continue;
      std::vector<int>& list = depends(of);
      if (std::find(list.begin(), list.end(), *found) != list.end()) continue;
      note(of, *found, {join_path(library.folder, "library.json"), ""});
      depend(of, *found);
      search(*found, {});
    }
  }

  void search(int of, std::vector<std::string> files) {
    follow_declared(of);
    if (mode(of).reach == FinderMode::Off) return;
    if (of == kFinderProject) {
      files = project_.sources;
    } else if (mode(of).reach == FinderMode::Deep) {
      files = sources_of_(*at(of).library);
    }
    std::vector<std::pair<int, std::vector<std::string>>> by_library;
    for (Included& item : included_files(of, {files.begin(), files.end()})) {
      for (int library : ordered_) {
        if (!belongs(item.path, library)) continue;
        auto entry = std::find_if(by_library.begin(), by_library.end(),
                                  [&](const auto& known) { return known.first == library; });
        if (entry == by_library.end()) {
          entry = by_library.insert(by_library.end(), {library, {}});
          if (library != of) note(of, library, {item.by, item.path});
        }
        entry->second.push_back(std::move(item.path));
        break;
      }
    }
    for (auto& [library, paths] : by_library) {
      depend(of, library);
      search(library, paths);
    }
  }

  void note(int of, int on, FinderReason reason) { out_.reasons.try_emplace({of, on}, std::move(reason)); }

  // Each library is looked at once: there may be more ways than time.
  bool reaches(int from, int to) const {
    std::vector<bool> met(libraries_.size());
    std::vector<int> open = {from};
    while (!open.empty()) {
      int at = open.back();
      open.pop_back();
      for (int next : out_.depends[static_cast<size_t>(at)]) {
        if (next == to) return true;
        if (!met[static_cast<size_t>(next)]) open.push_back(next);
        met[static_cast<size_t>(next)] = true;
      }
    }
    return false;
  }

  void depend(int of, int on) {
    if (of == on) return;
    std::vector<int>& list = depends(of);
    if (of != kFinderProject && reaches(on, of)) {
      out_.circular[static_cast<size_t>(of)].push_back(on);
    } else if (std::find(list.begin(), list.end(), on) == list.end()) {
      list.push_back(on);
      if (dependent_[static_cast<size_t>(on)]) return;
      dependent_[static_cast<size_t>(on)] = true;
      sort_libraries();
    }
  }

  // Chain mode follows only the headers that were asked for; once it is known which
  // libraries are in, all of their sources count.
  void complete_found() {
    std::vector<bool> found = dependent_;
    for (int i = 0; i < static_cast<int>(libraries_.size()); ++i)
      if (found[static_cast<size_t>(i)]) search(i, sources_of_(*at(i).library));
  }

  void build(int library, std::vector<bool>& built) {
    if (built[static_cast<size_t>(library)]) return;
    built[static_cast<size_t>(library)] = true;
    for (int other : out_.depends[static_cast<size_t>(library)]) build(other, built);
    out_.used.push_back(library);
  }

  const FinderProject& project_;
  const std::vector<FinderLibrary>& libraries_;
  IncludeScans& scans_;
  ConditionalScanner conditional_;
  const std::function<std::vector<std::string>(const Library&)>& sources_of_;
  FoundLibraries out_;
  std::vector<bool> dependent_, declared_done_;
  std::vector<std::unordered_set<std::string>> processed_;
  std::vector<int> ordered_;
  std::vector<std::string> folders_;
  std::unordered_map<std::string, std::string> in_folders_;
  bool has_links_ = false;
  std::vector<std::string> real_;
  std::unordered_map<std::string, std::string> real_of_;
};

}  // namespace

std::optional<FinderMode> parse_finder_mode(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  std::string name(text);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const std::pair<const char*, FinderMode> kModes[] = {{"off", {FinderMode::Off, false}},
                                                       {"chain", {FinderMode::Chain, false}},
                                                       {"deep", {FinderMode::Deep, false}},
                                                       {"chain+", {FinderMode::Chain, true}},
                                                       {"deep+", {FinderMode::Deep, true}}};
  for (size_t i = 0; i < std::size(kModes); ++i)
    if (name == kModes[i].first || name == std::to_string(i)) return kModes[i].second;
  return std::nullopt;
}

std::string finder_mode_name(const FinderMode& mode) {
  const char* names[] = {"off", "chain", "deep"};
  return std::string(names[mode.reach]) + (mode.conditional ? "+" : "");
}

FoundLibraries find_libraries(const FinderProject& project, const std::vector<FinderLibrary>& libraries, IncludeScans& scans,
                              const std::function<std::vector<std::string>(const Library&)>& sources_of) {
  return Finder(project, libraries, scans, sources_of).run();
}

}  // namespace fbuild
