#include "generator/plan/libraries.h"

#include <algorithm>
#include <set>

#include "generator/plan/options.h"
#include "support/files.h"

namespace fbuild {

namespace {

// Puts those of `more` that are not there yet before the others.
void prepend_new(std::vector<std::string>& list, const std::vector<std::string>& more) {
  std::vector<std::string> fresh;
  for (const std::string& item : more)
    if (std::find(list.begin(), list.end(), item) == list.end()) fresh.push_back(item);
  list.insert(list.begin(), fresh.begin(), fresh.end());
}

}  // namespace

// Where libraries may lie, in the order in which they are looked at.
Result<std::vector<std::string>> LibraryPlan::storages() {
  Result<std::string> lib_dir = option_folder(session_, "lib_dir");
  if (!lib_dir) return lib_dir.error();
  Result<std::vector<std::string>> extra = option_list(session_, "env:" + env_.name, "lib_extra_dirs");
  if (!extra) return extra.error();
  std::vector<std::string> out;
  for (const std::string& path : *extra) out.push_back(path_inside(path, session_.project));
  out.push_back(*lib_dir);
  Result<std::vector<std::string>> bundled = fill_words(env_, env_.framework->libraries);
  if (!bundled) return bundled.error();
  out.insert(out.end(), bundled->begin(), bundled->end());
  return out;
}

Status LibraryPlan::load() {
  Result<std::vector<std::string>> folders = storages();
  if (!folders) return folders.error();
  Result<std::vector<std::string>> ignore = option_list(session_, "env:" + env_.name, "lib_ignore");
  if (!ignore) return ignore.error();
  for (const std::string& storage : *folders) {
    plan_.directories.push_back(storage);
    if (!is_directory(storage)) continue;
    Result<std::vector<DirEntry>> entries = list_directory(storage);
    if (!entries) return entries.error();
    for (const DirEntry& entry : *entries) {
      if (entry.kind != DirEntry::Directory || entry.name == "__cores__") continue;
      Result<std::shared_ptr<const Library>> library = library_in(join_path(storage, entry.name));
      if (!library) return library.error();
      const std::vector<std::string>& frameworks = (*library)->frameworks;
      bool fits = frameworks.empty() || std::any_of(frameworks.begin(), frameworks.end(), [&](const std::string& name) {
                    return name == "*" || name == env_.framework->name;
                  });
      bool ignored = std::find(ignore->begin(), ignore->end(), (*library)->name) != ignore->end();
      if (!fits || ignored) continue;
      libraries_.push_back(**library);
      if (is_installed(plan_, storage)) continue;
      if (Status s = linked_.add_folder(libraries_.back().folder, true); !s) return s;
      linked_.extend(libraries_.back().include_dirs);
    }
  }
  return {};
}

Status LibraryPlan::find(FinderProject project) {
  project_ = std::move(project);
  if (Status s = load(); !s) return s;
  if (!linked_.empty()) {
    project_.origin = [this](const std::string& path) { return linked_.origin(path); };
    project_.other_side = [this](const std::string& folder) { return linked_.other_side(folder); };
  }
  std::string section = "env:" + env_.name;
  Result<std::string> mode = option_text(session_, section, "lib_ldf_mode");
  if (!mode) return mode.error();
  FinderMode finder_mode = *mode == "off" ? FinderMode::Off : mode->starts_with("deep") ? FinderMode::Deep : FinderMode::Chain;
  if (mode->ends_with("+"))
    session_.warn(session_.config.at(session_.config.origin(section, "lib_ldf_mode"),
                                     "'lib_ldf_mode = " + *mode + "' does not look at #if yet",
                                     "it finds what '" + mode->substr(0, mode->size() - 1) + "' finds"));
  found_ = find_libraries(project_, libraries_, finder_mode, session_.scans,
                          [this](const Library& library) { return sources(library); });
  if (Status s = linked_.status(); !s) return s;
  for (int index : found_.used) {
    const Library& library = libraries_[static_cast<size_t>(index)];
    linked_.use(library.folder);
    plan_.libraries.push_back(library.name);
    for (const std::string& note : library.notes)
      session_.warn(Error{"library '" + library.name + "': " + note, "", library.folder});
  }
  return {};
}

Result<std::shared_ptr<const Library>> LibraryPlan::library_in(const std::string& path) {
  std::shared_ptr<const Library>& known = session_.libraries[path];
  if (!known) {
    Result<Library> library = load_library(path);
    if (!library) return library.error();
    known = std::make_shared<const Library>(std::move(*library));
  }
  return known;
}

std::vector<std::string> LibraryPlan::sources(const Library& library) {
  std::string filter = join_words(library.source_filter);
  const SourceListing& listing = session_.sources.of(library.source_dir, filter);
  plan_.directories.insert(plan_.directories.end(), listing.directories.begin(), listing.directories.end());
  std::vector<std::string> out;
  for (const std::string& file : listing.files) out.push_back(normalize_path(join_path(library.source_dir, file)));
  for (const std::string& file : linked_.sources(library.source_dir, filter))
    out.push_back(linked_.place_of(normalize_path(join_path(library.source_dir, file))));
  return out;
}

// Include folders of a library and of all it depends on, in PlatformIO's order: its own,
// then those of its dependencies from the last to the first.
std::vector<std::string> LibraryPlan::includes(int index) const {
  std::vector<std::string> out;
  const std::vector<std::string>& own = libraries_[static_cast<size_t>(index)].include_dirs;
  for (int other : found_.depends[static_cast<size_t>(index)]) prepend_new(out, includes(other));
  for (int other : found_.circular[static_cast<size_t>(index)])
    prepend_new(out, libraries_[static_cast<size_t>(other)].include_dirs);
  prepend_new(out, own);
  return out;
}

std::vector<std::string> LibraryPlan::project_includes(const std::vector<std::string>& own) const {
  std::vector<std::string> out;
  for (int index : found_.project_depends) prepend_new(out, includes(index));
  prepend_new(out, own);
  return out;
}

Status LibraryPlan::add_groups(EnvironmentFlags& flags, const std::string& object_dir) {
  std::string section = "env:" + env_.name;
  Result<std::string> archive_option = option_text(session_, section, "lib_archive");
  if (!archive_option) return archive_option.error();
  bool archive_is_set = session_.config.is_set(section, "lib_archive");
  std::set<std::string> names;
  for (int index : found_.used) {
    const Library& library = libraries_[static_cast<size_t>(index)];
    std::string name(base_name(library.folder));
    for (int n = 2; !names.insert(name).second; ++n) name = std::string(base_name(library.folder)) + "-" + std::to_string(n);
    SourceGroup group;
    group.name = "lib/" + name;
    bool archive = *archive_option != "False";
    plan_.input_folders.push_back(library.folder);
    if (!archive_is_set && library.has_manifest_archive) archive = library.archive;
    std::string filter = join_words(library.source_filter), objects = join_path(object_dir, "lib/" + name);
    const SourceListing& listing = session_.sources.of(library.source_dir, filter);
    group.units = compile_units(library.source_dir, listing.files, objects);
    linked_.extend(group, library.source_dir, filter, objects, {library.folder});
    if (group.units.empty()) continue;
    if (archive) group.archive = join_path(object_dir, "lib/lib" + name + ".a");
    if (Status s = set_flags(group, library_arguments(session_, env_, flags, library, includes(index))); !s) return s;
    plan_.groups.push_back(std::move(group));
  }
  return {};
}

}  // namespace fbuild
