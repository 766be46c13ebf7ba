// A library: a folder with sources and headers, described by library.json
// (PlatformIO's), library.properties (Arduino's) or nothing but its layout.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct Library {
  std::string name;                        // as its manifest calls it, else the folder's name
  std::string folder;                      // as reached from the project's root
  std::string source_dir;
  std::vector<std::string> include_dirs;
  std::vector<std::string> source_filter;  // as build_src_filter
  std::vector<std::string> frameworks;     // empty: any
  std::vector<std::string> build_flags;    // library.json "build.flags", ldflags
  std::vector<std::string> build_unflags;
  bool has_manifest_archive = false;       // library.json says whether to archive
  bool archive = true;
  std::vector<std::string> notes;          // what its manifest asks for and is not done
};

// Reads the manifest of the library in `folder`. A broken manifest is an Error with its
// place.
Result<Library> load_library(const std::string& folder);

}  // namespace fbuild
