#include "generator/plan/fresh_build_dir.h"

#include <unistd.h>

#include <filesystem>

#include "support/files.h"

namespace fbuild {

FreshBuildDir::FreshBuildDir(const std::string& build_dir) {
  if (std::string libraries = join_path(build_dir, "libdeps"); !path_exists(libraries))
    libraries_ = libraries;
  std::string path = join_path(build_dir, "packages");
  while (!path_exists(path)) {
    missing_.push_back(path);
    std::string parent(dir_name(path));
    if (parent == path) break;
    path = parent;
  }
}

FreshBuildDir::~FreshBuildDir() {
  // Links alone, which are not followed.
  std::error_code ignored;
  if (!libraries_.empty()) std::filesystem::remove_all(libraries_, ignored);
  if (missing_.empty()) return;
  // The folder was not there, so all in it is this run's: links and the compilers' memo.
  const std::string& packages = missing_.front();
  if (Result<std::vector<DirEntry>> entries = list_directory(packages))
    for (const DirEntry& entry : *entries) ::unlink(join_path(packages, entry.name).c_str());
  // A folder that somebody else has put something into meanwhile is not empty, and stays.
  for (const std::string& folder : missing_) ::rmdir(folder.c_str());
}

}  // namespace fbuild
