#include "generator/plan/sources.h"

#include <algorithm>

#include "support/files.h"

namespace fbuild {
namespace {
void walk(const std::string& folder, const std::string& below, SourceList& out) {
  std::string here = join_path(folder, below);
  out.directories.push_back(here);
  auto entries = list_directory(here);
  if (!entries) return;
  for (auto& e : *entries) {
    if (e.name[0] == '.') continue;
    if (e.kind == DirEntry::Directory) walk(folder, join_path(below, e.name), out);
    if (e.kind == DirEntry::File && source_language(e.name)) out.files.push_back(join_path(below, e.name));
  }
}
}

const SourceList& SourceLists::of(const std::string& folder, const std::vector<std::string>& filter) {
  std::string key = folder;
  for (const std::string& item : filter) key += '\0' + item;
  auto [known, fresh] = lists_.try_emplace(key);
  if (fresh && is_directory(folder)) { walk(folder, "", known->second); std::sort(known->second.files.begin(), known->second.files.end()); }
  return known->second;
}

std::vector<CompileUnit> compile_units(const std::string& folder, const std::vector<std::string>& files,
                                       const std::string& object_dir) {
  std::vector<CompileUnit> out;
  for (const std::string& file : files) {
    std::optional<Language> language = source_language(file);
    if (!language) continue;
    std::string inside;
    for (size_t begin = 0; begin < file.size();) {
      size_t end = std::min(file.find('/', begin), file.size());
      std::string part = file.substr(begin, end - begin);
      begin = end + 1;
      if (part.empty() || part == ".") continue;
      inside += (inside.empty() ? "" : "/") + (part == ".." ? std::string("__") : part);
    }
    out.push_back({normalize_path(join_path(folder, file)), join_path(object_dir, inside + ".o"), *language});
  }
  return out;
}

}  // namespace fbuild
