// What a library says about itself: library.json (PlatformIO's) or library.properties
// (Arduino's), read as PlatformIO reads them (platformio/package/manifest/parser.py).
//
// Formats: https://docs.platformio.org/en/latest/manifests/library-json/index.html and
// https://arduino.github.io/arduino-cli/latest/library-specification/
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct LibraryDependency {
  std::string owner;  // "" when none is said
  std::string name;
  std::string version;  // requirement or URL; "" when none is said
  std::vector<std::string> platforms = {}, frameworks = {};  // empty: on any
};

struct LibraryManifest {
  std::string name, version;
  // Lower case, each once. Empty: any. Which platforms an Arduino library's architectures
  // are is data (see platform_names.h).
  std::vector<std::string> frameworks, platforms;
  std::vector<std::string> architectures;
  std::vector<LibraryDependency> dependencies;

  // "build" of library.json. Paths are relative to the library.
  bool has_build = false;
  std::optional<std::string> source_dir, include_dir;
  std::vector<std::string> source_filter;  // as build_src_filter; empty: not said
  std::vector<std::string> flags, unflags;
  std::optional<bool> archive;
  std::optional<std::string> ldf_mode, compat_mode;  // as said, not checked
  std::string builder, extra_script;

  // library.properties
  std::string linker_flags;
  bool precompiled = false;  // true or full
};

// Reads the text of a library.json. An Error has a line where that is known, and no file.
Result<LibraryManifest> read_library_json(std::string_view text);

// Reads the text of a library.properties.
Result<LibraryManifest> read_library_properties(std::string_view text);

}  // namespace fbuild
