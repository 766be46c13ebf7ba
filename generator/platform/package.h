// Packages: where a toolchain, core or tool lies on this machine. A package is the
// system's own (found on PATH or in a known folder), one that the project names with
// platform_packages = NAME @ symlink:///path (also file:// and a plain path), or an archive
// that was fetched into the store (package_store.h). Which of them it is to be is decided in
// generator/plan/packages.h.
#pragma once

#include <string>
#include <vector>

#include "generator/platform/platform.h"
#include "support/result.h"

namespace fbuild {

struct Package {
  std::string name;
  std::string root;         // absolute folder
  std::string given;        // the place as the user wrote it; empty: the system's
  std::string version;      // "" when not known
  std::string sha256 = {};  // of the archive it came from; empty: it came from none
  std::string tree = {};    // that archive unpacked, in the store; `root` is in it
};

// Whether the folder `root` has the probe and all of `programs` (paths below the root).
bool has_package(const PackageSpec& spec, const std::vector<std::string>& programs,
                 const std::string& root);

// The first of the package's probes that is in the folder `root`; if none is, the first.
std::string probe_in(const PackageSpec& spec, const std::string& root);

// The version that the package's own file tells (PackageSpec::version_file); "" if none.
std::string package_file_version(const PackageSpec& spec, const std::string& root);

// The package in the folder `place` (relative: to `project`). The Error of a folder that
// does not look like the package has no place: the caller knows where it was written.
Result<Package> package_at(const PackageSpec& spec, const std::string& place,
                           const std::string& project);

// The system's package. `programs` are paths below the root that have to be there. The
// Error names the Debian package that brings it.
Result<Package> system_package(const PackageSpec& spec, const std::vector<std::string>& programs);

}  // namespace fbuild
