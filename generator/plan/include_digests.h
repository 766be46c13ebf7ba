// The step of a plan that finds out where every include of every source leads (see
// generator/library/include_closure.h).
#pragma once

#include <string>

#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"

namespace fbuild {

// Fills in CompileUnit::includes, data and awkward of the groups in which they could
// change: some folder that is searched, or a source, is the user's to edit. Adds what was
// read to the plan's files. `joined_text`: the path under which the scans know the text of
// the joined sketch.
void digest_includes(Session& session, BuildPlan& plan, const std::string& joined_text);

}  // namespace fbuild
