#include "generator/deps/library_place.h"

#include <algorithm>

#include "support/files.h"

namespace fbuild {

namespace {

// Real libraries are found within a few levels; a tree of links to itself has no end.
constexpr int kMaxDepth = 32;

bool has_manifest(const std::string& folder) {
  for (const char* name : {"library.json", "library.properties", "module.json"})
    if (is_regular_file(join_path(folder, name))) return true;
  return false;
}

std::string folder_with_manifest(const std::string& folder, int depth) {
  if (has_manifest(folder)) return folder;
  if (depth == kMaxDepth) return "";
  Result<std::vector<DirEntry>> entries = list_directory(folder);
  if (!entries) return "";
  for (const DirEntry& entry : *entries)
    if (entry.kind == DirEntry::Directory && entry.name != ".git")
      if (std::string found = folder_with_manifest(join_path(folder, entry.name), depth + 1);
          !found.empty())
        return found;
  return "";
}

std::string folder_with_sources(const std::string& folder, int depth) {
  Result<std::vector<DirEntry>> entries = list_directory(folder);
  if (!entries || depth == kMaxDepth) return "";
  size_t folders = 0, files = 0;
  bool sign = false;
  for (const DirEntry& entry : *entries) {
    if (entry.kind == DirEntry::Directory) {
      ++folders;
      for (const char* name : {"include", "Include", "inc", "Inc", "src", "Src"})
        sign = sign || entry.name == name;
    } else {
      ++files;
      sign = sign || entry.name == "conanfile.py" || entry.name == "CMakeLists.txt";
      for (const char* ending : {".c", ".cpp", ".h", ".hpp", ".S"})
        sign = sign || entry.name.ends_with(ending);
    }
  }
  if (sign && !(files == 0 && folders == 1)) return folder;
  for (const DirEntry& entry : *entries)
    if (entry.kind == DirEntry::Directory)
      if (std::string found = folder_with_sources(join_path(folder, entry.name), depth + 1);
          !found.empty())
        return found;
  // A folder with nothing but src in it is the library all the same.
  return sign ? folder : "";
}

}  // namespace

std::string library_root(const std::string& folder) {
  std::string found = folder_with_manifest(folder, 0);
  if (found.empty()) found = folder_with_sources(folder, 0);
  return found.empty() ? folder : found;
}

LibraryManifest library_manifest(const std::string& root) {
  for (const char* name : {"library.json", "library.properties"}) {
    Result<std::string> text = read_file(join_path(root, name));
    if (!text) continue;
    Result<LibraryManifest> manifest =
        name[8] == 'j' ? read_library_json(*text) : read_library_properties(*text);
    if (manifest) return *manifest;
  }
  return {};
}

}  // namespace fbuild
