// The watch sets of the gate: from which files each environment, and the build files
// themselves, are made. How the gate works is told in stamp/gate.h and stamp/plan.h.
#pragma once

#include <string>
#include <vector>

#include "generator/config/project_config.h"
#include "generator/library/include_scans.h"
#include "generator/plan/build_plan.h"
#include "stamp/definition.h"

namespace fbuild {

// Everything that can be an input of the environment's commands, and its artifacts.
// `digest` (hex) stands for the commands themselves.
stamp::Definition environment_set(const BuildPlan& plan, const std::string& digest);

// The environment's intermediate files.
stamp::Definition objects_set(const BuildPlan& plan);

// Everything the build files were made from. `files` are further ones: programs,
// platform files, templates.
stamp::Definition project_set(const std::vector<BuildPlan>& plans,
                              const config::ConfigDependencies& config,
                              const std::vector<std::string>& files,
                              const std::vector<IncludeScans::Searched>& searched,
                              const std::string& build_dir);

}  // namespace fbuild
