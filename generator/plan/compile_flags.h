// Flags: the contributions of platform, board, framework and project to each scope, in
// the order in which PlatformIO joins them. What a scope is and how it becomes words is
// in generator/config/flags.h and flag_words.h.
#pragma once

#include <string>
#include <vector>

#include "generator/config/flags.h"
#include "generator/library/python_expression.h"
#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"
#include "generator/plan/library_deps.h"

namespace fbuild {

struct EnvironmentFlags {
  config::FlagScopes base;              // of framework groups and, with their own, libraries
  std::vector<std::string> link_flags;  // before the objects
  std::vector<std::string> lib_paths;   // "-Ldir"
  std::vector<std::string> libs;        // "-lm" and the like, behind the archives
  // What libraries add to the link, before all that is there.
  std::vector<std::string> library_paths, first_libs;
  std::vector<config::FlagCommand> commands;  // `!command` items that were run
  std::vector<std::string> looked_at;         // folders named by -I and -L
  InstalledLibraries installed;               // what lib_deps brought
};

// What $NAME in flags and source filters stands for.
config::Variables environment_variables(Session& session, const Environment& environment);

// -DPLATFORMIO, the board's extra flags, build_flags, the platform's and the framework's,
// those of a debug build; less build_unflags. Fills environment.defines.
// Paths of libraries that lib_deps brings lead to where they are.
Result<EnvironmentFlags> environment_flags(Session& session, Environment& environment,
                                           InstalledLibraries installed);

// Arguments for each Language.
using LanguageArguments = std::vector<std::vector<std::string>>;

// Makes them the flags of a group, if there was no error.
Status set_flags(SourceGroup& group, Result<LanguageArguments> arguments);

// The base with build_src_flags: of the project's own sources.
Result<config::FlagScopes> project_scopes(Session& session, const Environment& environment,
                                          EnvironmentFlags& flags);

// The base with what a library's manifest adds and removes.
Result<config::FlagScopes> library_scopes(Session& session, const Environment& environment,
                                          EnvironmentFlags& flags, const Library& library);

// Takes build_unflags out of scopes once more.
Status remove_build_unflags(Session& session, const Environment& environment,
                            config::FlagScopes& scopes);

// Puts those of `items` that the scope does not have yet before it.
void prepend_new(config::FlagScopes& scopes, config::FlagScope scope,
                 const std::vector<config::FlagItem>& items, const std::string& project);
// Folders as items of CPPPATH or LIBPATH.
std::vector<config::FlagItem> folder_items(const std::vector<std::string>& folders);

// The macros that scopes define, as the finder's conditional modes know them.
MacroTable macro_table(const config::FlagScopes& scopes);

// What the project's scopes have that the base has not goes into the link, before the rest.
Status add_link_flags(Session& session, const Environment& environment,
                      const config::FlagScopes& project, EnvironmentFlags& flags);

// The arguments of compiles with these scopes.
Result<LanguageArguments> scope_arguments(Session& session, const Environment& environment,
                                          const config::FlagScopes& scopes);

// The same for a group of the framework, with what the group itself adds.
Result<LanguageArguments> framework_arguments(Session& session, const Environment& environment,
                                              const EnvironmentFlags& flags,
                                              const std::vector<FlagAddition>& additions);

}  // namespace fbuild
