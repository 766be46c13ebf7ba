// One environment's graph as ninja text.
#pragma once

#include <string>

#include "generator/plan/build_plan.h"
#include "support/result.h"

namespace fbuild {

// The programs of ours that edges call, as absolute paths.
struct OwnPrograms {
  std::string generator;  // fbuild-gen
  std::string image;      // fbuild-image
};

// `templates` is the folder of the rule templates. The text is complete but for the
// builddir and the edge that regenerates it.
Result<std::string> graph_text(const BuildPlan& plan, const OwnPrograms& own,
                               const std::string& templates);

// The public targets of an environment: <env>, <env>/firmware.hex, <env>/upload...
std::vector<std::string> public_targets(const BuildPlan& plan);

// compile_commands.json of the environment; `root` is the project's absolute path.
std::string compile_database(const BuildPlan& plan, const std::string& root);

}  // namespace fbuild
