// The libraries of an environment for people: which depends on which, and why.
#pragma once

#include <string>

#include "generator/plan/build_plan.h"

namespace fbuild {

// One line for each library below what depends on it, with the file that includes its
// header or declares it; what depends on a library seen above is not repeated.
std::string library_tree_text(const BuildPlan& plan);

}  // namespace fbuild
