// Putting a blob where a build expects it. The target becomes a file with exactly the
// blob's bytes, and whatever happens to it afterwards never reaches the store:
//
// 1. a reflink (a copy that shares its blocks until one side is written) where the file
//    system has them;
// 2. a hard link, where it is safe: the blob is read-only and this process really cannot
//    write it (root can), it is large enough to be worth it, and the caller allows it.
//    Somebody who first makes the file writable can still reach the store that way; its
//    mtime gives that away and the blob is read again before it is believed again;
// 3. otherwise a copy.
//
// The new file's mtime is now, because ninja compares times and not contents: last
// week's blob put in the place of yesterday's must not look older than what was built
// from yesterday's. A hard link shares its time with the blob, so the blob's time moves
// too.
//
// The old target stays until the new one is complete and is then replaced by a rename.
#pragma once

#include <functional>
#include <string>

#include "lnk/store.h"
#include "support/result.h"

namespace fbuild::lnk {

struct MaterializeOptions {
  bool allow_hard_link = true;
  uint64_t hard_link_from = uint64_t{1} << 20;  // bytes; below, a copy costs nothing
};

enum class Materialized { Unchanged, Reflink, HardLink, Copy };

// `blob` is a path from ensure_blob. The folders above `target` are made. A target that
// already has these bytes is left alone, its mtime too.
Result<Materialized> materialize(const Store& store, const std::string& blob,
                                 const std::string& target, const MaterializeOptions& options = {});

// The same for a path from ensure_tree: `target` becomes a folder with copies of
// everything in the tree, modes and links kept. An existing folder is replaced as a
// whole; anything else in its place is an Error. Always makes new files.
Status materialize_tree(const std::string& tree, const std::string& target);

// The parts of it. `fill` makes a folder at the path that it gets, which then takes the
// place of `target`; when `fill` fails, nothing has changed.
Status replace_folder(const std::string& target,
                      const std::function<Status(const std::string&)>& fill);
// `target` must not exist yet.
Status copy_tree(const std::string& tree, const std::string& target);
// A copy, or a reflink, of one file; `to` must not exist yet.
Status copy_into_build(const std::string& from, const std::string& to, bool executable);

}  // namespace fbuild::lnk
