// One ninja per project at a time: two would write one log and run the same compiles.
// The lock belongs to the ninja that started us and lasts as long as that process lives;
// nothing has to run or clean up to release it. The file holds its process id and start
// time, so that a later process with the same id does not count.
#pragma once

#include <string>

#include "support/result.h"

namespace fbuild::stamp {

// Takes the lock for the ninja that started this process. While another ninja holds it,
// says so once on standard error and waits; with `wait` false, or when the other one is an
// ancestor of ours (waiting would never end), that is an Error.
Status lock_for_ninja(const std::string& build_dir, bool wait);

}  // namespace fbuild::stamp
