// What a look at a root changed: the new entries get their generations, and snapshots of
// sealed states, from which `explain` tells what is different, the list of changes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stamp/catalog.h"

namespace fbuild::stamp {

struct Change {
  std::string path;     // below the root; of a single file, its path
  Value before, after;  // kind None: was, or is, not there
};

// A snapshot holds no more than this. It is part of the catalog, which is read at every
// check, and nobody reads so long an explanation; a clean or dirty does not depend on it.
inline constexpr size_t kMostSnapshotRows = 10000;

struct DiffOptions {
  uint32_t generation = 0;  // what changed entries are marked with
  // The directory the table lies in: our own writes change its times, which is no news.
  uint64_t own_device = 0, own_inode = 0;
  bool list_changes = true;  // whether anybody wants DiffResult::changes
};

struct DiffResult {
  std::vector<Change> changes;  // of content, by path; no directories; kMostSnapshotRows at most
  bool too_many = false;        // there were more
  bool content = false;         // some value is another
  bool touched = false;         // some stat is another, or content is
  bool stored = false;          // something differs that the table should hold
};

// Compares a root's entries before and now, and sets `changed`, `touched` and
// `sealed_mtime` of those now.
DiffResult diff_blocks(const BlockView& before, Block& now, const DiffOptions& options);

// The same for one single file.
DiffResult diff_file(const Entry& before, Entry& now, std::string_view path,
                     const DiffOptions& options);

// The digest of a root: over the path, kind, size and hash of each entry that counts, in
// walk order. `poisoned`: something in it could not be read.
Hash128 root_digest(const BlockView& view, bool& poisoned);
// The same for a single file.
Hash128 file_digest(const Entry& entry, bool& poisoned);

// Brings the snapshots of sealed states up to date after `changed` turned the root's digest
// from `before` into `after`; begins one for `before` when that is `sealed`. Those that get
// too large go.
void update_snapshots(Catalog& catalog, RootState& root, const Hash128& before,
                      const Hash128& after, const DiffResult& changed, bool sealed);

}  // namespace fbuild::stamp
