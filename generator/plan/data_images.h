// Images of the project's data folder: the copy that they are made of, and the targets `buildfs`
// and `uploadfs` where the platform has no action for them.
#pragma once

#include <string>

#include "generator/plan/environment.h"

namespace fbuild {

// The shell command that makes `copy` one of `folder`, its .lnk files resolved (lnk/data_folder.h).
// It leases what that takes to the ninja that it runs for.
std::string data_copy_command(const Session& session, const std::string& folder,
                              const std::string& copy);

// Adds targets that say why, where the platform does not make the data image that is wanted, or
// cannot write it. Warns where board_build.filesystem has no effect. To be called when the
// platform's own actions are in the plan.
Status refuse_other_data_images(Session& session, const Environment& environment, BuildPlan& plan);

}  // namespace fbuild
