// What somebody wants of a library: an item of lib_deps, or a dependency that another
// library's manifest declares. Read as PlatformIO reads them (platformio/package/meta.py,
// PackageSpec; platformio/package/vcsclient.py).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "generator/config/version_range.h"
#include "generator/library/manifest.h"
#include "support/result.h"

namespace fbuild {

struct LibraryRequirement {
  enum Kind {
    Registry,      // owner and name, a name alone, or a number
    Git,           // place: URL without "git+"; ref
    Archive,       // place: URL
    LocalArchive,  // place: path of a file
    Folder,        // place: path of a folder that is used where it is; see `as_is`
  };
  Kind kind = Registry;
  std::string text;         // as written, for messages
  std::string owner, name;  // name: also the one that its place suggests
  std::string id;           // decimal digits
  bool named = false;       // Name=place: the library is called that, whatever it says itself
  std::optional<config::VersionRange> range;
  std::string place;
  bool as_is = false;  // Folder: it is the library's root (symlink://), and not only holds it
  std::vector<std::string> platforms, frameworks;  // what a dependency is declared for
  std::string ref;        // Git: branch, tag or commit; "": the default branch
  std::string wanted_by;  // "lib_deps", or "library 'Name' 1.2"
  int item = -1;          // of lib_deps: its number there, from 0; -1: of a library

  // A name alone: it may also mean a library that the project or the core brings along.
  bool bare() const { return kind == Registry && owner.empty() && id.empty(); }
  bool of_project() const { return item >= 0; }
  bool local() const { return kind == LocalArchive || kind == Folder; }
};

// Reads an item of lib_deps. Relative paths are looked up in `directory`; those that were
// are told to `probed`. The Error has no place.
Result<LibraryRequirement> parse_lib_dep(
    const std::string& item, int number, const std::string& directory,
    const std::function<void(const std::string&)>& probed = {});

// A dependency as a manifest declares it. What makes no sense there is an Error, and no
// fault of the project.
Result<LibraryRequirement> parse_manifest_dependency(const LibraryDependency& dependency,
                                                     const std::string& wanted_by,
                                                     const std::string& directory);

// What fetches the same thing has the same key, and so the same fbuild.lock item.
std::string place_key(const LibraryRequirement& requirement);

// The name of a library's folder: what may not be in one is an underscore, as in PlatformIO.
std::string library_folder_name(const std::string& name);

}  // namespace fbuild
