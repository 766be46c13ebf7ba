// The libraries of an environment: which folders may hold them, which of them the project
// uses, and what is compiled of each.
#pragma once

#include <string>
#include <vector>

#include "generator/library/finder.h"
#include "generator/plan/build_plan.h"
#include "generator/plan/compile_flags.h"
#include "generator/plan/environment.h"
#include "generator/plan/linked_files.h"

namespace fbuild {

class LibraryPlan {
 public:
  // Notes what it reads in `plan`. All have to live as long.
  LibraryPlan(Session& session, const Environment& environment, LinkedFiles& linked, BuildPlan& plan)
      : session_(session), env_(environment), linked_(linked), plan_(plan) {}

  // Finds the libraries that the project uses.
  Status find(FinderProject project);
  // Every file whose includes were looked at to find them.
  const std::vector<std::string>& scanned() const { return found_.scanned; }

  // Folders that the project's own sources search for includes: `own`, then those of the
  // libraries.
  std::vector<std::string> project_includes(const std::vector<std::string>& own) const;

  // One group for each library with sources, dependencies first. `object_dir`: where the
  // environment's objects lie.
  Status add_groups(EnvironmentFlags& flags, const std::string& object_dir);

 private:
  Result<std::vector<std::string>> storages();
  Status load();
  Result<std::shared_ptr<const Library>> library_in(const std::string& path);
  std::vector<std::string> sources(const Library& library);
  std::vector<std::string> includes(int index) const;

  Session& session_;
  const Environment& env_;
  LinkedFiles& linked_;
  BuildPlan& plan_;
  FinderProject project_;
  std::vector<Library> libraries_;
  FoundLibraries found_;
};

}  // namespace fbuild
