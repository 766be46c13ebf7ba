// The front door: "I need these bytes". Looks in the store, then in the read-only
// layers, then fetches; what comes back is a path to verified bytes that stay there as
// long as a lease does.
//
// All of it may be called from many threads and many processes at once: an entry is
// fetched by whoever is first, the others wait for it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "lnk/extract.h"
#include "lnk/fetch_options.h"
#include "lnk/manifest.h"
#include "lnk/store.h"
#include "lnk/tree_list.h"
#include "support/result.h"

namespace fbuild::lnk {

struct EnsureOptions {
  FetchOptions fetch;      // fetch.offline: only what is already here
  ExtractOptions extract;  // limits for ensure_tree; its strip is set from the argument
  // The process that keeps what is found from being evicted while it lives; 0: this one.
  pid_t lease_holder = 0;
};

// The blob a manifest names: a read-only file. Never write to it.
Result<std::string> ensure_blob(const Store& store, const Manifest& manifest,
                                const EnsureOptions& options);

// The archive a manifest names, unpacked, `strip` (0 or 1) leading folders taken off: a
// folder. Its `extract` must be an archive's kind.
Result<std::string> ensure_tree(const Store& store, const Manifest& manifest, int strip,
                                const EnsureOptions& options);

// A tree that is made in another way than by unpacking one archive. `make` fills the empty
// folder `tree`, may use the empty folder `scratch`, and returns what it made.
using TreeMaker =
    std::function<Result<TreeList>(const std::string& tree, const std::string& scratch)>;
Result<std::string> ensure_made_tree(const Store& store, const EntryKey& key,
                                     const EnsureOptions& options, const TreeMaker& make);

// Either of the two, as `extract` says (strip 0): what a .lnk in a project stands for.
Result<std::string> ensure(const Store& store, const Manifest& manifest,
                           const EnsureOptions& options);

// For `fbuild-lnk add`: fetches a URL whose digest is not known yet and puts the bytes
// into the store. Returns the manifest with digest and size.
Result<Manifest> fetch_unknown(const Store& store, const std::string& url, Extract extract,
                               const EnsureOptions& options);

enum class EntryState { Ok, Missing, Bad };

struct CheckedEntry {
  EntryState state = EntryState::Missing;
  std::string path;  // Ok: of the data or tree
  std::string why;   // Bad: what differs
};

// Reads what is in the store (or else a layer) for a manifest, every byte, and holds it
// against its digests. Changes nothing and uses no network. A size in the manifest that
// differs from the blob's is Bad too.
CheckedEntry check_entry(const Store& store, const Manifest& manifest);

// Where ensure() would find it without reading the data or using the network; "" if it
// is not there. Takes no lease.
std::string find_entry(const Store& store, const Manifest& manifest);

}  // namespace fbuild::lnk
