#include "generator/library/library.h"

#include <algorithm>

#include "support/files.h"

namespace fbuild {

namespace {

std::vector<std::string> default_filter() {
  return {"+<*>", "-<.git/>", "-<.svn/>", "-<example/>", "-<examples/>", "-<test/>", "-<tests/>"};
}

// Where Arduino's own builder finds sources: src/ and all below it, or else the root and
// utility/ alone. It never takes .asm files.
std::vector<std::string> arduino_filter(const std::string& folder) {
  if (is_directory(join_path(folder, "src"))) {
    std::vector<std::string> out = default_filter();
    out.push_back("-<**/*.[aA][sS][mM]>");
    return out;
  }
  std::vector<std::string> out;
  bool utility = is_directory(join_path(folder, "utility"));
  for (const char* extension : {"c", "cc", "cpp", "cxx", "c++", "S", "spp", "SPP", "sx", "s"}) {
    out.push_back(std::string("+<*.") + extension + ">");
    if (utility) out.push_back(std::string("+<utility/*.") + extension + ">");
  }
  return out;
}

std::string first_folder(const std::string& folder, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::string path = join_path(folder, name); is_directory(path)) return path;
  return "";
}

bool may_include(std::string_view name) {
  for (const char* extension : {".c", ".cc", ".cpp", ".cxx", ".c++", ".S", ".spp", ".SPP", ".sx",
                                ".s", ".asm", ".ASM", ".h", ".hpp"})
    if (name.ends_with(extension)) return true;
  return false;
}

// A library without a manifest is whose framework's header its sources include. The first
// one decides; PlatformIO takes files in the order of the file system, here they are
// sorted, files before folders.
Library::Kind kind_by_sources(const std::string& folder, Library& library, IncludeScans& scans,
                              int depth = 0) {
  if (depth > 100) return Library::Kind::Plain;  // links in a circle
  if (depth > 0) library.directories.push_back(folder);
  Result<std::vector<DirEntry>> entries = list_directory(folder);
  if (!entries) return Library::Kind::Plain;
  for (const DirEntry& entry : *entries)
    if (entry.name == "mbed_lib.json") return Library::Kind::Mbed;
  for (const DirEntry& entry : *entries) {
    if (entry.kind == DirEntry::Directory || !may_include(entry.name)) continue;
    std::string path = join_path(folder, entry.name);
    library.files.push_back(path);
    for (const IncludeLine& line : scans.of(path)) {
      if (line.kind != IncludeLine::Framework) continue;
      return line.name == "Arduino.h" ? Library::Kind::Arduino : Library::Kind::Mbed;
    }
  }
  for (const DirEntry& entry : *entries) {
    if (entry.kind != DirEntry::Directory) continue;
    Library::Kind kind = kind_by_sources(join_path(folder, entry.name), library, scans, depth + 1);
    if (kind != Library::Kind::Plain) return kind;
  }
  return Library::Kind::Plain;
}

void read_manifest(const std::string& path, Result<LibraryManifest> (*read)(std::string_view),
                   Library& library) {
  Result<std::string> text = read_file(path);
  Result<LibraryManifest> manifest = text ? read(*text) : text.error();
  if (manifest) {
    library.manifest = std::move(*manifest);
    return;
  }
  library.broken = manifest.error();
  library.broken->file = path;
}

}  // namespace

bool is_for(const std::vector<std::string>& said, const std::vector<std::string>& wanted) {
  if (said.empty() || wanted.empty()) return true;
  auto has = [](const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
  };
  if (has(said, "*") || has(wanted, "*")) return true;
  return std::any_of(said.begin(), said.end(),
                     [&](const std::string& item) { return has(wanted, item); });
}

Library load_library(const std::string& folder, IncludeScans& scans, const std::string& called) {
  Library library;
  library.folder = folder;
  library.directories.push_back(folder);
  std::string json = join_path(folder, "library.json");
  std::string properties = join_path(folder, "library.properties");
  bool is_arduino = is_regular_file(properties);
  for (const char* name : {"library.json", "library.properties", "keywords.txt", "module.json"})
    library.files.push_back(join_path(folder, name));
  LibraryManifest& manifest = library.manifest;
  if (is_regular_file(json)) {
    library.kind = Library::Kind::PlatformIO;
    read_manifest(json, read_library_json, library);
    if (manifest.builder == "ArduinoLibBuilder") library.kind = Library::Kind::Arduino;
    if (manifest.builder == "MbedLibBuilder") library.kind = Library::Kind::Mbed;
    if (manifest.builder == "UnknownLibBuilder") library.kind = Library::Kind::Plain;
    if (library.kind != Library::Kind::PlatformIO) manifest = {};
    if (!manifest.extra_script.empty())
      library.notes.push_back("its manifest's \"build.extraScript\" is not run");
  } else if (!called.empty()) {
    library.kind = Library::Kind::PlatformIO;
    manifest.name = called;
  } else if (is_arduino || is_regular_file(join_path(folder, "keywords.txt"))) {
    library.kind = Library::Kind::Arduino;
  } else if (is_regular_file(join_path(folder, "module.json"))) {
    library.kind = Library::Kind::Mbed;
  } else {
    library.kind = kind_by_sources(folder, library, scans);
  }
  if (library.kind == Library::Kind::Arduino && is_arduino)
    read_manifest(properties, read_library_properties, library);
  library.name = manifest.name.empty() ? std::string(base_name(folder)) : manifest.name;

  auto inside = [&](const std::string& path) { return normalize_path(join_path(folder, path)); };
  bool pio = library.kind == Library::Kind::PlatformIO,
       arduino = library.kind == Library::Kind::Arduino;
  std::string source = first_folder(folder, {"src", "Src"}),
              utility = first_folder(folder, {"utility"});
  bool has_src = is_directory(join_path(folder, "src"));
  library.source_dir = pio && manifest.source_dir ? inside(*manifest.source_dir)
                       : source.empty()           ? folder
                                                  : source;
  if (library.kind == Library::Kind::Mbed)
    if (std::string path = first_folder(folder, {"source"}); !path.empty())
      library.source_dir = path;

  std::string include = first_folder(folder, {"include", "Include"});
  if (pio && manifest.include_dir) include = inside(*manifest.include_dir);
  // Arduino knows an include folder only beside src.
  if (arduino) include = has_src ? first_folder(folder, {"include"}) : "";
  if (!include.empty()) library.include_dirs.push_back(include);
  library.include_dirs.push_back(library.source_dir);
  bool with_utility = arduino || (pio && !manifest.has_build && is_arduino);
  if (with_utility && !has_src && !utility.empty()) library.include_dirs.push_back(utility);
  if (library.kind == Library::Kind::Mbed && library.source_dir != folder)
    library.include_dirs.push_back(folder);

  library.source_filter = pio ? manifest.source_filter : std::vector<std::string>();
  if (library.source_filter.empty())
    library.source_filter =
        arduino || (pio && is_arduino) ? arduino_filter(folder) : default_filter();
  return library;
}

}  // namespace fbuild
