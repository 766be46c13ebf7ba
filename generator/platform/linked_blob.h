// The bytes that a .lnk manifest of the project stands for, when the generator has to read
// them itself.
#pragma once

#include <string>

#include "generator/platform/package_store.h"
#include "lnk/manifest.h"
#include "support/result.h"

namespace fbuild {

// The path in the store of what the manifest at `path` names, which must be a file and not
// an archive. Fetched when it is missing, by fbuild-lnk; PackageStore::offline forbids it.
Result<std::string> linked_blob(PackageStore& store, const std::string& path,
                                const lnk::Manifest& manifest);

}  // namespace fbuild
