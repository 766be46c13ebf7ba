// Which package an environment uses, and from where. The first of these that fits:
//
//   1. the folder that platform_packages names (NAME @ symlink:///folder)
//   2. what fbuild.lock pins for this kind of host
//   3. the system's own package, if its version fits
//   4. the declared version that fits, or the archive that platform_packages names
//      (NAME @ https://...): from the store, or with --install from its URL
//
// "Fits" is what platform_packages asks for (NAME @ ^1.2) and, for the system's own, what the
// platform file asks of it. Nothing is ever fetched without --install.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "generator/config/project_config.h"
#include "generator/config/version_range.h"
#include "generator/deps/library_lock.h"
#include "generator/plan/build_plan.h"
#include "generator/platform/compiler.h"
#include "generator/platform/package_lock.h"
#include "generator/platform/package_store.h"
#include "generator/platform/platform.h"
#include "support/result.h"

namespace fbuild {

struct Session;

// The lock file, beside platformio.ini.
inline constexpr const char* kLockFile = "fbuild.lock";

// How packages are chosen in this run, and what was.
struct PackageChoices {
  bool install = false;  // --install: fetch what is missing
  bool locked = false;   // --locked: nothing but what fbuild.lock pins
  PackageStore store = {};
  std::string host = {};  // the kind of this machine; empty: not yet asked for
  std::optional<PackageLock> lock = std::nullopt;  // as it was read; none: not yet
  PackageLock used = {};       // what the environments use, as it would be pinned
  bool from_archive = false;   // some of it came from an archive
  LibraryLock libraries = {};  // those of lib_deps that are used, as they would be pinned
};

// An item of platform_packages: NAME @ what.
struct PackageRequest {
  enum Kind { Any, Folder, Archive, Version };
  Kind kind = Any;
  std::string text;            // the item as written
  std::string place;           // Folder, Archive
  config::VersionRange range;  // Version
  config::Origin origin;
};

// Reads platform_packages of the section. What the platform does not know is a warning.
Result<std::map<std::string, PackageRequest>> package_requests(Session& session,
                                                               const std::string& section,
                                                               const Platform& platform);

// Finds a package and links to it. `toolchain`: what it is used as, whose programs have to be
// there; nullptr for others. `builds`: it goes into the firmware, so that --locked holds for it.
Result<PackageUse> use_package(Session& session, const Platform& platform, const std::string& name,
                               const std::map<std::string, PackageRequest>& requests,
                               const ToolchainSpec* toolchain, bool builds);

// The identity of the toolchain's compiler in the package at `root`, asked for once.
// `file`: the platform's, for errors.
Result<const CompilerIdentity*> compiler_at(Session& session, const ToolchainSpec& toolchain,
                                            const std::string& root, const std::string& file);

// Writes fbuild.lock after a run that used packages, when there is a reason to: it exists,
// something came from an archive, or --install was given. Returns whether it changed; without
// `write`, whether it would have.
Result<bool> update_lock(Session& session, bool all_environments, bool write);

}  // namespace fbuild
