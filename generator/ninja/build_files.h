// The files of the build directory, and build.ninja in the project's root.
//
//   build.ninja                     three lines that include the next file
//   <build>/build.ninja             the gate: runs the plan, loads what it decided
//   <build>/gate, plan.state, active.ninja, plan.stamp      see stamp/gate.h
//   <build>/includes                what each source included: see support/include_memo.h
//   <build>/watch.table             the watch sets: see stamp/watch.h
//   <build>/all.ninja               everything, ungated
//   <build>/dry.ninja               the same, without how to make it again: for dry runs
//   <build>/generate.ninja          how ungated files are made again, by times alone
//   <build>/<env>/build.ninja       one environment, complete by itself, ungated
//   <build>/<env>/graph.ninja       its edges
//   <build>/<env>/stub.ninja, keep.ninja    what the gate loads while it is clean, with
//                                   <build>/stub-rules.ninja
//   <build>/stubs.ninja             rules and stubs of all, for when all are clean
//   <build>/shared/<group>.ninja    a core or library as several environments may compile it
//   <build>/shared/<group>/         what that makes
//   <build>/<env>.launch, <build>/shared/<group>.launch     who runs the compilers
//   <build>/<env>/compile_commands.json
//   <build>/targets.json            what there is to build, for other programs: see targets_file.h
//   <build>/packages/<name>         links to packages; <name>.stamp changes with one
//
// A file is written only when its content changes, and before the file that includes it.
#pragma once

#include <string>
#include <vector>

#include "generator/config/project_config.h"
#include "generator/library/include_scans.h"
#include "generator/ninja/graph.h"
#include "generator/plan/build_plan.h"
#include "support/perf_log.h"
#include "support/result.h"

namespace fbuild {

struct BuildFilesInput {
  std::string build_dir;  // as commands name it
  std::string project;    // absolute root, which is the working directory
  std::string templates_dir;
  OwnPrograms own;
  std::vector<std::string> generate_arguments;  // of fbuild-gen, to do this again
  std::vector<std::string> default_environments;
  bool root_files = true;          // build.ninja and compile_commands.json in the root too
  std::vector<std::string> files;  // read to make the plans: programs, data, inis
  const config::ConfigDependencies* configuration = nullptr;
  const IncludeScans* scans = nullptr;  // of the sources
  int64_t began = 0;                    // when reading began, nanoseconds since 1970
  PerfLog* log = nullptr;
};

struct BuildFilesResult {
  int written = 0;                 // files whose content changed
  bool root_is_ours = false;       // build.ninja in the root includes ours
  std::vector<std::string> notes;  // for people
};

Result<BuildFilesResult> write_build_files(const std::vector<BuildPlan>& plans,
                                           const BuildFilesInput& input);

// Only the compile databases, and the link to one in the root.
Result<BuildFilesResult> write_compile_databases(const std::vector<BuildPlan>& plans,
                                                 const BuildFilesInput& input);

}  // namespace fbuild
