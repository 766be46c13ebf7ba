// One environment's graph as ninja text.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "generator/plan/build_plan.h"
#include "support/result.h"

namespace fbuild {

// The programs of ours that edges call, as absolute paths.
struct OwnPrograms {
  std::string generator;          // fbuild-gen
  std::string image;              // fbuild-image
  std::string stamp;              // fbuild-stamp
  std::string lnk;                // fbuild-lnk
  std::string templates;          // the folder of the rule templates and what their rules run
  bool keep_diagnostics = false;  // what compilers say is kept: stamp/keep.h
};

// `templates` is the folder of the rule templates. Whoever loads the text sets `ready`
// before: the file that the environment's targets and actions wait for besides the
// artifacts themselves.
struct GraphText {
  std::string edges;    // everything that makes files
  std::string targets;  // the names people use, and actions: nothing built depends on these
};
Result<GraphText> graph_text(const BuildPlan& plan, const OwnPrograms& own,
                             const std::string& templates);

// The edges of a group that is shared, complete by itself; its objects come from the store
// of compiles where that has them (see stamp/once.h).
Result<std::string> shared_text(const BuildPlan& plan, const SourceGroup& group,
                                const OwnPrograms& own, const std::string& templates);

// The file that says who runs the compilers of what is made in this folder: see
// plan/launcher.h. Beside it, because everything in a shared group's folder is one of its
// objects.
std::string launch_path(const std::string& folder);

// Mentions every intermediate file, so that `ninja -t cleandead` takes none for a leftover
// while the environment's graph is not loaded.
std::string keep_text(const BuildPlan& plan);

// Where the size report goes; there is one if the plan has a size.
std::string size_path(const BuildPlan& plan);

// The artifacts: what the environment is built for.
std::vector<std::string> artifacts(const BuildPlan& plan);

// The same for the environment's stub (stub.h): what the rules' text refers to, with the
// values as words for the shell; the rules that no template has; what `clean` removes.
std::map<std::string, std::string, std::less<>> environment_variables(const BuildPlan& plan,
                                                                      const OwnPrograms& own);
std::string own_rules();
struct CleanPaths {
  std::string folder;  // a word for the shell
  std::string paths;   // words, below it
};
CleanPaths clean_paths(const BuildPlan& plan);

// compile_commands.json of the environment; `root` is the project's absolute path.
std::string compile_database(const BuildPlan& plan, const std::string& root);

}  // namespace fbuild
