// Targets that do something with the firmware: the platform's actions (upload, emulate...)
// for one environment, with their arguments spelled out for the shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "generator/plan/build_plan.h"
#include "generator/plan/environment.h"
#include "support/result.h"

namespace fbuild {

// Appends the actions of the environment's platform to the plan, and the packages of
// their tools. `folder` is where the environment's images are.
//
// An action whose tool this machine does not have is planned all the same; it says what
// is missing when it is asked for. An action with a serial port finds it when it runs (see
// generator/upload/find_port.h): "serial_port" is then a fact that arguments can name,
// and stands for the shell's "$port". What PlatformIO does with upload_protocol,
// upload_speed, upload_port, upload_flags and upload_command is done here: the command of
// the project replaces the platform's, and `upload_protocol = custom` looks for no port.
//
// An action with `data` works on a copy of the project's data folder, in which .lnk files are
// resolved: `$data` makes it, the fact "data" is its path. Where the platform has no `buildfs`
// and the project names a file system, that is a warning, and the target says so.
//
// Where the platform has uploads and none of them is for this upload_protocol, the target says
// so, with those that are; the project's upload_command is used all the same.
Status plan_actions(Session& session, const Environment& environment, const std::string& folder,
                    BuildPlan& plan);

// The values of a fact for which the platform has an action of that name, in alphabetical order.
std::vector<std::string> values_of_actions(const Platform& platform, std::string_view name,
                                           std::string_view fact);

// The action as a target that only says why it cannot be done.
PlannedAction refusal(PlannedAction action, const Error& why);

}  // namespace fbuild
