// fbuild.lock, beside platformio.ini: which packages the project was built with, so that
// everybody builds with the same bytes until somebody decides otherwise.
//
//   {
//     "version": 1,
//     "packages": [
//       {
//         "name": "framework-x",
//         "version": "1.8.6",
//         "system": "*",
//         "url": "https://example.com/x-1.8.6.tar.bz2",
//         "sha256": "ff1d1727...",
//         "size": 7127080,
//         "extract": "tar.bz2",
//         "strip": 1
//       },
//       {
//         "name": "toolchain-x",
//         "version": "5.4.0",
//         "system": "linux_x86_64",
//         "wanted": "^5.4",
//         "installed": true
//       }
//     ]
//   }
//
// An item with a URL names an archive for one kind of host ("*": any); where a platform
// file declares the version, the archives for all hosts are written down, so that a lock
// made on one machine holds for the others. An `installed` item says which version of the
// system's own package was used. `wanted` is the requirement of platform_packages it was
// chosen for, if there was one; two environments may want two versions. Items are sorted by
// name, system, version and URL, keys have this order: a changed lock shows in a diff as
// what changed.
#pragma once

#include <string>
#include <vector>

#include "generator/platform/package_version.h"
#include "support/result.h"

namespace fbuild {

struct LockedPackage {
  std::string name;
  std::string version;     // "" when not known
  std::string wanted;      // the requirement it was chosen for; "" for none
  bool installed = false;  // the system's own: no archive
  std::string system;      // "*", or a host's; archive.systems is not used
  PackageArchive archive;

  bool is_for(const std::string& host) const { return system == host || system == kAnySystem; }
};

using PackageLock = std::vector<LockedPackage>;

// Reads the text of a lock file; whatever is not as above is an Error, with `path`.
Result<PackageLock> parse_package_lock(const std::string& text, const std::string& path);

// Reads a lock file; one that does not exist is empty.
Result<PackageLock> read_package_lock(const std::string& path);

// The text of a lock file, sorted, with a newline at its end. `libraries`: its list of
// libraries as JSON, "" for none.
std::string package_lock_text(PackageLock lock, const std::string& libraries = "");

// The lock after a run on `host` that used `used`. What other hosts need stays; what this
// host had pinned and no longer uses goes, unless only some environments were looked at.
PackageLock updated_lock(const PackageLock& old, const PackageLock& used, const std::string& host,
                         bool all_environments);

}  // namespace fbuild
