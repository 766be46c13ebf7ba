// Flags: the contributions of platform, board, framework and project to each scope, in
// the order in which PlatformIO joins them. What a scope is and how it becomes words is
// in generator/config/flags.h and flag_words.h.
#pragma once

#include <string>
#include <vector>

#include "generator/config/flags.h"
#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"

namespace fbuild {

struct EnvironmentFlags {
  config::FlagScopes base;               // of framework groups and, with their own, libraries
  std::vector<std::string> link_flags;   // before the objects
  std::vector<std::string> lib_paths;    // "-Ldir"
  std::vector<std::string> libs;         // "-lm" and the like, behind the archives
  std::vector<config::FlagCommand> commands;   // `!command` items that were run
  std::vector<std::string> looked_at;          // folders named by -I and -L
};

// What $NAME in flags and source filters stands for.
config::Variables environment_variables(Session& session, const Environment& environment);

// -DPLATFORMIO, the board's extra flags, build_flags, the platform's and the framework's,
// those of a debug build; less build_unflags. Fills environment.defines.
Result<EnvironmentFlags> environment_flags(Session& session, Environment& environment);

// Arguments for each Language.
using LanguageArguments = std::vector<std::vector<std::string>>;

// Makes them the flags of a group, if there was no error.
Status set_flags(SourceGroup& group, Result<LanguageArguments> arguments);

// The arguments of compiles of the project's own sources: the base with build_src_flags,
// and `include_dirs` before all others. One list for each Language.
Result<LanguageArguments> project_arguments(
    Session& session, const Environment& environment, EnvironmentFlags& flags,
    const std::vector<std::string>& include_dirs);

// The same for a library, with what its manifest adds and removes.
Result<LanguageArguments> library_arguments(
    Session& session, const Environment& environment, EnvironmentFlags& flags,
    const Library& library, const std::vector<std::string>& include_dirs);

// The same for a group of the framework, with what the group itself adds.
Result<LanguageArguments> framework_arguments(
    Session& session, const Environment& environment, const EnvironmentFlags& flags,
    const std::vector<FlagAddition>& additions);

}  // namespace fbuild
