// When bytes in a store may be believed without reading them again. The file `verified`
// of an entry says what the data looked like when it was last held against its digest:
//
//     fbuild-verified 1 <size> <mtime in ns> <inode> <boot id, or "durable">
//
// A blob that still looks like that is believed, in the same boot or when it is durable
// (it was read back in a later boot than it was written in, so it is on the disk). For a
// tree size is 0 and mtime and inode are those of its list; the many files in it are
// checked by `fbuild-lnk check`, not at each use.
//
// Anything else, a missing or unreadable `verified` too, means: read and hash again.
#pragma once

#include <cstdint>
#include <string>

#include "lnk/store.h"
#include "support/result.h"

namespace fbuild::lnk {

// How far an entry was believed.
enum class Trust { Yes, Recheck, Missing };

// Looks at an entry without reading its data. `witness` is where its witness lies:
// usually <entry>/verified.
Trust glance(const std::string& entry, EntryKey::Kind kind, const std::string& witness);

// Reads the whole entry and holds it against its digest: the blob against `sha256`, a
// tree against its list. The Error says what differs.
Status verify_entry(const std::string& entry, EntryKey::Kind kind, const std::string& sha256);

// Writes `witness` for data that has just been verified. `durable`: it was not written
// in this boot.
Status write_witness(const std::string& entry, EntryKey::Kind kind, const std::string& witness,
                     bool durable);

// Whether the witness, if there is any, is from another boot than this one: then data
// that verifies now is durable.
bool witness_from_earlier_boot(const std::string& witness);

}  // namespace fbuild::lnk
