// How the flags of libraries reach those that use them. In PlatformIO each library has an
// environment of its own; building a library first builds what it depends on and then takes
// over their include folders, libraries, library folders and linker flags, as far as it has
// not got them yet, before its own. All of that is done here step by step, because the
// order decides what is compiled and linked.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "generator/library/finder.h"
#include "generator/plan/compile_flags.h"

namespace fbuild {

struct LibraryFlags {
  config::FlagScopes project;
  std::map<int, config::FlagScopes> of;  // of each library in use
};

// `own`: scopes of libraries whose manifests have flags; the others start from the base.
// `archived`: whether a library becomes an archive with something in it, which takes
// build_unflags out once more.
Result<LibraryFlags> spread_library_flags(Session& session, const Environment& environment,
                                          EnvironmentFlags& flags, const FinderProject& project,
                                          const std::vector<FinderLibrary>& libraries,
                                          const FoundLibraries& found,
                                          const std::map<int, config::FlagScopes>& own,
                                          const std::function<bool(int)>& archived);

}  // namespace fbuild
