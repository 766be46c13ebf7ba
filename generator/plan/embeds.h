// board_build.embed_files and board_build.embed_txtfiles: files of the project that are
// linked into the firmware as they are.
//
// Each is a list of paths, separated by blanks and line ends; a file or NAME.lnk for a file
// that is fetched, in any mixture. The bytes land in section .rodata.embedded between the
// symbols _binary_<name>_start and _binary_<name>_end, and _binary_<name>_size is their
// number; <name> is the path as written (without .lnk), every character but letters and
// digits turned into "_". Text files get a NUL at their end, which is counted. The objects
// are linked behind the project's own, in the order written, embed_files first.
#pragma once

#include <string>

#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"
#include "generator/plan/linked_files.h"
#include "support/result.h"

namespace fbuild {

// Adds the edges to the plan; objects and copies go below `folder`. Manifests are added
// to `linked`, whose finish() is still to come.
Status plan_embeds(Session& session, const Environment& environment, const std::string& folder,
                   LinkedFiles& linked, BuildPlan& plan);

// What objcopy calls a file: the path with "_" for everything but letters and digits.
std::string symbol_of_path(std::string_view path);

}  // namespace fbuild
