// Which libraries a project uses: those whose headers it includes, those that are declared,
// and those that these include and declare in turn. The order in which they are found
// decides include and link order, so it follows PlatformIO's finder step by step
// (platformio/builder/tools/piolib.py).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generator/library/include_scans.h"
#include "generator/library/library.h"
#include "generator/library/python_expression.h"

namespace fbuild {

struct FinderMode {
  enum Reach { Off, Chain, Deep };
  Reach reach = Chain;
  bool conditional = false;  // the modes with a "+"
};

// "off", "chain", "deep", "chain+", "deep+", in any case and with blanks, or the number of
// one in the order off, chain, deep, chain+, deep+; none for anything else.
std::optional<FinderMode> parse_finder_mode(std::string_view text);

std::string finder_mode_name(const FinderMode& mode);

// A library as the finder sees it in one environment.
struct FinderLibrary {
  const Library* library = nullptr;
  std::vector<std::string> include_dirs;  // its own, then those its flags name
  FinderMode mode = {};
  std::shared_ptr<const MacroTable> defines;  // for the conditional modes
};

// The project itself.
struct FinderProject {
  std::vector<std::string> include_dirs;  // include_dir if it exists, then src_dir
  std::vector<std::string> sources;       // paths of the sources that are built
  std::vector<std::string> owned = {};    // further folders whose files are the project's
  FinderMode mode = {};
  std::shared_ptr<const MacroTable> defines = {};
  // What lib_deps names, in its order: an index into the libraries. One that was installed
  // is followed behind all the others, one that is only known by its name at once.
  struct Declared {
    int library = 0;
    bool installed = false;
    std::string item;
  };
  std::vector<Declared> declared = {};
  // For files that the build makes elsewhere and that count as lying in another folder.
  // `origin`: the path by which it is decided to whom a file belongs. `other_side`: the
  // folder that a folder's neighbours lie in as well, or "". Empty: there are none such.
  std::function<std::string(const std::string& path)> origin = {};
  std::function<std::string(const std::string& folder)> other_side = {};
};

inline constexpr int kFinderProject = -1;  // in place of an index: the project

// Why one depends on another: a file of the one includes a file of the other, or names it.
struct FinderReason {
  std::string file;    // the one that includes, or the manifest
  std::string header;  // what it includes; "": the other is declared there
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
  // For each pair that depends, and each that is circular: why, as it was found first.
  std::map<std::pair<int, int>, FinderReason> reasons;
  // Every file whose include lines were looked at, sorted.
  std::vector<std::string> scanned;
};

// `sources_of` lists the source files of a library. Reads files through `scans`.
FoundLibraries find_libraries(
    const FinderProject& project, const std::vector<FinderLibrary>& libraries, IncludeScans& scans,
    const std::function<std::vector<std::string>(const Library&)>& sources_of);

}  // namespace fbuild
