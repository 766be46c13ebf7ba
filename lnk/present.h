// What can be used at once, without reading data and without the network: the short way
// through ensure.h. It needs neither libcurl nor libarchive, so a program that mostly
// asks "is it here?" starts quickly; what is not here it leaves to fbuild-lnk.
#pragma once

#include <sys/types.h>

#include <string>

#include "lnk/store.h"
#include "support/result.h"

namespace fbuild::lnk {

// Takes a lease for `holder` (0: this process) on the entry in the store and notes the
// use, or finds it in a read-only layer. Returns the path of its data or tree; "" when it
// is not there or cannot be believed at a glance.
Result<std::string> use_if_present(const Store& store, const EntryKey& key, pid_t holder);

// The first of the two alone, in one store. Needs the entry's lock, shared or exclusive.
Result<bool> use_at_a_glance(const std::string& entry, EntryKey::Kind kind, pid_t holder);

// Whether there is anything to look at more closely: an entry that cannot be believed at
// a glance, or the archive of a tree that is not there. What `ensure` makes of it needs no
// network.
bool worth_a_look(const Store& store, const EntryKey& key);

// Where this machine's store notes that it has verified an entry of a read-only layer.
std::string layer_witness(const Store& store, const std::string& layer, const EntryKey& key);

}  // namespace fbuild::lnk
