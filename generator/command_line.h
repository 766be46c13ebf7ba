// The command line of fbuild-gen.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generator/config/option_override.h"
#include "support/result.h"

namespace fbuild {

struct CommandLine {
  enum class Job {
    Generate,
    ListEnvironments,
    PrintConfig,
    PrintPlan,
    PrintLibraries,
    CompileDatabases,
    JoinSketch,
    SerialPort,
    Matrix,
    Report,
    UploadDrive,
    Nested,
    WatchOutput,
    Message
  };
  Job job = Job::Generate;
  std::string directory;                        // -C; empty: the working directory
  std::string build_dir;                        // -B as given; empty: .fbuild/build
  std::vector<std::string> environments;        // -e
  std::vector<config::OptionOverride> options;  // -O
  std::string plan_environment;                 // --print-plan, --print-libraries
  std::vector<std::string> sketch;              // --join-sketch: the output, then the inputs
  std::vector<std::string> words;               // of --serial-port and its like: all that follows
  std::optional<std::string> launcher;          // --launcher
  bool quiet = false;
  bool ignore_scripts = false;     // --ignore-extra-scripts
  bool install = false;            // --install
  bool offline = false;            // --offline
  bool locked = false;             // --locked
  bool build_dir_only = false;     // --build-dir-only
  std::string matrix;              // --matrix: its form
  std::string changed_since;       // --changed-since
  int shards = 0;                  // --shards
  std::vector<std::string> times;  // --times
  std::string report;              // --report: its form
  std::string base;                // --base
  bool keep_diagnostics = false;   // --keep-diagnostics
  std::string message;             // Message: --help or --version, for standard output
};

// Reads the arguments. An unknown option is an Error with a suggestion.
Result<CommandLine> parse_command_line(int argc, char** argv);

}  // namespace fbuild
