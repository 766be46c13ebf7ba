// One ninja per project at a time: two would write one log and run the same compiles.
// The lock belongs to the ninja that started us and lasts as long as that process lives;
// nothing has to run or clean up to release it.
//
//   <build>/ninja.lock   its process id, start time (a later process with the same id does
//                        not count) and session
//   <build>/planned      a link to our gate by way of that process (/proc/ID/cwd/...), which
//                        leads nowhere for any other ninja. What the gate loads waits for
//                        it; see plan.h
//
// A ninja that was killed leaves its compilers running; they would write into the build
// directory of the next one. Whoever takes the lock over ends them first.
#pragma once

#include <functional>
#include <string>

#include "support/result.h"

namespace fbuild::stamp {

// From here on, this process ends when the ninja that started it does.
void end_with_ninja();

// Takes the lock for the ninja that started this process. While another ninja holds it,
// says so once on standard error and waits; with `wait` false, or when the other one is an
// ancestor of ours (waiting would never end), that is an Error, as is a ninja that is gone.
Status lock_for_ninja(const std::string& build_dir, bool wait);

// What tells the ninja that started us from every other process, one line; "" when it is gone.
std::string ninja_identity();

// Whether the ninja that started us was asked for nothing but environments of which `known`
// holds the name, or for nothing in particular, in the manifest that it finds by itself.
// False where that cannot be told.
bool asks_for_environments(const std::function<bool(const std::string&)>& known);

// Whether the ninja that started us has the lock. An Error, in words for the user, when not.
Status check_ninja_lock(const std::string& build_dir);

}  // namespace fbuild::stamp
