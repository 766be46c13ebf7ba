// Planning already makes links to packages in the build directory, because sources are
// listed through them. A run that then fails, or that only prints a plan, must leave
// nothing behind that was not there before.
#pragma once

#include <string>
#include <vector>

namespace fbuild {

// Notes which folders of <build>/packages are missing, and whether <build>/libdeps is. Unless
// keep() was called, those that were made since are removed when this object goes, with the links
// in them.
class FreshBuildDir {
 public:
  explicit FreshBuildDir(const std::string& build_dir);
  ~FreshBuildDir();
  FreshBuildDir(const FreshBuildDir&) = delete;
  FreshBuildDir& operator=(const FreshBuildDir&) = delete;

  void keep() {
    missing_.clear();
    libraries_.clear();
  }

 private:
  std::vector<std::string> missing_;  // innermost first
  std::string libraries_;             // <build>/libdeps, when it is missing
};

}  // namespace fbuild
