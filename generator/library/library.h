// A library: a folder with sources and headers, described by library.json
// (PlatformIO's), library.properties (Arduino's) or nothing but its layout. What lies
// where follows PlatformIO's builders of libraries (platformio/builder/tools/piolib.py).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generator/library/include_scans.h"
#include "generator/library/manifest.h"
#include "support/result.h"

namespace fbuild {

struct Library {
  // Which rules hold for its layout: those of its manifest, or those its sources suggest.
  enum class Kind { PlatformIO, Arduino, Mbed, Plain };

  Kind kind = Kind::Plain;
  std::string name;    // as its manifest calls it, else the folder's name
  std::string owner;   // of a package that was installed; else ""
  std::string folder;  // as reached from the project's root
  LibraryManifest manifest;
  std::string source_dir;
  std::vector<std::string> include_dirs;
  std::vector<std::string> source_filter;  // as build_src_filter
  std::optional<Error> broken;             // why its manifest was not read
  std::vector<std::string> notes;          // what its manifest asks for and is not done
  std::vector<std::string> files;          // files it was told from; not all have to exist
  std::vector<std::string> directories;    // folders it was told from
};

// Looks at the library in `folder`. A manifest that cannot be read counts as an empty one,
// as PlatformIO takes it. Reads sources, if what kind of library it is depends on them,
// through `scans`. `called`: the name of one that has no manifest and counts as if it had a
// library.json with that name; "": it has to say itself what it is.
Library load_library(const std::string& folder, IncludeScans& scans,
                     const std::string& called = "");

// Whether a library says that it is for one of these: empty lists and "*" are for all.
bool is_for(const std::vector<std::string>& said, const std::vector<std::string>& wanted);

}  // namespace fbuild
