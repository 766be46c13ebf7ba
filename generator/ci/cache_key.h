// What an environment's cache in continuous integration goes by: which compiler and core
// it is built with. Sources are no part of it: what is restored is compared by content, so
// a cache of another commit is as good as one of this.
#pragma once

#include <string>
#include <vector>

#include "generator/plan/environment.h"
#include "support/result.h"

namespace fbuild {

// Everything the toolchain and the core of a described environment are, one line each:
//
//   package NAME version V sha256 X      one that comes from an archive
//   package NAME version V installed     the system's own
//   package NAME folder HASH             a folder: over the names and contents of its files
//   package NAME wanted TEXT             not on this machine: what platform_packages asks
//   package NAME declared V X            for, fbuild.lock pins or else the platform declares
//
// with the program's version, the kind of host, and the platform.
Result<std::vector<std::string>> toolchain_identity(Session& session,
                                                    const Environment& environment);

// 16 hex digits for those lines.
std::string identity_digest(const std::vector<std::string>& lines);

}  // namespace fbuild
