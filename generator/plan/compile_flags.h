// Flags: the contributions of platform, board, framework and project to each scope, in
// the order in which PlatformIO joins them, and the argument lists that come out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"

namespace fbuild {

// PlatformIO's construction variables ("CCFLAGS", "CPPDEFINES"...), each a list of items;
// an item is one word or a flag with its argument.
struct CompileScopes {
  std::map<std::string, std::vector<std::vector<std::string>>> items;
  std::vector<std::string> undefines;  // -U words, after all defines
};

struct EnvironmentFlags {
  CompileScopes base;                    // of framework groups and libraries
  std::vector<std::string> link_flags;   // before the objects
  std::vector<std::string> lib_paths;
  std::vector<std::string> libs;         // "-lm" and the like, behind the archives
  std::vector<std::vector<std::string>> unflags_unused;
};

// -DPLATFORMIO, the board's extra flags, build_flags, the framework's; less build_unflags.
Result<EnvironmentFlags> environment_flags(Session& session, const Environment& environment);

// The base with build_src_flags, and the include folders before all others.
Result<CompileScopes> project_scopes(Session& session, const Environment& environment,
                                     const EnvironmentFlags& flags,
                                     const std::vector<std::string>& include_dirs);

// The base with what the library's manifest adds and removes.
Result<CompileScopes> library_scopes(Session& session, const Environment& environment,
                                     const EnvironmentFlags& flags, const Library& library,
                                     const std::vector<std::string>& include_dirs);

// The arguments of a compile of that language, without the program and its files.
std::vector<std::string> compile_arguments(const CompileScopes& scopes, Language language);

}  // namespace fbuild
