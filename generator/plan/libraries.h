// The libraries of an environment: which folders may hold them, which of them the project
// uses, and what is compiled of each.
//
// Folders are looked at in PlatformIO's order: lib_extra_dirs, lib_dir, what lib_deps
// brought, globallib_dir, those of the framework.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "generator/library/finder.h"
#include "generator/plan/build_plan.h"
#include "generator/plan/compile_flags.h"
#include "generator/plan/environment.h"
#include "generator/plan/library_deps.h"
#include "generator/plan/library_flags.h"
#include "generator/plan/linked_files.h"

namespace fbuild {

class LibraryPlan {
 public:
  // Notes what it reads in `plan`. All have to live as long.
  LibraryPlan(Session& session, const Environment& environment, LinkedFiles& linked,
              BuildPlan& plan)
      : session_(session), env_(environment), linked_(linked), plan_(plan) {}

  // Finds the libraries that the project uses, and what they add to flags, also to those
  // of the link.
  Status find(FinderProject project, EnvironmentFlags& flags, const InstalledLibraries& installed);
  // Every file whose includes were looked at to find them.
  const std::vector<std::string>& scanned() const { return found_.scanned; }

  // The arguments of compiles of the project's own sources.
  Result<LanguageArguments> project_arguments() const;

  // One group for each library with sources, dependencies first. `object_dir`: where the
  // environment's objects lie.
  Status add_groups(const std::string& object_dir);

  const std::vector<FinderLibrary>& libraries() const { return libraries_; }
  const FoundLibraries& found() const { return found_; }

 private:
  Result<std::vector<std::string>> storages();
  Status load(EnvironmentFlags& flags, const InstalledLibraries& installed);
  Status add_library(const std::string& folder, const InstalledLibraries& installed,
                     EnvironmentFlags& flags);
  Result<bool> fits(const Library& library);
  Status declared(const InstalledLibraries& installed);
  Result<int> declared_library(const std::string& item, bool& installed);
  void describe();
  const std::vector<std::string>& sources(const Library& library);
  bool archives(const Library& library) const;

  Session& session_;
  const Environment& env_;
  LinkedFiles& linked_;
  BuildPlan& plan_;
  FinderProject project_;
  FinderMode mode_;
  std::string compatibility_;
  bool archive_ = true, archive_is_set_ = false;
  std::vector<std::string> ignored_;
  std::vector<std::shared_ptr<const Library>> loaded_;
  std::vector<FinderLibrary> libraries_;
  std::map<int, config::FlagScopes> own_;
  std::shared_ptr<const MacroTable> defines_;
  FoundLibraries found_;
  std::map<const Library*, std::vector<std::string>> sources_;
  LibraryFlags flags_;
};

}  // namespace fbuild
