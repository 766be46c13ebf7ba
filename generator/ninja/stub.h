// What stands in for an environment's graph while it is clean: its public targets and
// actions, with the artifacts as files that are there.
//
// A build with nothing to do loads the stub of every environment, so it is made to be parsed
// quickly: no scope of its own (it is included, all of them from one file), and no variables
// but the few that differ. What a rule needs to know is written into the rule; environments
// of one board have the same rules then, each written once (60 environments: 3.7 ms became
// 1.4 ms).
#pragma once

#include <map>
#include <string>

#include "generator/ninja/graph.h"
#include "generator/plan/build_plan.h"
#include "support/result.h"

namespace fbuild {

struct Stub {
  // By name, which is made from the text. Further environments' are added to these.
  std::map<std::string, std::string> rules;
  std::string edges;
  // The same targets without what they do: the edges of those that are there, and the list of
  // the others, each with a space before it.
  std::string names;
  std::string actions;
};

// Everything waits for `planned`, a path.
Result<Stub> make_stub(const BuildPlan& plan, const OwnPrograms& own, const std::string& templates,
                       const std::string& planned);

}  // namespace fbuild
