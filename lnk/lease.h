// Leases: "this entry is in use by that process". gc never evicts an entry that has a
// live lease, and removes the leases of the dead. A lease is an empty file in the entry,
// lease.<process tag> (process_tag.h); it can be bound to another process than ours, so
// that a short-lived helper of a build can hold an entry for the whole build.
//
// The lease of a process in another container or on another machine cannot be judged
// from here. It counts for a day after it was last taken.
#pragma once

#include <sys/types.h>

#include <string>

#include "support/result.h"

namespace fbuild::lnk {

// Binds a lease on `entry` to the process `holder` (0: this one). Needs the entry's
// lock, shared or exclusive. An Error if there is no such process.
Status take_lease(const std::string& entry, pid_t holder = 0);

// Gives this process's lease back early. Never fails: a lease of a dead process is no
// obstacle.
void drop_lease(const std::string& entry);

// Removes dead leases; returns how many live ones there are. Needs the exclusive lock
// to be relied upon, otherwise it is a glimpse.
int live_leases(const std::string& entry);

}  // namespace fbuild::lnk
