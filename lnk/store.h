// The store: every byte fetched on this machine, once, verified, for all projects.
//
//     <cache>/store-v1/
//         blobs/<name>/    data      the bytes as they came, mode 0444
//                          info      what they are: kind, url, sha256, sizes
//                          verified  when they were last held against the digest
//                          lease.*   one empty file per process that uses them
//         trees/<name>/    tree/     an archive unpacked
//                          list      its files with digests (tree_list.h)
//                          info, verified, lease.*
//                          pin.*     one file per link that leads into it (pin.h)
//         partial/<name>   a download under way or broken off; <name>.from beside it
//         locks/<name>     see below
//         tmp/<tag>.<n>/   entries being made, named by the process that makes them
//         trash/           entries on their way out
//         vouched/         what was verified in read-only stores (witness.h)
//
// <name> is the SHA-256 the bytes must have, a dot, and 16 digits of the SHA-256 of
// kind and URL: so another digest or another URL is another entry, and a listing shows
// what an entry must contain without a second file.
//
// Why it survives anything:
// * An entry appears by one rename of a complete folder from tmp/ and goes by one
//   rename into trash/. There is no moment at which half of one can be seen.
// * Locks are flock()s on locks/<name>, dropped by the kernel when a process dies. Using
//   an entry takes its lock shared for the moment of writing a lease; making, replacing
//   and evicting take it exclusively. No process waits for a lock while it holds the
//   lock of a blob, and trees are locked before their blobs, so there is no deadlock.
// * What a dead process leaves in tmp/ carries its tag and is swept up by gc.
// * Nothing is fsynced. Data that did not reach the disk can only be lost in a crash of
//   the machine, and `verified` names the boot in which the digest was taken: in another
//   boot the bytes are read once more before they are trusted again, and only then
//   marked as trusted for good. That costs one read after a reboot instead of a flush of
//   every download.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lnk/file_lock.h"
#include "lnk/manifest.h"
#include "support/result.h"

namespace fbuild::lnk {

struct Store {
  std::string root;                 // .../store-v1
  std::vector<std::string> layers;  // the same of read-only stores, first one first
  bool writable = true;             // false: root cannot be made; layers still serve
  Error unwritable;                 // why, when it is not
};

// The folder of caches: FBUILD_CACHE_DIR, else XDG_CACHE_HOME/fbuild, else
// ~/.cache/fbuild. An Error when none of them is set.
Result<std::string> cache_directory();

// The store in `cache` (made when missing) with the read-only ones in `layers` under
// it; each a cache directory as above.
Store open_store(const std::string& cache, const std::vector<std::string>& layers = {});

// The store that the environment asks for: cache_directory(), with the layers of
// FBUILD_CACHE_PATH (separated by colons).
Result<Store> open_default_store();

// What an entry is kept for. A tree is the archive of the same manifest unpacked, with
// `strip` leading folders taken off.
struct EntryKey {
  enum Kind { Blob, Tree };
  Kind kind = Blob;
  std::string url;
  std::string sha256;
  Extract extract = Extract::File;  // Tree; File: of a git repository
  int strip = 0;                    // Tree
};

EntryKey blob_key(const Manifest& manifest);
EntryKey tree_key(const Manifest& manifest, int strip);

// The files of one commit (40 or 64 hex digits) of the git repository at `url`. Its digest
// stands for the commit, which git itself holds the files against.
EntryKey git_key(const std::string& url, const std::string& commit);

// "blob", or for a tree "tree tar.gz strip=1", "tree git".
std::string kind_text(const EntryKey& key);

// <name> as above.
std::string entry_name(const EntryKey& key);

// Paths in a store's root.
std::string entry_path(const std::string& root, const EntryKey& key);
std::string data_path(const std::string& entry, EntryKey::Kind kind);  // .../data or .../tree
std::string partial_path(const Store& store, const std::string& name);

// Waits for the entry's lock. See the top for who takes which. `before_waiting`, if any,
// is called when somebody else has it.
Result<FileLock> lock_entry(const Store& store, const EntryKey& key, FileLock::Mode mode,
                            const std::function<void()>& before_waiting = {});

// The facts about an entry, from its `info`.
struct EntryInfo {
  EntryKey::Kind kind = EntryKey::Blob;
  std::string kind_text;
  std::string url;
  std::string sha256;       // of the blob, or of the archive a tree came from
  uint64_t size = 0;        // bytes of the blob, or of all files of the tree
  uint64_t disk = 0;        // bytes it takes on disk, roughly; what a budget counts
  std::string list_sha256;  // Tree: digest of `list`
};

Result<EntryInfo> read_entry_info(const std::string& entry);
std::string entry_info_text(const EntryInfo& info);

// A new, empty folder in tmp/ named by this process.
Result<std::string> make_stage(const Store& store);

// Moves a complete stage to its place. Needs the exclusive lock. An entry already there
// (it must have been found bad) goes to the trash first.
Status publish(const Store& store, const std::string& stage, const EntryKey& key);

// Moves an entry to the trash and empties it. Needs the exclusive lock.
Status discard(const Store& store, const std::string& entry);

// Marks an entry as used now: the order in which gc evicts.
void touch_entry(const std::string& entry);

// Removes a folder and everything in it, whatever the modes inside; links are not
// followed.
void remove_folder(const std::string& path);

}  // namespace fbuild::lnk
