// <build>/targets.json: what the build files can build, for programs that call ninja: the
// CMake module, scripts of a CI.
//
//   {"version": 1,
//    "environments": [
//     {"name": "uno", "platform": "atmelavr", "board": "uno",
//      "elf": ".fbuild/build/uno/firmware.elf",
//      "image": ".fbuild/build/uno/firmware.hex",    what `upload` flashes; else the ELF
//      "images": [".fbuild/build/uno/firmware.hex"], all that `ninja uno` makes behind the link
//      "size": ".fbuild/build/uno/firmware.size.json",   null: it has no size report
//      "actions": ["upload", "emulate"]}]}           targets uno/upload...
//
// Paths are relative to the project's root, or absolute where the build directory lies
// outside it.
#pragma once

#include <string>
#include <vector>

#include "generator/plan/build_plan.h"

namespace fbuild {

std::string targets_text(const std::vector<BuildPlan>& plans);

}  // namespace fbuild
