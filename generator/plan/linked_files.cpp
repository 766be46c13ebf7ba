#include "generator/plan/linked_files.h"

#include <algorithm>
#include <set>

#include "generator/config/source_filter.h"
#include "generator/ninja/text.h"
#include "generator/plan/environment.h"
#include "generator/platform/linked_blob.h"
#include "lnk/find_manifests.h"
#include "support/files.h"

namespace fbuild {

namespace {

constexpr std::string_view kSuffix = ".lnk";

std::string without_suffix(const std::string& path) {
  return path.substr(0, path.size() - kSuffix.size());
}

bool lies_in(const std::string& path, const std::string& folder) {
  if (folder == ".") return path[0] != '/' && !path.starts_with("../");
  return path == folder || path.starts_with(folder + "/");
}

// Whether a compiler may read includes in it.
bool is_code(std::string_view path) {
  if (source_language(path)) return true;
  for (std::string_view ending :
       {".h", ".hh", ".hpp", ".hxx", ".h++", ".inc", ".inl", ".ipp", ".tpp", ".tcc", ".def"})
    if (path.ends_with(ending)) return true;
  return false;
}

// Whether it lies in a folder of the library that the default source filter leaves out.
bool is_aside(const std::string& name, const std::string& library) {
  for (const char* folder : {"example", "examples", "test", "tests", "docs", "extras"})
    if (lies_in(name, join_path(library, folder))) return true;
  return false;
}

// Every pattern of the filter once more for the manifest of what it names.
std::string filter_of_manifests(const std::string& filter) {
  std::string text = filter.empty() ? std::string(config::kDefaultSourceFilter) : filter, out;
  for (size_t at = 0; at < text.size();) {
    size_t close = text[at] == '+' || text[at] == '-' ? text.find('>', at) : std::string::npos;
    if (close == std::string::npos || at + 1 >= text.size() || text[at + 1] != '<') {
      out += text[at++];
      continue;
    }
    std::string item = text.substr(at, close - at);
    out += item + "> ";
    if (!item.ends_with('/') && item.size() > 2) out += item + std::string(kSuffix) + "> ";
    at = close + 1;
  }
  return out;
}

}  // namespace

std::string place_below(const std::string& below, const std::string& path) {
  std::string out = below;
  std::string normal = normalize_path(path);
  for (size_t begin = 0; begin < normal.size();) {
    size_t end = std::min(normal.find('/', begin), normal.size());
    std::string part = normal.substr(begin, end - begin);
    if (end == 0) part = "__root";
    if (!part.empty() && part != ".") out += "/" + (part == ".." ? "__" : part);
    begin = end + 1;
  }
  return out;
}

Status LinkedFiles::add_folder(const std::string& folder, bool is_library) {
  if (!is_directory(folder)) return {};
  Result<std::vector<std::string>> manifests = lnk::find_manifests(folder);
  if (!manifests) return manifests.error();
  for (const std::string& path : *manifests) {
    std::string name = without_suffix(path);
    if (is_library && is_aside(name, folder)) continue;
    if (path_exists(name)) {
      session_->warn(
          Error{"'" + name + "' is there itself, and is used", "remove one of them", path});
      continue;
    }
    if (name.ends_with(".ino") || name.ends_with(".pde"))
      return Error{"a sketch cannot be a .lnk", "make it a C++ source, or check in '" + name + "'",
                   path};
    Result<Known*> known = load(path);
    if (!known) return known.error();
    const Known& file = **known;
    session_->scans.provide(file.file.place, [this, &file] { return read(file); });
  }
  return {};
}

Result<LinkedFiles::Known*> LinkedFiles::load(const std::string& path) {
  std::string name = without_suffix(path);
  if (auto found = by_name_.find(name); found != by_name_.end()) return &found->second;
  Result<lnk::Manifest> manifest = lnk::load_manifest(path);
  if (!manifest) return manifest.error();
  if (manifest->extract != lnk::Extract::File)
    return Error{"it names an archive, where a file is needed",
                 "\"extract\" has to be \"file\" here", path};
  if (!writable_in_ninja(path))
    return Error{"ninja cannot build a file whose name has a '|', a tab or a line end", "rename it",
                 path};
  Known& known = by_name_[name];
  known.file = {path, name, place_below(places_, name)};
  known.manifest = std::move(*manifest);
  name_of_place_[known.file.place] = name;
  std::string folder(dir_name(name)), side(dir_name(known.file.place));
  sides_[folder] = side;
  sides_[side] = folder;
  return &known;
}

void LinkedFiles::use(const std::string& folder) {
  for (auto& [name, known] : by_name_)
    if (lies_in(name, folder)) known.used = known.included = true;
}

Result<LinkedFile> LinkedFiles::add(const std::string& path) {
  Result<Known*> known = load(path);
  if (!known) return known.error();
  (*known)->used = true;
  return (*known)->file;
}

std::string LinkedFiles::read(const Known& known) {
  if (error_ || !is_code(known.file.name)) return "";
  Result<std::string> blob =
      linked_blob(session_->choices.store, known.file.manifest, known.manifest);
  Result<std::string> content = blob ? read_file(*blob) : blob;
  if (content) return std::move(*content);
  error_ = content.error();
  return "";
}

void LinkedFiles::extend(std::vector<std::string>& include_dirs) const {
  if (empty()) return;
  std::vector<std::string> out;
  for (const std::string& folder : include_dirs) {
    out.push_back(folder);
    bool any = std::any_of(by_name_.begin(), by_name_.end(),
                           [&](const auto& item) { return lies_in(item.first, folder); });
    if (any) out.push_back(place_below(places_, folder));
  }
  include_dirs = std::move(out);
}

std::vector<std::string> LinkedFiles::sources(const std::string& folder,
                                              const std::string& filter) const {
  std::vector<std::string> out;
  if (empty()) return out;
  static constexpr std::string_view kManifests[] = {"lnk"};
  for (const std::string& file :
       config::match_sources(folder, filter_of_manifests(filter), kManifests).files) {
    std::string name = without_suffix(file);
    if (source_language(name) && !place_of(normalize_path(join_path(folder, name))).empty())
      out.push_back(name);
  }
  return out;
}

std::string LinkedFiles::place_of(const std::string& name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? std::string() : found->second.file.place;
}

void LinkedFiles::extend(SourceGroup& group, const std::string& folder, const std::string& filter,
                         const std::string& object_dir,
                         const std::vector<std::string>& roots) const {
  if (empty()) return;
  for (CompileUnit& unit : compile_units(folder, sources(folder, filter), object_dir)) {
    unit.source = place_of(unit.source);
    auto place = std::find_if(group.units.begin(), group.units.end(),
                              [&](const CompileUnit& other) { return other.object > unit.object; });
    group.units.insert(place, std::move(unit));
  }
  std::set<std::string> folders;  // with a place that may be included
  for (const auto& [name, known] : by_name_)
    for (const std::string& root : roots)
      if (lies_in(name, root) && is_code(name)) folders.insert(std::string(dir_name(name)));
  for (CompileUnit& unit : group.units) {
    if (unit.language == Language::Asm) continue;  // without preprocessor
    std::vector<std::string> searched;
    auto add = [&](const std::string& path) {
      if (std::find(searched.begin(), searched.end(), path) == searched.end())
        searched.push_back(path);
    };
    // Its own folder is searched already; beside it come its places, or the other way round.
    std::string name = origin(unit.source), own(dir_name(name));
    if (name != unit.source) add(own);
    if (folders.count(own)) add(place_below(places_, own));
    for (const std::string& other : folders) {
      add(other);
      add(place_below(places_, other));
    }
    for (const std::string& path : searched) unit.flags.insert(unit.flags.end(), {"-iquote", path});
  }
}

std::string LinkedFiles::origin(const std::string& path) const {
  auto found = name_of_place_.find(path);
  return found == name_of_place_.end() ? path : found->second;
}

std::string LinkedFiles::other_side(const std::string& folder) const {
  auto found = sides_.find(folder);
  return found == sides_.end() ? std::string() : found->second;
}

void LinkedFiles::finish(BuildPlan& plan) const {
  for (const auto& [name, known] : by_name_) {
    // Whatever comes of an unused one, it was read.
    plan.files.push_back(known.file.manifest);
    if (!known.used) continue;
    PreparedFile edge{"linked_file", known.file.manifest, known.file.place};
    if (session_->choices.store.offline) edge.variables.emplace_back("lnk_options", "--offline");
    plan.prepared.push_back(std::move(edge));
    if (known.included) plan.linked.push_back(known.file.place);
    plan.input_files.push_back(known.file.manifest);
  }
  if (!plan.linked.empty())
    for (SourceGroup& group : plan.groups)
      group.reads_linked = group.name == "src" || group.name.starts_with("lib/");
  auto made = [&](const std::string& path) { return lies_in(path, places_); };
  for (std::vector<std::string>* list :
       {&plan.files, &plan.input_files, &plan.directories, &plan.input_folders})
    std::erase_if(*list, made);
}

}  // namespace fbuild
