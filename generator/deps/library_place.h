// Where in a folder or an unpacked archive the library lies, and what it says of itself.
#pragma once

#include <string>

#include "generator/library/manifest.h"
#include "support/result.h"

namespace fbuild {

// The library's root below `folder`, as PlatformIO finds it: the first folder with a
// manifest (library.json, library.properties or module.json), outermost first; else the
// first that looks like sources; else `folder`.
std::string library_root(const std::string& folder);

// What the manifest in `root` says; where there is none, or none that can be read, nothing.
LibraryManifest library_manifest(const std::string& root);

}  // namespace fbuild
