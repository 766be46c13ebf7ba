// What git says changed since a revision, and files as they were in it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct ChangedFile {
  enum Kind { Edited, Other };  // Other: added, deleted, another type, a moved submodule
  std::string path;             // as seen from the project: "src/a.cpp", "../common/b.h"
  Kind kind = Other;
};

// One revision of the repository that the working directory, the project's root, lies in.
class GitRevision {
 public:
  // An Error: git cannot be run, this is no repository, there is no such revision. All
  // zeros, which CI systems call what was before a branch, is a revision without files.
  static Result<GitRevision> open(const std::string& revision);

  // Whether there was nothing before.
  bool empty() const { return commit_.empty(); }

  // The files that differ between the revision and the working tree, uncommitted and
  // untracked ones among them (those that git ignores are not), in git's order.
  Result<std::vector<ChangedFile>> changes() const;

  // A file of the revision, named as seen from the project.
  Result<std::string> file(const std::string& path) const;

  // All files of the revision, as seen from the project.
  Result<std::vector<std::string>> files() const;

  // Symbolic links that git keeps: the link, and what it leads to (by text alone).
  Result<std::vector<std::pair<std::string, std::string>>> links() const;

 private:
  std::string seen_from_project(const std::string& path) const;

  std::string commit_;
  std::string top_;      // absolute
  std::string project_;  // absolute
};

}  // namespace fbuild
