// An environment with everything it names found: its platform, board, framework, packages
// and compiler. The step between the configuration (text) and the plan (files and flags).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "generator/config/project_config.h"
#include "generator/deps/library_provider.h"
#include "generator/library/include_scans.h"
#include "generator/library/library.h"
#include "generator/library/platform_names.h"
#include "generator/plan/build_plan.h"
#include "generator/plan/packages.h"
#include "generator/plan/sources.h"
#include "generator/platform/compiler.h"
#include "generator/platform/package.h"
#include "generator/platform/platform.h"
#include "support/result.h"

namespace fbuild {

// What all environments of a run share, so that each thing is looked up and read once.
// As the platform or the project's own manifest describes a board.
struct BoardFacts {
  Facts facts;
  std::string file;  // the project's manifest; "": the platform's
};

struct Session {
  config::ProjectConfig& config;
  std::string build_dir;                               // as commands name it: ".fbuild/build"
  std::string platforms_dir;                           // where <platform>.yaml lie
  std::string project;                                 // absolute root; the working directory
  bool ignore_scripts = false;                         // --ignore-extra-scripts
  std::optional<std::string> launcher = std::nullopt;  // --launcher

  std::map<std::string, std::shared_ptr<const Platform>> platforms = {};
  PackageChoices choices = {};
  std::optional<LibraryProvider> provider = std::nullopt;  // of lib_deps; none: not yet asked
  std::map<std::string, LibraryManifest> manifests = {};   // by the library's folder
  std::map<std::string, std::string> library_links = {};   // link to the folder it leads to
  std::map<std::string, BoardFacts> boards = {};           // by platform, folder and board
  std::map<std::string, Package> packages = {};            // by name and what was asked for
  std::map<std::string, std::string> link_of_root = {};    // package root to its link's name
  std::map<std::string, std::string> root_of_link = {};
  std::map<std::string, CompilerIdentity> compilers = {};                // by driver path
  std::map<std::string, std::shared_ptr<const Library>> libraries = {};  // by folder
  std::shared_ptr<const PlatformNames> platform_names = {};              // once they are asked for
  IncludeScans scans = {};
  SourceListings sources = {};
  std::vector<Error> warnings = {};  // each text once
  std::vector<Error> not_here = {};  // of environments whose libraries are not fetched

  void warn(Error warning);
};

struct Environment {
  std::string name;
  std::string directory;  // where its files are made
  std::shared_ptr<const Platform> platform;
  const FrameworkSpec* framework = nullptr;
  Facts facts;                       // the board's, overridden by the environment's options
  std::string board_file;            // the project's own manifest, if it has one
  std::vector<PackageUse> packages;  // toolchain first, then the framework's, then tools
  ToolchainSpec toolchain;           // the platform's, its places filled
  CompilerIdentity compiler;
  bool debug = false;            // build_type = debug
  bool script_of_flags = false;  // build.ldscript is what a -Wl,-T in build_flags named
  // Macros that the board's and the project's flags define, and their values.
  std::map<std::string, std::string> defines;
  std::vector<std::string> looked_at;  // files that facts depend on; not all have to exist

  // The link of a package in use; "" if it is not in use.
  std::string link_of(const std::string& package) const;
  // What `{name}` stands for in the platform's texts.
  std::optional<std::string> look_up(std::string_view name) const;
  bool holds(const Condition& condition) const;
};

// Platform, board and framework; packages and compiler are not looked for.
Result<Environment> describe_environment(Session& session, const std::string& name);

// The whole of it.
Result<Environment> resolve_environment(Session& session, const std::string& name);

// The platform's toolchain as the environment's facts have it. An Error where it follows from
// packages that are not known yet.
Result<ToolchainSpec> chosen_toolchain(const Environment& environment);

// The error of a place in a platform's text that cannot be filled, at the board's manifest
// where the project has one.
Error fill_error(const Environment& environment, Error error);

// Fills the places of words. A word that is one place alone is split into words as a
// shell would, because it stands for a list of flags; it vanishes when it is empty.
Result<std::vector<std::string>> fill_words(const Environment& environment,
                                            const std::vector<std::string>& words);

// A PackageUse for a package of the platform that is not needed to build but by an
// action; none when this machine does not have it.
std::optional<PackageUse> optional_package(Session& session, const Environment& environment,
                                           const std::string& name, Error& why_not);

}  // namespace fbuild
