#include "generator/plan/libraries.h"

#include <algorithm>
#include <set>

#include "generator/config/package_spec.h"
#include "generator/library/platform_names.h"
#include "generator/plan/options.h"
#include "support/files.h"

namespace fbuild {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// A mode that a manifest asks for; one that does not exist is the default.
FinderMode manifest_mode(const std::string& text) {
  return parse_finder_mode(text).value_or(FinderMode{});
}

std::string manifest_compatibility(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const char* kModes[] = {"off", "soft", "strict"};
  for (size_t i = 0; i < std::size(kModes); ++i)
    if (lower(text) == kModes[i] || text == std::to_string(i)) return kModes[i];
  return "soft";
}

}  // namespace

// Where libraries may lie, in the order in which they are looked at.
Result<std::vector<std::string>> LibraryPlan::storages() {
  std::string section = "env:" + env_.name;
  Result<std::vector<std::string>> extra = option_list(session_, section, "lib_extra_dirs");
  if (!extra) return extra.error();
  config::Variables variables;
  std::vector<std::string> out;
  for (const std::string& item : *extra) {
    std::string path = item;
    if (const char* home = session_.config.variable("HOME");
        path.starts_with("~") && home && (path.size() == 1 || path[1] == '/'))
      path = home + path.substr(1);
    if (path.find('$') != std::string::npos) {
      if (variables.empty()) variables = environment_variables(session_, env_);
      Result<std::string> filled = config::substitute_text(path, variables);
      if (!filled)
        return session_.config.at(session_.config.origin(section, "lib_extra_dirs"),
                                  filled.error().what, filled.error().fix);
      path = std::move(*filled);
    }
    out.push_back(path_inside(path, session_.project));
  }
  Result<std::string> lib_dir = option_folder(session_, "lib_dir"),
                      global = option_folder(session_, "globallib_dir");
  if (!lib_dir) return lib_dir.error();
  if (!global) return global.error();
  out.push_back(*lib_dir);
  out.push_back(*global);
  Result<std::vector<std::string>> bundled = fill_words(env_, env_.framework->libraries);
  if (!bundled) return bundled.error();
  out.insert(out.end(), bundled->begin(), bundled->end());
  return out;
}

// Whether the library may be used at all: it is not ignored, and says nothing against this
// framework and platform.
Result<bool> LibraryPlan::fits(const Library& library) {
  if (std::find(ignored_.begin(), ignored_.end(), library.name) != ignored_.end()) return false;
  const LibraryManifest& manifest = library.manifest;
  std::string mode = compatibility_;
  if (library.kind == Library::Kind::PlatformIO && manifest.compat_mode)
    mode = manifest_compatibility(*manifest.compat_mode);
  bool has_platforms =
      library.kind == Library::Kind::PlatformIO || library.kind == Library::Kind::Arduino;
  if (mode == "strict" && has_platforms) {
    if (!session_.platform_names) {
      Result<PlatformNames> names =
          read_platform_names(join_path(session_.platforms_dir, "architectures.txt"));
      if (!names) return names.error();
      session_.platform_names = std::make_shared<const PlatformNames>(std::move(*names));
    }
    if (!is_for(platforms_of(manifest, *session_.platform_names), {env_.platform->name}))
      return false;
  }
  if (mode == "off") return true;
  switch (library.kind) {
    case Library::Kind::PlatformIO:
      return is_for(manifest.frameworks, {env_.framework->name});
    case Library::Kind::Arduino:
      return is_for({"arduino", "energia"}, {env_.framework->name});
    case Library::Kind::Mbed:
      return is_for({"mbed"}, {env_.framework->name});
    case Library::Kind::Plain:
      return true;
  }
  return true;
}

Status LibraryPlan::add_library(const std::string& folder, const InstalledLibraries& installed,
                                EnvironmentFlags& flags) {
  std::shared_ptr<const Library>& known = session_.libraries[folder];
  if (!known) {
    auto package = installed.packages.find(folder);
    bool bare = package != installed.packages.end() && package->second.bare;
    Library library = load_library(folder, session_.scans, bare ? package->second.name : "");
    if (package != installed.packages.end()) {
      library.owner = package->second.owner;
      if (!package->second.version.empty()) library.manifest.version = package->second.version;
    }
    if (library.broken) {
      Error warning = *library.broken;
      warning.what = "the manifest is ignored: " + warning.what;
      session_.warn(std::move(warning));
    }
    known = std::make_shared<const Library>(std::move(library));
  }
  bool ours = is_installed(plan_, folder);
  if (!ours) {
    plan_.files.insert(plan_.files.end(), known->files.begin(), known->files.end());
    plan_.directories.insert(plan_.directories.end(), known->directories.begin(),
                             known->directories.end());
  }
  Result<bool> fit = fits(*known);
  if (!fit) return fit.error();
  if (!*fit) return {};
  const LibraryManifest& manifest = known->manifest;
  FinderLibrary library{known.get(), known->include_dirs, mode_, defines_};
  if (known->kind == Library::Kind::PlatformIO && manifest.ldf_mode)
    library.mode = manifest_mode(*manifest.ldf_mode);
  // Arduino's own builder looks at conditions; PlatformIO does where it matters most.
  if (known->kind == Library::Kind::Arduino && !manifest.dependencies.empty() &&
      !session_.config.is_set("env:" + env_.name, "lib_ldf_mode"))
    library.mode = {FinderMode::Chain, true};
  if (!manifest.flags.empty() || !manifest.unflags.empty() || !manifest.linker_flags.empty() ||
      manifest.precompiled) {
    Result<config::FlagScopes> scopes = library_scopes(session_, env_, flags, *known);
    if (!scopes) return scopes.error();
    if (known->kind == Library::Kind::PlatformIO)
      for (const config::FlagItem& item : (*scopes)[config::FlagScope::CppPath]) {
        const std::vector<config::FlagItem>& base = flags.base[config::FlagScope::CppPath];
        std::string path = path_inside(item.text, session_.project);
        if (std::find(base.begin(), base.end(), item) == base.end() &&
            std::find(library.include_dirs.begin(), library.include_dirs.end(), path) ==
                library.include_dirs.end())
          library.include_dirs.push_back(path);
      }
    library.defines = std::make_shared<const MacroTable>(macro_table(*scopes));
    own_[static_cast<int>(libraries_.size())] = std::move(*scopes);
  }
  if (!ours) {
    if (Status s = linked_.add_folder(folder, true); !s) return s;
    linked_.extend(library.include_dirs);
    plan_.directories.insert(plan_.directories.end(), library.include_dirs.begin(),
                             library.include_dirs.end());
  }
  loaded_.push_back(known);
  libraries_.push_back(std::move(library));
  return {};
}

Status LibraryPlan::load(EnvironmentFlags& flags, const InstalledLibraries& installed) {
  std::string section = "env:" + env_.name;
  Result<std::vector<std::string>> folders = storages(),
                                   ignored = option_list(session_, section, "lib_ignore");
  Result<std::string> mode = option_text(session_, section, "lib_ldf_mode"),
                      compatibility = option_text(session_, section, "lib_compat_mode"),
                      archive = option_text(session_, section, "lib_archive");
  if (!folders) return folders.error();
  if (!ignored) return ignored.error();
  if (!mode) return mode.error();
  if (!compatibility) return compatibility.error();
  if (!archive) return archive.error();
  ignored_ = std::move(*ignored);
  for (const ConditionalName& library : env_.framework->ignored_libraries)
    if (env_.holds(library.when)) ignored_.push_back(library.name);
  mode_ = parse_finder_mode(*mode).value_or(FinderMode{});
  compatibility_ = *compatibility;
  archive_ = *archive != "False";
  archive_is_set_ = session_.config.is_set(section, "lib_archive");
  if (env_.framework->loose_libraries && env_.holds(*env_.framework->loose_libraries)) {
    archive_ = false;
    archive_is_set_ = true;
  }
  defines_ = std::make_shared<const MacroTable>(macro_table(flags.base));
  Result<std::string> lib_dir = option_folder(session_, "lib_dir");
  if (!lib_dir) return lib_dir.error();
  for (const std::string& storage : *folders) {
    plan_.directories.push_back(storage);
    if (is_directory(storage)) {
      Result<std::vector<DirEntry>> entries = list_directory(storage);
      if (!entries) return entries.error();
      for (const DirEntry& entry : *entries)
        if (entry.kind == DirEntry::Directory && entry.name != "__cores__")
          if (Status s = add_library(join_path(storage, entry.name), installed, flags); !s)
            return s;
    }
    if (storage == *lib_dir)
      for (const std::string& folder : installed.folders)
        if (Status s = add_library(folder, installed, flags); !s) return s;
  }
  return {};
}

// The library that an item of lib_deps stands for; -1 if there is none. Names of packages
// count in any case, those of libraries without a manifest as they are.
Result<int> LibraryPlan::declared_library(const std::string& item, bool& installed) {
  installed = true;
  Result<config::PackageSpec> spec = config::parse_package_spec(item, session_.project);
  if (!spec) return -1;  // whoever installs says what is wrong
  int best = -1;
  config::Version best_version;
  std::string best_storage;
  for (int i = 0; i < static_cast<int>(libraries_.size()); ++i) {
    const Library& library = *libraries_[static_cast<size_t>(i)].library;
    bool described = library.kind == Library::Kind::PlatformIO || !library.manifest.name.empty();
    if (!described || spec->id) continue;
    std::string storage(dir_name(library.folder));
    if (best >= 0 && storage != best_storage) break;
    if (spec->external()) {
      std::string uri = *spec->uri;
      for (const char* scheme : {"file://", "symlink://"})
        if (uri.starts_with(scheme)) uri = uri.substr(std::string_view(scheme).size());
      if (path_inside(uri, session_.project) != path_inside(library.folder, session_.project))
        continue;
    } else {
      if (spec->owner && lower(*spec->owner) != lower(library.owner)) continue;
      if (!spec->name || lower(*spec->name) != lower(library.name)) continue;
    }
    config::Version version = config::package_version(
        library.manifest.version.empty() ? "0.0.0" : library.manifest.version);
    if (spec->requirements && !config::in_range(*spec->requirements, version)) continue;
    if (best >= 0 && config::compare_versions(version, best_version) <= 0) continue;
    best = i;
    best_version = version;
    best_storage = storage;
  }
  if (best >= 0) return best;
  installed = false;
  for (int i = 0; i < static_cast<int>(libraries_.size()); ++i)
    if (libraries_[static_cast<size_t>(i)].library->name == item) return i;
  return -1;
}

Status LibraryPlan::declared(const InstalledLibraries& installed) {
  Result<std::vector<std::string>> items = option_list(session_, "env:" + env_.name, "lib_deps");
  if (!items) return items.error();
  for (const std::string& item : *items) {
    FinderProject::Declared declared{-1, true, item};
    if (auto known = installed.folder_of.find(item); known != installed.folder_of.end())
      for (int i = 0; i < static_cast<int>(libraries_.size()); ++i)
        if (libraries_[static_cast<size_t>(i)].library->folder == known->second)
          declared.library = i;
    if (declared.library < 0) {
      Result<int> library = declared_library(item, declared.installed);
      if (!library) return library.error();
      declared.library = *library;
    }
    if (declared.library >= 0) project_.declared.push_back(std::move(declared));
  }
  return {};
}

Status LibraryPlan::find(FinderProject project, EnvironmentFlags& flags,
                         const InstalledLibraries& installed) {
  project_ = std::move(project);
  if (Status s = load(flags, installed); !s) return s;
  if (Status s = declared(installed); !s) return s;
  Result<config::FlagScopes> scopes = project_scopes(session_, env_, flags);
  if (!scopes) return scopes.error();
  project_.mode = mode_;
  project_.defines = std::make_shared<const MacroTable>(macro_table(*scopes));
  if (Result<std::string> tests = option_folder(session_, "test_dir"); tests)
    project_.owned.push_back(*tests);
  if (!linked_.empty()) {
    project_.origin = [this](const std::string& path) { return linked_.origin(path); };
    project_.other_side = [this](const std::string& folder) { return linked_.other_side(folder); };
  }
  found_ = find_libraries(project_, libraries_, session_.scans,
                          [this](const Library& library) { return sources(library); });
  if (Status s = linked_.status(); !s) return s;
  for (int index : found_.used) {
    const Library& library = *libraries_[static_cast<size_t>(index)].library;
    linked_.use(library.folder);
    for (const std::string& note : library.notes)
      session_.warn(Error{"library '" + library.name + "': " + note, "", library.folder});
  }
  describe();
  Result<LibraryFlags> spread = spread_library_flags(
      session_, env_, flags, project_, libraries_, found_, own_, [this](int index) {
        const Library& library = *libraries_[static_cast<size_t>(index)].library;
        return archives(library) && !sources(library).empty();
      });
  if (!spread) return spread.error();
  flags_ = std::move(*spread);
  return add_link_flags(session_, env_, flags_.project, flags);
}

// For people and for tests.
void LibraryPlan::describe() {
  plan_.fitting_libraries = libraries_.size();
  plan_.library_mode = finder_mode_name(mode_);
  plan_.library_compatibility = compatibility_;
  std::map<int, size_t> place;
  for (int index : found_.used) place.emplace(index, place.size());
  auto links = [&](int of, const std::vector<int>& depends, bool circular,
                   std::vector<LibraryLink>& out) {
    for (int on : depends) {
      const FinderReason& reason = found_.reasons[{of, on}];
      if (place.count(on)) out.push_back({place[on], reason.file, reason.header, circular});
    }
  };
  links(kFinderProject, found_.project_depends, false, plan_.library_links);
  for (int index : found_.used) {
    const Library& library = *libraries_[static_cast<size_t>(index)].library;
    UsedLibrary used{
        library.name, library.manifest.version, library.folder, !sources(library).empty(), {}};
    links(index, found_.depends[static_cast<size_t>(index)], false, used.links);
    links(index, found_.circular[static_cast<size_t>(index)], true, used.links);
    plan_.used_libraries.push_back(std::move(used));
  }
}

const std::vector<std::string>& LibraryPlan::sources(const Library& library) {
  auto [known, fresh] = sources_.try_emplace(&library);
  std::vector<std::string>& out = known->second;
  if (!fresh) return out;
  std::string filter = join_words(library.source_filter);
  const SourceListing& listing = session_.sources.of(library.source_dir, filter);
  plan_.directories.insert(plan_.directories.end(), listing.directories.begin(),
                           listing.directories.end());
  for (const std::string& file : listing.files)
    out.push_back(normalize_path(join_path(library.source_dir, file)));
  for (const std::string& file : linked_.sources(library.source_dir, filter))
    out.push_back(linked_.place_of(normalize_path(join_path(library.source_dir, file))));
  return out;
}

bool LibraryPlan::archives(const Library& library) const {
  bool said = library.kind == Library::Kind::PlatformIO && library.manifest.archive;
  return said && !archive_is_set_ ? *library.manifest.archive : archive_;
}

Result<LanguageArguments> LibraryPlan::project_arguments() const {
  return scope_arguments(session_, env_, flags_.project);
}

Status LibraryPlan::add_groups(const std::string& object_dir) {
  std::set<std::string> names;
  for (int index : found_.used) {
    const Library& library = *libraries_[static_cast<size_t>(index)].library;
    std::string name(base_name(library.folder));
    for (int n = 2; !names.insert(name).second; ++n)
      name = std::string(base_name(library.folder)) + "-" + std::to_string(n);
    SourceGroup group;
    group.name = "lib/" + name;
    plan_.input_folders.push_back(library.folder);
    std::string filter = join_words(library.source_filter);
    if (Status s = set_flags(group, scope_arguments(session_, env_, flags_.of.at(index))); !s)
      return s;
    // One that the project does not own (of the framework, of lib_deps, of a folder outside)
    // is the same for all who compile it alike. What stands in for its files is not.
    bool shared =
        is_installed(plan_, library.folder) || (library.folder[0] == '/' && linked_.empty());
    if (shared) group.name = name;
    if (shared)
      group.shared = shared_folder(session_.build_dir, plan_, group, library.source_dir, filter);
    std::string objects = shared ? group.shared : join_path(object_dir, "lib/" + name);
    const SourceListing& listing = session_.sources.of(library.source_dir, filter);
    group.units = compile_units(library.source_dir, listing.files, objects);
    linked_.extend(group, library.source_dir, filter, objects, {library.folder});
    if (group.units.empty()) continue;
    if (archives(library))
      group.archive =
          join_path(shared ? group.shared : join_path(object_dir, "lib"), "lib" + name + ".a");
    plan_.groups.push_back(std::move(group));
  }
  return {};
}

}  // namespace fbuild
