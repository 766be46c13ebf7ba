// From a resolved environment to its build plan: sources, libraries, flags, link, images
// and actions, in PlatformIO's order.
#pragma once

#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"

namespace fbuild {

// Resolves the environment and plans its build. What is doubtful but not wrong becomes a
// warning of the session.
Result<BuildPlan> make_plan(Session& session, const std::string& environment);

}  // namespace fbuild
