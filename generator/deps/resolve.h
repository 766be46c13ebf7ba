// Which libraries an environment gets, and in which version: those its lib_deps name, those
// that they depend on, and so on. The requirements on a library are met together: of the
// versions that fit all of them the highest is taken (PlatformIO takes what fits the first
// who asks, and puts a second copy beside it for whoever that does not suit). Where there
// is no such version the Error tells who wants what.
//
//   * A library is known by its name, upper and lower case alike.
//   * What lib_deps says of a library counts for all: where it comes from (git, an archive,
//     a folder) and whose it is.
//   * A dependency that names no owner may be one that the core or the project brings along.
//   * A dependency that is declared for other platforms or frameworks is left out.
//   * No version is given up for another library's sake: if the newest A wants a B that
//     lib_deps forbids, that is an Error, and not an older A.
//
// Nothing here knows of networks, stores and lock files: a LibrarySource does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "generator/deps/library_lock.h"
#include "generator/deps/requirement.h"
#include "support/result.h"

namespace fbuild {

// A library that was decided for.
struct ChosenLibrary {
  std::string name;     // as its requirement or its manifest calls it
  std::string owner;    // of one from the registry
  std::string version;  // "" when it says none
  std::vector<LibraryDependency> dependencies;
  LibraryRequirement requirement;  // the one that says where it comes from
  std::string folder;              // absolute: its root
  std::string folder_name;         // what it is called among the others
  std::string tree;                // the tree of the store that the folder lies in; ""
  std::optional<LockedLibrary> pin;
  std::vector<std::string> wanted_by;  // "lib_deps", libraries
};

struct LibrarySource {
  // What fbuild.lock has of the package of the registry that is meant.
  std::function<std::vector<LockedLibrary>(const LibraryRequirement&)> locked;
  // What the registry has of it; more than one package when only a name is known, each
  // package's versions together, the likeliest package first. Empty: it has no such package.
  // nullopt: may not be asked in this run.
  std::function<Result<std::optional<std::vector<LockedLibrary>>>(const LibraryRequirement&)>
      registry;
  // Brings a version of the registry here and reads its manifest; nullopt: it is not here,
  // and may not be fetched in this run.
  std::function<Result<std::optional<ChosenLibrary>>(const LockedLibrary&)> load;
  // The same for a library whose place is known (any kind but Registry).
  std::function<Result<std::optional<ChosenLibrary>>(const LibraryRequirement&)> load_place;
  // Whether the core or the project itself brings a library of that name along. `version`
  // may restrict it.
  std::function<bool(const LibraryRequirement&)> brought_along;
  // "did you mean 'x'?" for what is not here, or what the registry does not have, or "".
  std::function<std::string(const LibraryRequirement&)> suggest;
  // What is searched for dependencies for: platform and frameworks.
  std::string platform;
  std::vector<std::string> frameworks;
  std::string directory;     // where relative paths of local libraries are looked up
  bool locked_only = false;  // --locked
};

struct LibraryResolution {
  std::vector<ChosenLibrary> libraries;  // each once
  // For each item of lib_deps its library, as an index; -1: the core or the project brings
  // that along.
  std::vector<int> of_item;
  std::vector<std::string> missing;  // what has to be fetched first; not complete
  std::vector<std::string> warnings;
};

// Resolves the requirements of lib_deps (`item` counts them) and of the project's own
// libraries. `blamed`: the item that an Error is about; -1: none.
Result<LibraryResolution> resolve_libraries(const std::vector<LibraryRequirement>& wanted,
                                            const LibrarySource& source, int& blamed);

}  // namespace fbuild
