// Which environments the changes since a revision concern: the rule behind --changed-since.
//
// An environment is left out only when it is known that none of the changed files can be an
// input of its build, by the watch sets the gate uses (generator/ninja/gate_files.h):
//
//   ini files          the options of both revisions are resolved and compared
//   environment set    any file it watches
//   project set        a file that appeared or went, or a manifest; an edited source that is
//                      in no environment set is read by nobody
//   fbuild.lock, a `!command` in the flags: any change counts
//
// Watch sets need the packages. Where they are not installed (a runner that only hands out
// jobs), what counts is: everything in the source, include, library and data folders; the
// board's manifest; whatever an option names, or lies below a folder it names; and what
// sources include by a path that leads out of those folders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generator/ci/git_changes.h"
#include "generator/config/project_config.h"
#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"
#include "support/result.h"

namespace fbuild {

class Changes {
 public:
  // Everything that changed since `revision`. `input` is how the configuration was loaded.
  static Result<Changes> since(const std::string& revision, const config::ConfigInput& input,
                               const config::ConfigDependencies& configuration);

  // Why the environment is concerned, in a few words; none when it is not. `plan`: nullptr
  // where its packages are not installed.
  Result<std::optional<std::string>> reason(Session& session, const std::string& environment,
                                            const BuildPlan* plan) const;

 private:
  // An option that is not what it was, in words; "" when there is none.
  std::string changed_option(const std::string& environment) const;

  bool all_ = false;                     // there was nothing before
  std::vector<ChangedFile> files_;       // without the ini files
  std::vector<std::string> ini_files_;   // those that changed
  std::string old_config_, new_config_;  // as --print-config; "" : no ini file changed
};

}  // namespace fbuild
