#include "generator/library/finder.h"

#include <algorithm>
#include <deque>
#include <set>

#include "support/files.h"

namespace fbuild {

namespace {

bool inside(const std::string& path, const std::string& folder) {
  return folder == "." ? path.empty() || path[0] != '/'
                       : path.size() > folder.size() && path[folder.size()] == '/' &&
                             path.compare(0, folder.size(), folder) == 0;
}

bool is_header(std::string_view path) { return path.ends_with(".h") || path.ends_with(".hpp"); }

constexpr int kProject = -1;

class Finder {
 public:
  Finder(const FinderProject& project, const std::vector<Library>& libraries, FinderMode mode,
         IncludeScans& scans, const std::function<std::vector<std::string>(const Library&)>& sources_of)
      : project_(project), libraries_(libraries), mode_(mode), scans_(scans), sources_of_(sources_of) {
    out_.depends.resize(libraries.size());
    out_.circular.resize(libraries.size());
    dependent_.resize(libraries.size());
    processed_.resize(libraries.size() + 1);
  }

  FoundLibraries run() {
    if (mode_ != FinderMode::Off) {
      search(kProject, {});
      if (mode_ == FinderMode::Chain && !out_.project_depends.empty()) complete_found();
    }
    std::vector<bool> built(libraries_.size());
    for (int library : out_.project_depends) build(library, built);
    std::set<std::string> scanned;
    for (const std::set<std::string>& files : processed_) scanned.insert(files.begin(), files.end());
    out_.scanned.assign(scanned.begin(), scanned.end());
    return std::move(out_);
  }

 private:
  std::vector<int>& depends(int of) { return of == kProject ? out_.project_depends : out_.depends[of]; }
  std::set<std::string>& processed(int of) { return processed_[static_cast<size_t>(of + 1)]; }

  // Libraries already in use come first, otherwise the given order.
  std::vector<int> ordered() const {
    std::vector<int> out;
    for (bool in_use : {true, false})
      for (int i = 0; i < static_cast<int>(libraries_.size()); ++i)
        if (dependent_[static_cast<size_t>(i)] == in_use) out.push_back(i);
    return out;
  }

  bool belongs(const std::string& path, int to) const {
    return project_.origin ? belongs_as_named(project_.origin(path), to) : belongs_as_named(path, to);
  }

  bool belongs_as_named(const std::string& path, int to) const {
    if (to != kProject) return inside(path, libraries_[static_cast<size_t>(to)].folder);
    return std::any_of(project_.include_dirs.begin(), project_.include_dirs.end(),
                       [&](const std::string& folder) { return inside(path, folder); });
  }

  // Every file that the files in `queue`, and the files of the same owner they lead to,
  // include; with the source beside each header.
  std::vector<std::string> included_files(int of, std::deque<std::string> queue) {
    std::vector<std::string> folders =
        of == kProject ? project_.include_dirs : libraries_[static_cast<size_t>(of)].include_dirs;
    folders.insert(folders.end(), project_.include_dirs.begin(), project_.include_dirs.end());
    for (int library : ordered()) {
      const std::vector<std::string>& dirs = libraries_[static_cast<size_t>(library)].include_dirs;
      folders.insert(folders.end(), dirs.begin(), dirs.end());
    }
    std::vector<std::string> out;
    std::set<std::string> seen;
    auto add = [&](const std::string& path) {
      if (seen.insert(path).second) out.push_back(path);
    };
    while (!queue.empty()) {
      std::string file = queue.front();
      queue.pop_front();
      if (!processed(of).insert(file).second) continue;
      std::vector<std::string> own = {std::string(dir_name(file))};
      if (project_.other_side)
        if (std::string other = project_.other_side(own[0]); !other.empty()) own.push_back(other);
      for (const IncludeLine& line : scans_.of(file)) {
        bool quoted = line.kind == IncludeLine::Quoted;
        if (!quoted && line.kind != IncludeLine::Angled) break;  // the others come last
        std::string path = quoted ? scans_.find(line.name, own) : "";
        if (path.empty()) path = scans_.find(line.name, folders);
        if (path.empty() && !quoted) path = scans_.find(line.name, own);
        if (path.empty()) continue;
        if (!processed(of).count(path) && belongs(path, of) &&
            std::find(queue.begin(), queue.end(), path) == queue.end())
          queue.push_back(path);
        add(path);
        if (!is_header(path)) continue;
        std::string stem = path.substr(0, path.rfind('.'));
        for (const char* extension : {".c", ".cc", ".cpp", ".cxx", ".c++"})
          if (scans_.exists(stem + extension)) add(stem + extension);
      }
    }
    return out;
  }

  void search(int of, std::vector<std::string> files) {
    if (of == kProject) {
      files = project_.sources;
    } else if (mode_ == FinderMode::Deep) {
      files = sources_of_(libraries_[static_cast<size_t>(of)]);
    }
    std::vector<std::pair<int, std::vector<std::string>>> by_library;
    for (const std::string& path : included_files(of, {files.begin(), files.end()})) {
      for (int library : ordered()) {
        if (!belongs(path, library)) continue;
        auto entry = std::find_if(by_library.begin(), by_library.end(),
                                  [&](const auto& item) { return item.first == library; });
        if (entry == by_library.end()) entry = by_library.insert(by_library.end(), {library, {}});
        entry->second.push_back(path);
        break;
      }
    }
    for (auto& [library, paths] : by_library) depend(of, library, paths);
  }

  // Each library is looked at once: there may be more ways than time.
  bool reaches(int from, int to) const {
    std::vector<bool> met(libraries_.size());
    std::vector<int> open = {from};
    while (!open.empty()) {
      int at = open.back();
      open.pop_back();
      for (int next : out_.depends[static_cast<size_t>(at)]) {
        if (next == to) return true;
        if (met[static_cast<size_t>(next)]) continue;
        met[static_cast<size_t>(next)] = true;
        open.push_back(next);
      }
    }
    return false;
  }

  void depend(int of, int on, const std::vector<std::string>& files) {
    if (of != on) {
      std::vector<int>& list = depends(of);
      if (of != kProject && reaches(on, of)) {
        out_.circular[static_cast<size_t>(of)].push_back(on);
      } else if (std::find(list.begin(), list.end(), on) == list.end()) {
        list.push_back(on);
        dependent_[static_cast<size_t>(on)] = true;
      }
    }
    search(on, files);
  }

  // Chain mode follows only the headers that were asked for; once it is known which
  // libraries are in, all of their sources count.
  void complete_found() {
    std::vector<bool> found = dependent_;
    for (int i = 0; i < static_cast<int>(libraries_.size()); ++i)
      if (found[static_cast<size_t>(i)]) search(i, sources_of_(libraries_[static_cast<size_t>(i)]));
  }

  void build(int library, std::vector<bool>& built) {
    if (built[static_cast<size_t>(library)]) return;
    built[static_cast<size_t>(library)] = true;
    for (int other : out_.depends[static_cast<size_t>(library)]) build(other, built);
    out_.used.push_back(library);
  }

  const FinderProject& project_;
  const std::vector<Library>& libraries_;
  FinderMode mode_;
  IncludeScans& scans_;
  const std::function<std::vector<std::string>(const Library&)>& sources_of_;
  FoundLibraries out_;
  std::vector<bool> dependent_;
  std::vector<std::set<std::string>> processed_;
};

}  // namespace

FoundLibraries find_libraries(const FinderProject& project, const std::vector<Library>& libraries,
                              FinderMode mode, IncludeScans& scans,
                              const std::function<std::vector<std::string>(const Library&)>& sources_of) {
  return Finder(project, libraries, mode, scans, sources_of).run();
}

}  // namespace fbuild
