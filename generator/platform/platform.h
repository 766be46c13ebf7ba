// A platform: everything that is known of one family of microcontrollers, read from
// platforms/<name>.yaml. No family has code of its own; what differs between families
// is in these structs, and platforms/README.md documents the file key by key.
//
// Flags are kept by scope, with the scopes SCons (and so PlatformIO) has, because the
// order in which scopes and their contributors are joined decides the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator/platform/board_texts.h"
#include "generator/platform/facts.h"
#include "generator/platform/package_version.h"
#include "support/result.h"

namespace fbuild {

// Scope ("ASFLAGS", "CCFLAGS", "CPPDEFINES"...) to words not yet filled in.
using ScopeWords = std::map<std::string, std::vector<std::string>>;

// A condition: each term names a fact (or "compiler", the compiler's version; or
// "package.NAME", a package's version) and what it has to be; all terms must hold.
struct Condition {
  // Defines, DefinesNone: the project's flags define any / none of the macros in `values`;
  // Exists, ExistsNone: so many of the files and folders in `values`, paths with places
  enum Kind { Has, Lacks, Matches, Differs, Version, Defines, DefinesNone, Exists, ExistsNone };
  struct Term {
    Kind kind;
    std::string name;
    // Matches, Differs: any / none of these, `*` stands for any text; Version: ranges, all
    std::vector<std::string> values;
  };
  std::vector<Term> terms;
};

struct FlagAddition {
  Condition when;  // no terms: always
  ScopeWords flags;
  std::vector<std::string> preprocessor;  // -D and -I among them go to their scopes
  std::vector<std::string> without;       // words that are left out of all of these
};

// Sources that are compiled alike.
struct GroupSpec {
  std::string name;                 // names the archive and the folder of its objects
  std::string from;                 // folder
  std::string filter;               // as build_src_filter; empty: all
  bool archive = true;              // false: the objects are linked one by one
  std::vector<FlagAddition> flags;  // behind those of the framework
  Condition when;
};

// A fact that follows from others, or that a file states.
struct FactRule {
  std::string name;   // dotted path
  std::string value;  // with places; {0} and {1}... are what was found, and its groups
  Condition when;     // about facts, files and packages' versions
  // Where it is looked for: the text `in`, or the file `file`, both with places; neither: it
  // is not looked for. A fact that is not found there is not set.
  std::string in, file;
  std::string key;      // of `file`: the line key=value, with places; its value's are filled too
  std::string row;      // of `file`: the line of a table with commas whose first cell this is; with
                        // places; what was found are its cells
  std::string match;    // a regular expression for a line
  std::string missing;  // with places: the error when it is not found; empty: it is none
  std::string
      fix;  // of that error: what would be right, with places; empty: another board or package
  bool late = false;  // applied when the framework's package is known
};

struct ConditionalName {
  std::string name;
  Condition when;  // no terms: always
};

struct FrameworkSpec {
  std::string name;
  std::string package;  // with places
  // Further ones it needs; names have places, conditions are about early facts and its package.
  std::vector<ConditionalName> packages;
  bool sketches = false;  // .ino files are joined into one C++ file
  std::vector<FlagAddition> flags;
  std::vector<GroupSpec> groups;                   // in link order
  std::vector<std::string> libraries;              // folders with one library a folder
  std::vector<ConditionalName> ignored_libraries;  // as lib_ignore names them
  // As if lib_archive were off: objects of libraries stand for weak symbols of the core.
  std::optional<Condition> loose_libraries;
};

struct PackageSpec {
  std::string name;
  std::string probe;  // a file below the root without which it is not this package
  std::vector<std::string> other_probes;  // of other releases, each of which will do instead
  // Where the system may have it: a program on PATH whose folder is the root's bin/, or
  // folders, first match wins.
  std::string program;
  std::vector<std::string> folders;
  std::string debian;                        // the Debian package that brings it
  std::string install;                       // or the command that does
  std::vector<std::string> system_versions;  // which of its versions will do; ranges, all
  // How its version is read: "file:KEY" of a file with KEY=value lines; empty: unknown.
  std::string version_file, version_key;
  // What can be fetched; the first that has an archive for this host is the default.
  std::vector<PackageVersion> versions;
  int line = 0;
};

// With places, except for that of an environment.
struct ToolchainSpec {
  std::string package;
  std::map<std::string, std::string> programs;  // ninja variable to path below the root
  std::vector<std::string> headers;  // folders below the root with the C library's headers;
                                     // not all have to exist
};

struct ArgumentSpec {
  Condition when;
  std::vector<std::string> words;  // with places; a place is split into words when it fills one
};

// A file made from others after the link.
struct StepSpec {
  std::string rule;
  // The first is $in of the rule. Files in the environment's folder, or, where a place
  // stands in front, as it says.
  std::vector<std::string> in;
  std::string out;         // in the environment's folder
  bool by_default = true;  // part of the environment's default target
  Condition when;
  std::vector<ArgumentSpec> arguments;  // $arguments of the edge
};

// A file made before the link, for it: a linker script with this board's figures, say.
struct PrepareSpec {
  std::string rule, in;  // in: with places
  std::string out;       // in the environment's folder
  Condition when;
  std::vector<ArgumentSpec> arguments;  // $arguments of the edge
};

// Why a target cannot do what it is for.
struct ActionError {
  Condition when;
  std::string text, fix;  // with places
};

// A target that does something and makes no file: upload, emulate...
struct ActionSpec {
  std::string name, rule;
  std::string in;            // a file in the environment's folder, with places; may be empty
  std::string out;           // one that it makes; may be empty
  bool data = false;         // works on a copy of the project's data folder (lnk/data_folder.h)
  std::string package;       // the program's package; empty: none is needed
  std::string program;       // below the package's root; empty: the package's probe
  bool needs_port = false;   // a serial port is found (and reset where the board wants it)
  bool needs_drive = false;  // the drive of the board's bootloader is found
  Condition when;
  std::vector<ActionError> errors;               // the first that holds is all it says
  std::vector<ArgumentSpec> arguments;           // $arguments of the edge
  std::map<std::string, std::string> variables;  // further ninja variables, with places
};

// How objcopy makes an object of any file: -O and -B.
struct EmbedSpec {
  Condition when;
  std::string format, arch;  // with places
};

struct SizeSpec {
  std::string flash, ram;          // section lists
  std::string flash_max, ram_max;  // places for the limits in bytes
  bool ram_soft = false;           // more than ram_max is a warning
};

struct Platform {
  std::string name, title, file;
  std::map<std::string, PackageSpec> packages;
  ToolchainSpec toolchain;
  std::vector<std::string> templates;
  std::vector<FactRule> facts;  // applied in order, once board and project have been read
  std::map<std::string, FrameworkSpec> frameworks;
  std::vector<FlagAddition> flags;               // with every framework, before its own
  std::map<std::string, std::string> variables;  // ninja variables of an environment
  std::vector<PrepareSpec> prepare;
  std::vector<StepSpec> steps;
  std::vector<ActionSpec> actions;
  std::vector<std::string> protocols;  // upload.protocol may be these, and others
  SizeSpec size;
  std::vector<EmbedSpec> embed;      // the first whose condition holds; none: it cannot embed
  std::vector<std::string> not_yet;  // facts that PlatformIO acts upon, and this file does not
  std::map<std::string, Facts> boards;
  std::map<std::string, BoardText> board_texts;  // boards not read yet
};

// Reads and checks a platform file. `file` is what errors name.
Result<Platform> parse_platform(const std::string& text, const std::string& file);

// The same with boards left as texts where that can be (board_texts.h); find_board reads, and
// checks, the one that is asked for.
Result<Platform> parse_platform_lazily(const std::string& text, const std::string& file);

// Loads <folder>/<name>.yaml lazily. An unknown name is an Error that suggests a known one,
// without a place: the caller knows where the name was written.
Result<Platform> load_platform(const std::string& folder, const std::string& name);

// The board's facts with `id` under "id": from a PlatformIO manifest <id>.json in one of
// `folders` (the project's own boards) if there is one, else the platform's own. `source`
// is set to the manifest's path, or emptied.
Result<Facts> find_board(const Platform& platform, const std::vector<std::string>& folders,
                         const std::string& id, std::string& source);

}  // namespace fbuild
