// What lib_deps brings into an environment: reads it, has it resolved (generator/deps), and
// links to each library in the build directory:
//
//   <build>/libdeps/OWNER/NAME@VERSION     one of the registry
//   <build>/libdeps/NAME@DIGITS            one of git (its commit) or an archive (its digest)
//
// The path says what is behind it, so that environments which use the same library share
// it, its objects too, and another version of it is another path. A folder that the
// project names (symlink://, file://) is used where it is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"
#include "support/result.h"

namespace fbuild {

struct InstalledLibraries {
  struct Package {
    std::string name, owner, version;  // as it is known; "" where it is not
    // It has no manifest; PlatformIO writes a library.json with its name into such a one.
    bool bare = false;
  };
  std::vector<std::string> folders;              // of the libraries, in PlatformIO's order
  std::map<std::string, Package> packages;       // by the library's folder
  std::map<std::string, std::string> folder_of;  // by item of lib_deps: the library's folder
  // By the path PlatformIO would have it at, <libdeps_dir>/<env>/<name>: the library's folder.
  std::map<std::string, std::string> places;
};

// Finds the libraries of the environment's lib_deps, and those that the project's own
// libraries in lib_dir depend on. Adds to the plan what was read and which packages are
// used. What is not here is one Error that says how to fetch it.
Result<InstalledLibraries> library_deps(Session& session, const Environment& environment,
                                        BuildPlan& plan);

// Where PlatformIO's path of a library, or of what is in it, leads here; other paths as they
// are. Flags name such paths: -I.pio/libdeps/uno/NAME/include.
std::string installed_place(const InstalledLibraries& installed, const std::string& path);

// Removes links to libraries that no environment uses any more.
void tidy_library_links(const Session& session);

}  // namespace fbuild
