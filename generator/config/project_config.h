// platformio.ini as a project means it: all its files, inheritance through [env] and
// `extends`, ${...}, types, defaults, and the environment variables that override options.
//
//   ProjectConfig config;
//   if (ErrorPtr error = config.load({.directory = "."})) return error->error;
//   if (ErrorPtr error = config.validate()) return error->error;
//   for (const std::string& env : config.environments()) {
//     Result<const Value*> flags = config.get("env:" + env, "build_flags");
//
// Loading reads files and looks at names only; each option is resolved when it is asked
// for, and remembered, so that listing environments costs no resolving and `${common.x}` in
// 600 environments is worked out once.
//
// An option of environment `a` is looked up in [env:a], then in the sections of its
// `extends` from the last to the first, each with all its own ancestors before the next,
// and then in [env] with its ancestors.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "generator/config/config_error.h"
#include "generator/config/ini_file.h"
#include "generator/config/option_override.h"
#include "generator/config/option_table.h"
#include "generator/config/option_value.h"
#include "support/result.h"

namespace fbuild::config {

struct ConfigInput {
  // Where the project is; relative paths are looked up in it.
  std::string directory = ".";
  // What ${PROJECT_DIR} and relative *_dir options are; empty: `directory` made absolute.
  std::string project_dir = {};
  // The file to begin with, relative to `directory`.
  std::string main_file = "platformio.ini";
  // Options that count above those of the files, in this order.
  std::vector<OptionOverride> overrides = {};
  // An environment variable's value or nullptr; empty: the process's own environment.
  std::function<const char*(const char* name)> variable = {};
  // ${UNIX_TIME}; negative: now.
  int64_t unix_time = -1;
  // Reads a file / finds the files of a pattern, both relative to `directory`; empty: on
  // the disk.
  std::function<Result<std::string>(const std::string& path)> read = {};
  std::function<std::vector<std::string>(const std::string& pattern)> glob = {};
};

// What the configuration was made from: whatever changes here may change it.
struct ConfigDependencies {
  std::vector<std::string> files;     // read or looked for, as named: relative to the project
  std::set<std::string> directories;  // listed to find extra_configs; "." is the project
  std::map<std::string, std::optional<std::string>> variables;  // unset ones have no value
  bool unix_time = false;  // ${UNIX_TIME} was used: no two runs are equal
};

class ProjectConfig {
 public:
  ProjectConfig();
  ~ProjectConfig();
  ProjectConfig(ProjectConfig&&) noexcept;
  ProjectConfig& operator=(ProjectConfig&&) noexcept;

  // Reads the main file and its extra_configs, each in turn. Call once.
  ErrorPtr load(const ConfigInput& input);

  // Checks what has to hold for the project as a whole: it has environments, their names
  // are names, default_envs and `requested` exist, no environment inherits from itself.
  ErrorPtr validate(std::span<const std::string> requested = {});

  // Names of the environments in file order, without "env:".
  const std::vector<std::string>& environments() const;

  // The sections in file order (without [DEFAULT]).
  std::vector<std::string> sections() const;

  // All options that `section` has by itself or by inheritance, as written, its own first;
  // then those that only an environment variable gives.
  Result<std::vector<std::string>> options(std::string_view section);

  // The value of an option for a section ("env:a", "platformio", "common"...), typed. An
  // option PlatformIO knows is Kind::None when it has neither value nor default; any other
  // missing one is an Error. The pointer stays valid as long as this object.
  Result<const Value*> get(std::string_view section, std::string_view option);

  // Whether any section in its ancestry (or a variable) gives the option a value.
  bool is_set(std::string_view section, std::string_view option);

  // Where the option that counts for the section is written; file -1 if nowhere.
  Origin origin(std::string_view section, std::string_view option);

  // Where the section's header is, the last one where there are several; file -1 if nowhere.
  Origin header(std::string_view section) const;

  // An Error with the file, line and column of a place. Also for warnings.
  Error at(Origin place, std::string what, std::string fix = {}) const;

  // Warnings so far, in the order they arose: former names, unknown options, unknown
  // parents, options that exclude each other.
  const std::vector<ConfigWarning>& warnings() const;

  // One warning for each option that would matter and is not acted upon (Support::NotYet)
  // in the given environments and [platformio], at the first place where it is set; and one
  // for each section that nothing refers to and whose name is nearly one that counts.
  std::vector<ConfigWarning> unsupported(std::span<const std::string> environments);

  const ConfigDependencies& dependencies() const;
  const std::string& directory() const;    // as given
  const std::string& project_dir() const;  // absolute

  // An environment variable's value or nullptr, recorded in dependencies().
  const char* variable(const std::string& name);

  // As options() and get(), with the error in both languages.
  ErrorPtr list_options(std::string_view section, std::vector<Symbol>& out);
  ErrorPtr look_up(std::string_view section, std::string_view option, const Value*& out);
  const std::string& name_of(Symbol symbol) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The scope of a section's options: "env:a", "env" and "platformio" have one.
std::optional<Scope> section_scope(std::string_view section);

}  // namespace fbuild::config
