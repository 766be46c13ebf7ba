// Compiler flags as PlatformIO distributes them: the items of build_flags and the like are
// taken apart into scopes (SCons construction variables), each scope reaches other command
// lines, and build_unflags removes from the scopes what it names.
//
//   FlagContext context{.directory = config.project_dir()};
//   FlagScopes scopes = ...;                        // what the platform gives
//   process_flags(scopes, build_flags, context);    // append, and honour -U
//   process_unflags(scopes, build_unflags, context);
//   Result<std::vector<std::string>> words = define_words(scopes, context);
//
// The order in which PlatformIO does it: -DPLATFORMIO=..., the board's build.extra_flags,
// build_flags, the framework's flags, debug_build_flags for build_type = debug, then
// build_unflags over all of them. build_src_flags are processed on a copy of the result,
// for the project's own sources only.
//
// What goes where is older than PlatformIO and has surprises that projects rely on: a word
// without a dash is a library; `-Wl,` options and -L -l reach the linker, but -flto,
// --specs=, -nostdlib, -T and -u reach the compiler only; an option and its argument must
// stand in one item.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generator/config/option_value.h"
#include "generator/config/project_config.h"
#include "generator/config/scons_text.h"
#include "support/result.h"

namespace fbuild::config {

enum class FlagScope {
  AsFlags,     // -Wa,x without the -Wa,
  CFlags,      // C only
  CcFlags,     // C and C++
  CxxFlags,    // C++ only
  CppDefines,  // NAME, or NAME and value
  CppFlags,    // -Wp,
  CppPath,     // directories, without -I
  FrameworkPath,
  Frameworks,
  LibPath,  // directories, without -L
  Libs,     // names without -l, or absolute paths of files
  LinkFlags,
  RPath,
  AsppFlags,  // assembler with preprocessor; only platforms put something here
};
inline constexpr size_t kFlagScopes = 14;

// The scope's name as SCons spells it ("CPPDEFINES"), and back.
std::string_view scope_name(FlagScope scope);
std::optional<FlagScope> find_scope(std::string_view name);

// One entry of a scope: a flag; a macro with its value; or an option with its argument,
// which stay together (`-include x.h`).
struct FlagItem {
  enum class Kind {
    Single,  // text
    Pair,    // text and argument (a macro's value is its argument)
  };
  // How a macro's value counts when it is compared: `01` and `1.0` are the number 1.
  enum class Number { No, Integer, Float };

  std::string text;
  Kind kind = Kind::Single;
  std::string argument = {};
  Number number = Number::No;
  Origin origin = {};
};

// Whether PlatformIO would call them equal: same kind, same text, same (or as numbers
// equal) argument. Places do not count.
bool operator==(const FlagItem& a, const FlagItem& b);

// For platforms' own flags.
FlagItem flag(std::string text);
FlagItem define(std::string name, std::string value);

struct FlagScopes {
  std::array<std::vector<FlagItem>, kFlagScopes> items;
  std::vector<std::string> undefines;  // -U flags, which follow all -D

  std::vector<FlagItem>& operator[](FlagScope scope) { return items[static_cast<size_t>(scope)]; }
  const std::vector<FlagItem>& operator[](FlagScope scope) const {
    return items[static_cast<size_t>(scope)];
  }
};

// A `!command` that was run, and what it printed; to be watched for a different answer.
struct FlagCommand {
  std::string line;
  std::string output;
};

struct FlagContext {
  std::string directory = {};  // the project's, absolute; relative paths start here
  Variables variables = {};    // of $NAME in flags; see flag_variables()
  // Turns a place into an error's file, line and column (ProjectConfig::at fits).
  std::function<Error(Origin, std::string what, std::string fix)> at = {};
  // Runs a command line with /bin/sh and gives what it printed; empty: really run it, in
  // `directory`. Its standard error goes to ours.
  std::function<Result<std::string>(const std::string& line)> run = {};
  // Environment variables as the shell sees them; empty: the process's own.
  std::function<const char*(const std::string&)> variable = {};
  // Write absolute paths of -I, -L, -include, -isystem and the like as relative ones when
  // they lie inside `directory`, also where PlatformIO keeps them absolute, so that the
  // project can be moved.
  bool relative_arguments = true;

  std::vector<FlagCommand> commands = {};   // filled: the commands that were run, in order
  std::vector<std::string> looked_at = {};  // filled: -I and -L directories looked for
  std::vector<Error> warnings = {};         // filled
  bool unix_time = false;                   // filled: $UNIX_TIME is used
};

// The variables that PlatformIO defines for flags and filters of an environment: the
// project's directories, PIOENV, UNIX_TIME and what options such as `board` and
// `upload_port` set. The caller knows better about BUILD_DIR and about what a board's
// manifest says (BOARD_MCU, BOARD_F_CPU), and overwrites those.
Variables flag_variables(ProjectConfig& config, const std::string& environment);

// Takes the items of a flags option apart. A command that fails, an unclosed quote and the
// like are Errors with the item's place.
Result<FlagScopes> parse_flags(std::span<const ListItem> items, FlagContext& context);

// Appends all scopes of `more`. Then every -UX among the compiler flags moves behind the
// macros, and takes a bare macro X with it (not X=1).
void append_flags(FlagScopes& to, const FlagScopes& more);

// Removes what `unflags` holds, in whatever scope: all equal entries, and for a bare name
// the macro with any value.
void remove_flags(FlagScopes& from, const FlagScopes& unflags);

// Both steps at once; no items, no change.
Status process_flags(FlagScopes& scopes, std::span<const ListItem> items, FlagContext& context);
Status process_unflags(FlagScopes& scopes, std::span<const ListItem> items, FlagContext& context);

}  // namespace fbuild::config
