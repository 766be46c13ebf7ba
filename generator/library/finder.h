// Which libraries a project uses: those whose headers it includes, and those that these
// include in turn. The order in which they are found decides include and link order, so
// it follows PlatformIO's finder step by step (modes off, chain and deep).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "generator/library/include_scans.h"
#include "generator/library/library.h"

namespace fbuild {

// The project itself, as the finder sees it.
struct FinderProject {
  std::vector<std::string> include_dirs;  // include_dir if it exists, then src_dir
  std::vector<std::string> sources;       // paths of the sources that are built
  // For files that the build makes elsewhere and that count as lying in another folder.
  // `origin`: the path by which it is decided to whom a file belongs. `other_side`: the
  // folder that a folder's neighbours lie in as well, or "". Empty: there are none such.
  std::function<std::string(const std::string& path)> origin = {};
  std::function<std::string(const std::string& folder)> other_side = {};
};

struct FoundLibraries {
  // Indices into the list given, each after what it depends on: the order of linking and
  // of building.
  std::vector<int> used;
  // What each library of the list depends on directly, in the order found.
  std::vector<std::vector<int>> depends;
  std::vector<int> project_depends;
  // For each library, libraries it includes from although they depend on it.
  std::vector<std::vector<int>> circular;
  // Every file whose include lines were looked at, sorted.
  std::vector<std::string> scanned;
};

enum class FinderMode { Off, Chain, Deep };

// `sources_of` lists the source files of a library. Reads files through `scans`.
FoundLibraries find_libraries(const FinderProject& project, const std::vector<Library>& libraries,
                              FinderMode mode, IncludeScans& scans,
                              const std::function<std::vector<std::string>(const Library&)>& sources_of);

}  // namespace fbuild
