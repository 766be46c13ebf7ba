// Running fbuild-image and real compilers in tests, each test in a folder of its own.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/process.h"

namespace fbuild::test {

// A folder that is removed with everything in it at the end of the test.
struct TemporaryFolder {
  std::string path;

  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fbuild-image-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

// Runs a program in `folder` with both outputs captured; one that cannot be started
// fails the test.
inline ProcessOutput run(const std::string& folder, std::vector<std::string> argv) {
  ProcessOptions options;
  options.directory = folder;
  options.capture_err = true;
  Result<ProcessOutput> output = run_process(argv, options);
  REQUIRE_MESSAGE(output, argv[0]);
  return *output;
}

inline ProcessOutput run_image(const std::string& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FBUILD_BIN_DIR "/fbuild-image");
  return run(folder, std::move(arguments));
}

inline std::string content(const std::string& path) {
  Result<std::string> text = read_file(path);
  REQUIRE_MESSAGE(text, path);
  return *std::move(text);
}

inline void write(const std::string& path, std::string_view text) {
  REQUIRE(replace_file(path, text));
}

// Whether a program needed by a test is installed; says so when it is not.
inline bool installed(const std::string& program) {
  if (!find_program(program).empty()) return true;
  MESSAGE("skipped: ", program, " is not installed");
  return false;
}

}  // namespace fbuild::test
