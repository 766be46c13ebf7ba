#include "generator/library/finder.h"

#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <deque>
#include <set>
#include <unordered_map>

#include "generator/library/conditional_scan.h"
#include "support/files.h"

namespace fbuild {

namespace {

bool inside(const std::string& path, const std::string& folder) {
  return folder == "." ? path.empty() || path[0] != '/'
                       : path.size() > folder.size() && path[folder.size()] == '/' &&
                             path.compare(0, folder.size(), folder) == 0;
}

bool is_header(std::string_view path) {
  return path.ends_with(".h") || path.ends_with(".hpp");
}

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
  Finder(const FinderProject& project, const std::vector<FinderLibrary>& libraries,
         IncludeScans& scans,
         const std::function<std::vector<std::string>(const Library&)>& sources_of)
      : project_(project),
        libraries_(libraries),
        scans_(scans),
        conditional_(scans),
        sources_of_(sources_of) {
    out_.depends.resize(libraries.size());
    out_.circular.resize(libraries.size());
    dependent_.resize(libraries.size());
    declared_done_.resize(libraries.size());
    processed_.resize(libraries.size() + 1);
    rank_.resize(libraries.size());
    for (const std::string& path : project.include_dirs)
      project_folders_.push_back(scans.folder(path));
    for (const FinderLibrary& library : libraries) {
      has_links_ = has_links_ || is_link(library.library->folder);
      library_folders_.emplace_back();
      for (const std::string& path : library.include_dirs)
        library_folders_.back().push_back(scans.folder(path));
    }
    if (has_links_)
      for (const FinderLibrary& library : libraries)
        real_.push_back(real_path(library.library->folder));
    sort_libraries();
  }

  FoundLibraries run() {
    search(kFinderProject, {});
    if (project_.mode.reach == FinderMode::Chain && !out_.project_depends.empty()) complete_found();
    std::vector<bool> built(libraries_.size());
    for (int library : out_.project_depends) build(library, built);
    Marks scanned;
    auto add = [&](File file) {
      if (scanned.add(file)) out_.scanned.push_back(scans_.path(file));
    };
    for (const Marks& files : processed_)
      for (File file = 0; file < files.size(); ++file)
        if (files.has(file)) add(file);
    for (const std::string& path : conditional_.looked_at()) add(scans_.file(path));
    std::sort(out_.scanned.begin(), out_.scanned.end());
    return std::move(out_);
  }

 private:
  using File = IncludeScans::File;
  using Folder = IncludeScans::Folder;
  static constexpr File kNone = IncludeScans::kNone;

  // A set of files.
  class Marks {
   public:
    bool has(File file) const { return file < marks_.size() && marks_[file]; }
    // Whether it was not in it.
    bool add(File file) {
      if (file >= marks_.size()) marks_.resize(2 * size_t{file} + 64);
      bool fresh = !marks_[file];
      marks_[file] = true;
      return fresh;
    }
    void remove(File file) { marks_[file] = false; }
    size_t size() const { return marks_.size(); }

   private:
    std::vector<bool> marks_;
  };

  struct Included {
    File path, by;
  };

  // To whom the files of a folder belong.
  struct Owners {
    bool known = false, project = false;
    std::vector<int> libraries;
  };

  const FinderLibrary& at(int index) const { return libraries_[static_cast<size_t>(index)]; }
  std::vector<int>& depends(int of) {
    return of == kFinderProject ? out_.project_depends : out_.depends[static_cast<size_t>(of)];
  }
  Marks& processed(int of) { return processed_[static_cast<size_t>(of + 1)]; }
  const FinderMode& mode(int of) const {
    return of == kFinderProject ? project_.mode : at(of).mode;
  }

  // Libraries already in use come first, otherwise the given order. Their folders, behind
  // the project's, are where everyone searches.
  void sort_libraries() {
    ordered_.clear();
    for (bool in_use : {true, false})
      for (int i = 0; i < static_cast<int>(libraries_.size()); ++i)
        if (dependent_[static_cast<size_t>(i)] == in_use) ordered_.push_back(i);
    folders_ = project_folders_;
    for (size_t i = 0; i < ordered_.size(); ++i) {
      rank_[static_cast<size_t>(ordered_[i])] = i;
      const std::vector<Folder>& dirs = library_folders_[static_cast<size_t>(ordered_[i])];
      folders_.insert(folders_.end(), dirs.begin(), dirs.end());
    }
    in_folders_.clear();
  }

  File find_in_folders(const std::string& name) {
    auto [known, fresh] = in_folders_.try_emplace(name, kNone);
    if (fresh) known->second = scans_.find(name, folders_);
    return known->second;
  }

  Owners owners_by_path(const std::string& path) const {
    Owners out{true, false, {}};
    auto owns = [&](const std::string& folder) { return inside(path, folder); };
    out.project = std::any_of(project_.include_dirs.begin(), project_.include_dirs.end(), owns) ||
                  std::any_of(project_.owned.begin(), project_.owned.end(), owns);
    std::string real = has_links_ ? real_path(path) : std::string();
    for (size_t i = 0; i < libraries_.size(); ++i)
      if (owns(libraries_[i].library->folder) || (has_links_ && inside(real, real_[i])))
        out.libraries.push_back(static_cast<int>(i));
    return out;
  }

  // The same for all files of a folder, unless paths are not what they seem.
  const Owners& owners(File file) {
    bool by_folder = !project_.origin && !has_links_;
    std::vector<Owners>& list = by_folder ? owners_of_folder_ : owners_of_file_;
    size_t index = by_folder ? scans_.folder_of(file) : file;
    if (index >= list.size()) list.resize(2 * index + 64);
    Owners& out = list[index];
    if (!out.known)
      out =
          owners_by_path(project_.origin ? project_.origin(scans_.path(file)) : scans_.path(file));
    return out;
  }

  bool belongs(File file, int to) {
    const Owners& known = owners(file);
    return to == kFinderProject ? known.project
                                : std::find(known.libraries.begin(), known.libraries.end(), to) !=
                                      known.libraries.end();
  }

  // What the includes of one file lead to. Unless conditions count, in the order of their
  // names.
  std::vector<Included> follow(int of, File file) {
    const std::vector<Folder>& first =
        of == kFinderProject ? project_folders_ : library_folders_[static_cast<size_t>(of)];
    auto find = [&](const std::string& name) {
      File found = scans_.find(name, first);
      return found == kNone ? find_in_folders(name) : found;
    };
    std::vector<Included> out;
    if (mode(of).conditional) {
      std::vector<std::string> folders;
      for (Folder folder : first) folders.push_back(scans_.folder_path(folder));
      for (Folder folder : folders_) folders.push_back(scans_.folder_path(folder));
      auto find_path = [&](const std::string& name) {
        File found = find(name);
        return found == kNone ? std::string() : scans_.path(found);
      };
      const std::shared_ptr<const MacroTable>& defines =
          of == kFinderProject ? project_.defines : at(of).defines;
      static const MacroTable kNothing;
      auto found = conditional_.scan(scans_.path(file), {folders, find_path, project_.other_side},
                                     defines ? *defines : kNothing);
      if (found) {
        for (const ConditionalScanner::Found& item : *found)
          out.push_back({scans_.file(item.path), scans_.file(item.by)});
        return out;
      }
    }
    std::vector<Folder> own = {scans_.folder_of(file)};
    if (project_.other_side)
      if (std::string other = project_.other_side(std::string(dir_name(scans_.path(file))));
          !other.empty())
        own.push_back(scans_.folder(other));
    for (const IncludeLine& line : scans_.of(file)) {
      bool quoted = line.kind == IncludeLine::Quoted;
      if (!quoted && line.kind != IncludeLine::Angled) break;  // the others come last
      File path = quoted ? scans_.find(line.name, own) : kNone;
      if (path == kNone) path = find(line.name);
      if (path == kNone && !quoted) path = scans_.find(line.name, own);
      if (path != kNone) out.push_back({path, file});
    }
    return out;
  }

  // The sources that may stand beside a header.
  const std::vector<File>& sources_beside(File header) {
    auto [known, fresh] = beside_.try_emplace(header);
    if (!fresh) return known->second;
    const std::string& path = scans_.path(header);
    if (!is_header(path)) return known->second;
    std::string stem = path.substr(0, path.rfind('.'));
    for (const char* extension : {".c", ".cc", ".cpp", ".cxx", ".c++"})
      if (scans_.exists_unnoted(stem + extension))
        known->second.push_back(scans_.file(stem + extension));
    return known->second;
  }

  // Every file that the files in `queue`, and the files of the same owner they lead to,
  // include; with the source beside each header.
  std::vector<Included> included_files(int of, std::deque<File> queue) {
    std::vector<Included> out;
    Marks seen, waiting;
    for (File file : queue) waiting.add(file);
    Marks& done = processed(of);
    while (!queue.empty()) {
      File file = queue.front();
      queue.pop_front();
      waiting.remove(file);
      if (!done.add(file)) continue;
      for (const Included& item : follow(of, file)) {
        if (!done.has(item.path) && !waiting.has(item.path) && belongs(item.path, of)) {
          queue.push_back(item.path);
          waiting.add(item.path);
        }
        if (!seen.add(item.path)) continue;
        out.push_back(item);
        for (File source : sources_beside(item.path))
          if (seen.add(source)) out.push_back({source, item.by});
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
    if (library.kind != Library::Kind::PlatformIO || declared_done_[static_cast<size_t>(of)])
      return;
    declared_done_[static_cast<size_t>(of)] = true;
    for (const LibraryDependency& dependency : library.manifest.dependencies) {
      std::vector<int> order = ordered_;
      auto found = std::find_if(order.begin(), order.end(), [&](int other) {
        const Library& candidate = *at(other).library;
        return (dependency.name.empty() || candidate.name == dependency.name) &&
               (dependency.owner.empty() || candidate.owner.empty() ||
                dependency.owner == candidate.owner);
      });
      if (found == order.end()) continue;
      std::vector<int>& list = depends(of);
      if (std::find(list.begin(), list.end(), *found) != list.end()) continue;
      note(of, *found, {join_path(library.folder, "library.json"), ""});
      depend(of, *found);
      search(*found, {});
    }
  }

  std::deque<File> files_of(const std::vector<std::string>& paths) {
    std::deque<File> out;
    for (const std::string& path : paths) out.push_back(scans_.file(path));
    return out;
  }

  void search(int of, std::deque<File> files) {
    follow_declared(of);
    if (mode(of).reach == FinderMode::Off) return;
    if (of == kFinderProject) {
      files = files_of(project_.sources);
    } else if (mode(of).reach == FinderMode::Deep) {
      files = files_of(sources_of_(*at(of).library));
    }
    std::vector<std::pair<int, std::deque<File>>> by_library;
    for (const Included& item : included_files(of, std::move(files))) {
      // The first in the present order that it belongs to.
      int library = kFinderProject;
      for (int other : owners(item.path).libraries)
        if (library < 0 || rank_[static_cast<size_t>(other)] < rank_[static_cast<size_t>(library)])
          library = other;
      if (library < 0) continue;
      auto entry = std::find_if(by_library.begin(), by_library.end(),
                                [&](const auto& known) { return known.first == library; });
      if (entry == by_library.end()) {
        entry = by_library.insert(by_library.end(), {library, {}});
        if (library != of) note(of, library, {scans_.path(item.by), scans_.path(item.path)});
      }
      entry->second.push_back(item.path);
    }
    for (auto& [library, paths] : by_library) {
      depend(of, library);
      search(library, std::move(paths));
    }
  }

  void note(int of, int on, FinderReason reason) {
    out_.reasons.try_emplace({of, on}, std::move(reason));
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
      if (found[static_cast<size_t>(i)]) search(i, files_of(sources_of_(*at(i).library)));
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
  std::vector<Marks> processed_;
  std::vector<int> ordered_;
  std::vector<size_t> rank_;  // place of each library in ordered_
  std::vector<Folder> project_folders_, folders_;
  std::vector<std::vector<Folder>> library_folders_;
  std::unordered_map<std::string, File> in_folders_;
  std::unordered_map<File, std::vector<File>> beside_;
  std::vector<Owners> owners_of_folder_, owners_of_file_;
  bool has_links_ = false;
  std::vector<std::string> real_;
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

FoundLibraries find_libraries(
    const FinderProject& project, const std::vector<FinderLibrary>& libraries, IncludeScans& scans,
    const std::function<std::vector<std::string>(const Library&)>& sources_of) {
  return Finder(project, libraries, scans, sources_of).run();
}

}  // namespace fbuild
