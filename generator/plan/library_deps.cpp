#include "generator/plan/library_deps.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "generator/config/unicode_text.h"
#include "generator/deps/library_place.h"
#include "generator/deps/registry.h"
#include "generator/plan/options.h"
#include "generator/platform/package_link.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {

namespace {

std::string links_folder(const Session& session) {
  return join_path(session.build_dir, "libdeps");
}

Result<LibraryProvider*> provider_of(Session& session) {
  if (session.provider) return &*session.provider;
  LibraryRun run;
  run.store = &session.choices.store;
  run.install = session.choices.install;
  run.locked = session.choices.locked;
  run.project = session.project;
  const char* named = session.config.variable("FBUILD_REGISTRY");
  run.registry = named && *named ? named : kDefaultRegistry;
  if (path_exists(kLockFile)) {
    Result<std::string> text = read_file(kLockFile);
    if (!text) return text.error();
    // Whether it is a lock file at all is told by whoever reads the packages in it.
    if (Result<PackageLock> valid = parse_package_lock(*text, kLockFile); !valid)
      return valid.error();
    Result<LibraryLock> lock = parse_library_lock(*text, kLockFile);
    if (!lock) return lock.error();
    run.lock = std::move(*lock);
  }
  session.provider.emplace(std::move(run));
  return &*session.provider;
}

class LibraryDeps {
 public:
  LibraryDeps(Session& session, const Environment& environment, BuildPlan& plan)
      : session_(session), env_(environment), plan_(plan), section_("env:" + environment.name) {}

  Result<InstalledLibraries> run() {
    Result<const config::Value*> value = session_.config.get(section_, "lib_deps");
    if (!value) return value.error();
    items_ = (*value)->items;
    for (size_t i = 0; i < items_.size(); ++i) {
      Result<LibraryRequirement> wanted = parse_lib_dep(
          items_[i].text, static_cast<int>(i), session_.project, [&](const std::string& path) {
            plan_.files.push_back(path_inside(path, session_.project));
          });
      if (!wanted) return at(static_cast<int>(i), wanted.error());
      wanted_.push_back(std::move(*wanted));
    }
    if (Status s = own_libraries(); !s) return s.error();
    if (wanted_.empty()) return InstalledLibraries{};
    Result<LibraryProvider*> provider = provider_of(session_);
    if (!provider) return provider.error();
    LibrarySource source = (*provider)->source();
    source.platform = env_.platform->name;
    source.frameworks = {env_.framework->name};
    Status problem;
    source.brought_along = [&](const LibraryRequirement& wanted) {
      Result<bool> found = brought_along(wanted);
      if (!found && problem) problem = found.error();
      return found && *found;
    };
    // A slip in the name of a library that is here is likelier than one of the registry.
    source.suggest = [&, in_registry = source.suggest](const LibraryRequirement& wanted) {
      Result<std::string> here = suggest_here(wanted);
      if (!here && problem) problem = here.error();
      return here && !here->empty() ? *here : in_registry(wanted);
    };
    int blamed = -1;
    Result<LibraryResolution> resolution = resolve_libraries(wanted_, source, blamed);
    if (!problem) return problem.error();
    if (!resolution) return at(blamed, resolution.error());
    for (const std::string& text : resolution->warnings)
      session_.warn(at(items_.empty() ? -1 : 0, {text, ""}));
    for (const std::string& text : (*provider)->warnings())
      session_.warn(at(-1, {text, "check in fbuild.lock, which pins it from now on"}));
    if (!resolution->missing.empty()) return missing(resolution->missing);
    return link(*resolution);
  }

 private:
  // At the item of lib_deps, or at the option.
  Error at(int item, const Error& error) {
    if (!error.file.empty()) return error;
    if (item >= 0)
      return session_.config.at(items_[static_cast<size_t>(item)].origin, error.what, error.fix);
    config::Origin origin = session_.config.origin(section_, "lib_deps");
    return origin.file >= 0 ? session_.config.at(origin, error.what, error.fix) : error;
  }

  Error missing(const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + text;
    Error error =
        at(-1, {"environment '" + env_.name + "' needs libraries that are not here yet: " + list,
                "fetch them with 'fbuild-gen --install'"});
    session_.not_here.push_back(error);
    return error;
  }

  // What the libraries in lib_dir depend on, where they say whose it is or from where.
  Status own_libraries() {
    Result<std::string> lib_dir = option_folder(session_, "lib_dir");
    if (!lib_dir) return lib_dir.error();
    plan_.directories.push_back(*lib_dir);
    Result<std::vector<DirEntry>> entries = list_directory(*lib_dir);
    if (!entries) return {};
    for (const DirEntry& entry : *entries) {
      if (entry.kind != DirEntry::Directory) continue;
      std::string folder = join_path(*lib_dir, entry.name);
      for (const char* name : {"library.json", "library.properties"})
        plan_.files.push_back(join_path(folder, name));
      for (const LibraryDependency& dependency : manifest_of(folder).dependencies) {
        Result<LibraryRequirement> wanted =
            parse_manifest_dependency(dependency, "library '" + entry.name + "'", session_.project);
        if (!wanted) {
          session_.warn(Error{"a dependency cannot be followed: " + wanted.error().what,
                              wanted.error().fix, folder});
        } else if (!wanted->bare() && !is_own(*wanted, *lib_dir, *entries)) {
          wanted_.push_back(std::move(*wanted));
        }
      }
    }
    return {};
  }

  const LibraryManifest& manifest_of(const std::string& folder) {
    auto [known, fresh] = session_.manifests.try_emplace(folder);
    if (fresh) known->second = library_manifest(folder);
    return known->second;
  }

  // Whether one of the project's own libraries is what another of them depends on, whoever
  // it is by: the project has its own copy.
  bool is_own(const LibraryRequirement& wanted, const std::string& lib_dir,
              const std::vector<DirEntry>& entries) {
    return std::any_of(entries.begin(), entries.end(), [&](const DirEntry& entry) {
      const LibraryManifest& manifest = manifest_of(join_path(lib_dir, entry.name));
      bool named = config::lower(manifest.name.empty() ? entry.name : manifest.name) ==
                   config::lower(wanted.name);
      return named && (!wanted.range ||
                       config::in_range(*wanted.range, config::package_version(manifest.version)));
    });
  }

  // Names and versions of libraries that are there without lib_deps.
  Status look_around() {
    if (known_) return {};
    known_.emplace();
    Result<std::vector<std::string>> extra = option_list(session_, section_, "lib_extra_dirs");
    if (!extra) return extra.error();
    Result<std::string> lib_dir = option_folder(session_, "lib_dir"),
                        global = option_folder(session_, "globallib_dir");
    if (!lib_dir) return lib_dir.error();
    if (!global) return global.error();
    Result<std::vector<std::string>> bundled = fill_words(env_, env_.framework->libraries);
    if (!bundled) return bundled.error();
    std::vector<std::string> storages = *extra;
    storages.insert(storages.end(), {*lib_dir, *global});
    storages.insert(storages.end(), bundled->begin(), bundled->end());
    for (const std::string& storage : storages) {
      if (!is_installed(plan_, storage)) plan_.directories.push_back(storage);
      Result<std::vector<DirEntry>> entries = list_directory(storage);
      if (!entries) continue;
      for (const DirEntry& entry : *entries) {
        if (entry.kind != DirEntry::Directory) continue;
        const LibraryManifest& manifest = manifest_of(join_path(storage, entry.name));
        std::string name = manifest.name.empty() ? entry.name : manifest.name;
        known_->emplace(config::lower(name), Known{name, manifest.version});
      }
    }
    return {};
  }

  Result<bool> brought_along(const LibraryRequirement& wanted) {
    if (Status s = look_around(); !s) return s.error();
    auto [begin, end] = known_->equal_range(config::lower(wanted.name));
    return std::any_of(begin, end, [&](const auto& library) {
      return !wanted.range ||
             config::in_range(*wanted.range, config::package_version(library.second.version));
    });
  }

  // "did you mean 'Wire'?" for a bare name that is nearly one of them, or "".
  Result<std::string> suggest_here(const LibraryRequirement& wanted) {
    if (!wanted.bare() || wanted.name.empty()) return std::string();
    if (Status s = look_around(); !s) return s.error();
    std::vector<std::string> names;
    for (const auto& [key, library] : *known_)
      if (key != config::lower(wanted.name)) names.push_back(library.name);
    return did_you_mean(wanted.name, names);
  }

  Result<InstalledLibraries> link(const LibraryResolution& resolution) {
    InstalledLibraries out;
    std::vector<const ChosenLibrary*> sorted;
    for (const ChosenLibrary& library : resolution.libraries) sorted.push_back(&library);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const ChosenLibrary* a, const ChosenLibrary* b) {
                       return a->folder_name < b->folder_name;
                     });
    Result<std::string> libdeps = option_folder(session_, "libdeps_dir");
    if (!libdeps) return libdeps.error();
    std::map<const ChosenLibrary*, std::string> places;
    for (const ChosenLibrary* library : sorted) {
      Result<std::string> folder =
          library->tree.empty() ? path_inside(library->folder, session_.project) : linked(*library);
      if (!folder) return folder.error();
      places[library] = *folder;
      out.places[join_path(join_path(*libdeps, env_.name), library->folder_name)] = *folder;
      if (std::find(out.folders.begin(), out.folders.end(), *folder) == out.folders.end())
        out.folders.push_back(*folder);
      InstalledLibraries::Package package{library->name, library->owner, library->version, true};
      for (const char* name : {"library.json", "library.properties", "module.json"}) {
        std::string manifest = join_path(*folder, name);
        package.bare = package.bare && !path_exists(manifest);
        if (library->tree.empty()) plan_.files.push_back(manifest);
      }
      package.bare = package.bare && !library->requirement.as_is;
      out.packages[*folder] = std::move(package);
      if (library->requirement.kind == LibraryRequirement::LocalArchive)
        plan_.files.push_back(path_inside(library->requirement.place, session_.project));
      if (library->pin) session_.choices.libraries.push_back(*library->pin);
    }
    for (size_t i = 0; i < resolution.of_item.size(); ++i)
      if (int index = resolution.of_item[i]; index >= 0)
        out.folder_of[items_[i].text] = places[&resolution.libraries[static_cast<size_t>(index)]];
    return out;
  }

  // The link to a library in the store.
  Result<std::string> linked(const ChosenLibrary& library) {
    std::string name = library_folder_name(library.folder_name), digits;
    if (library.pin && library.pin->from_registry()) {
      name = join_path(library_folder_name(library.owner),
                       name + "@" + library_folder_name(library.version));
    } else {
      digits = library.pin && library.pin->from_git()
                   ? library.pin->commit
                   : std::string(base_name(dir_name(library.tree)));
      name += "@" + digits.substr(0, 10);
    }
    PackageUse use;
    use.link = join_path(links_folder(session_), name);
    use.installed = use.library = true;
    use.package = {library.name,
                   library.folder,
                   library.requirement.text,
                   library.version,
                   library.pin ? library.pin->sha256 : "",
                   library.tree};
    if (use.package.sha256.empty()) use.package.sha256 = digits;
    use.stamps.push_back(use.link + ".changed");
    session_.library_links[use.link] = library.folder;
    if (Status s = make_directories(std::string(dir_name(use.link))); !s)
      return Error{s.error().what, "the build directory has to be writable; -B names another",
                   s.error().file};
    Result<bool> made = link_package(use.link, library.folder, session_.project);
    if (!made) return made.error();
    if (*made) session_.scans.look_anew();
    pin_in_store(library.tree, join_path(session_.project, use.link));
    session_.choices.from_archive = session_.choices.from_archive || library.pin.has_value();
    plan_.packages.push_back(use);
    return use.link;
  }

  Session& session_;
  const Environment& env_;
  BuildPlan& plan_;
  std::string section_;
  std::vector<config::ListItem> items_;
  std::vector<LibraryRequirement> wanted_;
  struct Known {
    std::string name, version;
  };
  std::optional<std::multimap<std::string, Known>> known_;  // by lower-case name
};

}  // namespace

Result<InstalledLibraries> library_deps(Session& session, const Environment& environment,
                                        BuildPlan& plan) {
  return LibraryDeps(session, environment, plan).run();
}

std::string installed_place(const InstalledLibraries& installed, const std::string& path) {
  for (const auto& [place, folder] : installed.places) {
    if (path == place) return folder;
    if (path.starts_with(place + "/")) return join_path(folder, path.substr(place.size() + 1));
  }
  return path;
}

void tidy_library_links(const Session& session) {
  std::string top = links_folder(session);
  std::vector<std::string> folders = {top};
  for (size_t i = 0; i < folders.size(); ++i) {
    std::string folder = folders[i];
    Result<std::vector<DirEntry>> entries = list_directory(folder);
    if (!entries) continue;
    for (const DirEntry& entry : *entries) {
      std::string path = join_path(folder, entry.name);
      bool link = !link_target(path).empty();
      std::string of = path.ends_with(".changed") ? path.substr(0, path.size() - 8) : path;
      if (!link && entry.kind == DirEntry::Directory) {
        if (folder == top) folders.push_back(path);
      } else if (!session.library_links.count(of) && (link || of != path)) {
        ::unlink(path.c_str());
      }
    }
  }
  // One that still has something in it stays.
  for (size_t i = folders.size(); i-- > 0;) ::rmdir(folders[i].c_str());
}

}  // namespace fbuild
