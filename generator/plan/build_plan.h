// The build plan of one environment: every command's ingredients and every file, decided
// and spelled out, but not yet ninja text. Everything a command depends on is in it, so
// two equal plans build the same firmware.
//
// Paths are as commands use them: relative to the project's root when they lie in it, and
// below <build>/packages/ for packages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator/config/flags.h"
#include "generator/platform/facts.h"
#include "generator/platform/package.h"
#include "generator/platform/platform.h"

namespace fbuild {

enum class Language { C, Cxx, AsmCpp, Asm };
inline constexpr int kLanguages = 4;

// The name of the rule that compiles a language, and so its name in plans.
const char* language_rule(Language language);

// The language of a file by its extension as PlatformIO knows them; none: not a source.
std::optional<Language> source_language(std::string_view path);

struct CompileUnit {
  std::string source;
  std::string object;
  Language language = Language::C;
  std::vector<std::string> flags = {};  // behind those of its group
  std::string includes = {};            // digest of where its includes lead; "": it is not needed
  std::vector<std::string> data = {};   // files it reads that no depend file tells of
  bool awkward = false;                 // it reads files whose names ninja cannot read in one
};

// Sources compiled with the same flags.
struct SourceGroup {
  std::string name;  // "src", "FrameworkArduino", "lib/Name"
  // Folder of what it makes, when that is shared: it does not depend on the environment
  // but for what is condensed in the folder's name. Empty: it is the environment's own.
  std::string shared;
  std::string archive;                         // path of the archive; empty: objects are linked
  std::vector<std::string> flags[kLanguages];  // per language: argv without program and files
  std::vector<CompileUnit> units;
  bool reads_linked = false;  // compiled only when all of BuildPlan::linked is there
};

// Sketch files joined into one source before it is compiled.
struct SketchPlan {
  std::vector<std::string> inputs;
  std::string output;  // empty: the project has no sketch
};

// A file that is made from another before anything is linked.
struct PreparedFile {
  std::string rule, input, output;
  std::vector<std::pair<std::string, std::string>> variables = {};  // ready for the shell
  bool by_toolchain = false;  // made by a program of the toolchain
};

struct PackageUse {
  Package package;
  std::string link;                 // path in the build directory, linked to the package's root
  std::vector<std::string> stamps;  // files that change when the package does
  std::string identity;             // content of the first stamp; empty: it has none of its own
  bool installed = false;           // not the user's to edit: found on the system
  bool library = false;             // of lib_deps: no core is compiled from it
};

struct PlannedAction {
  std::string name;  // target <env>/<name>
  std::string rule;
  std::string input;                                           // file it works on; may be empty
  std::vector<std::pair<std::string, std::string>> variables;  // ready for the shell
  std::string output = {};     // file it makes besides; may be empty
  bool needs_firmware = true;  // the environment is built first
  bool listed = true;  // false: only there to say why it cannot be done, when it is asked for
};

struct PlannedStep {
  std::string rule, input, output;
  bool by_default = true;
  std::vector<std::string> more_inputs = {};
  std::vector<std::pair<std::string, std::string>> variables = {};  // ready for the shell
};

// That the project or a library uses a library, and why: `file` includes `header`, or, if
// that is empty, names the library.
struct LibraryLink {
  size_t library = 0;  // index into BuildPlan::used_libraries
  std::string file, header;
  bool circular = false;  // only its include folders are used: it depends on this one
};

struct UsedLibrary {
  std::string name, version, folder;
  bool compiled = false;           // it has sources
  std::vector<LibraryLink> links;  // in the order found
};

struct BuildPlan {
  std::string environment;
  std::string platform, board, board_name;
  std::string directory;                        // <build>/<env>
  std::string watch_set;                        // name of its set in the table
  std::vector<std::string> templates;           // names
  std::map<std::string, std::string> programs;  // ninja variable to program path
  std::vector<std::pair<std::string, std::string>> variables;
  std::vector<PackageUse> packages;
  SketchPlan sketch;
  std::vector<SourceGroup> groups;        // in link order
  std::vector<PreparedFile> prepared;     // each output once
  std::vector<std::string> linked;        // those of them that sources may include
  std::vector<std::string> link_objects;  // those of them that are linked
  std::string launcher;                   // program that runs the compilers; "": none
  std::string linker;                     // ninja variable of the program that links
  std::vector<std::string> link_flags;    // before the objects
  std::vector<std::string> link_libs;     // after them
  std::vector<std::string> archives;      // in link_libs, as inputs
  std::vector<std::string> link_inputs;   // linker scripts
  std::string elf;
  std::vector<PlannedStep> steps;
  std::vector<PlannedAction> actions;
  SizeSpec size;                            // filled in; no flash sections: no report
  std::vector<UsedLibrary> used_libraries;  // dependencies first
  std::vector<LibraryLink> library_links;   // of the project
  size_t fitting_libraries = 0;             // how many could be used
  std::string library_mode, library_compatibility;

  // What the plan was made from, besides the configuration; not all have to exist.
  std::vector<std::string> files;
  std::vector<std::string> directories;
  std::vector<config::FlagCommand> commands;
  // What its commands may read: folders with all that is in them, programs, further files.
  std::vector<std::string> input_folders;
  std::vector<std::string> tool_files;
  std::vector<std::string> input_files;
};

// Folder of what a shared group makes: equal for all environments that compile `group`,
// which has its flags, from the sources in `from` that `filter` takes, alike.
std::string shared_folder(const std::string& build_dir, const BuildPlan& plan,
                          const SourceGroup& group, const std::string& from,
                          const std::string& filter);

// Whether a file or folder lies in a package that was installed, and so is not the user's
// to edit.
bool is_installed(const BuildPlan& plan, const std::string& path);

// The plan as a JSON document, for --print-plan and for tests.
std::string plan_json(const BuildPlan& plan);

}  // namespace fbuild
