// A folder that goes away with the test, and what tests do in it.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "support/files.h"

namespace fbuild::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/fbuild-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryFolder() { (void)!std::system(("rm -rf '" + path + "'").c_str()); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Writes a file and the folders it needs; returns its absolute path.
  std::string write(const std::string& name, std::string_view content, unsigned mode = 0644) {
    std::string file = join_path(path, name);
    REQUIRE(make_directories(std::string(dir_name(file))));
    REQUIRE(replace_file(file, content, mode));
    return file;
  }
  std::string operator/(const std::string& name) const { return join_path(path, name); }

  std::string path;
};

// An environment variable for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) {
      old_ = old;
      had_ = true;
    }
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { had_ ? ::setenv(name_, old_.c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string old_;
  bool had_ = false;
};

}  // namespace fbuild::test
