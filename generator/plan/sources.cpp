#include "generator/plan/sources.h"

#include <algorithm>

#include "generator/config/source_filter.h"
#include "support/files.h"

namespace fbuild {

const SourceListing& SourceListings::of(const std::string& folder, const std::string& filter) {
  auto [known, fresh] = listings_.try_emplace(folder + '\0' + filter);
  SourceListing& listing = known->second;
  if (!fresh || !is_directory(folder)) return listing;
  config::SourceList found = config::match_sources(folder, std::string_view(filter));
  listing.files = std::move(found.files);
  for (const std::string& directory : found.directories)
    listing.directories.push_back(normalize_path(join_path(folder, directory)));
  return listing;
}

std::vector<CompileUnit> compile_units(const std::string& folder,
                                       const std::vector<std::string>& files,
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
      if (!inside.empty()) inside += '/';
      inside += part == ".." ? "__" : part;
    }
    out.push_back(
        {normalize_path(join_path(folder, file)), join_path(object_dir, inside + ".o"), *language});
  }
  return out;
}

}  // namespace fbuild
