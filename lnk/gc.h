// Keeping the store within its budget, and clean: what is in it, evicting what was used
// longest ago, and sweeping up after processes that were killed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lnk/store.h"
#include "support/result.h"

namespace fbuild::lnk {

struct StoredEntry {
  std::string path;  // of the entry's folder
  EntryInfo info;
  int64_t used = 0;  // last use, seconds since 1970
  int64_t used_ns = 0;
  int leases = 0;  // live ones, at a glance
  int pins = 0;    // build directories that link to it
};

struct StoreContents {
  std::vector<StoredEntry> entries;     // longest unused first
  std::vector<std::string> unreadable;  // entries without a readable `info`
  uint64_t partial_bytes = 0;           // of downloads broken off or under way
  uint64_t bytes = 0;                   // on disk, partial ones included
};

Result<StoreContents> store_contents(const Store& store);

// The budget in bytes: FBUILD_CACHE_BUDGET (bytes with K, M, G, T, or a percentage of the
// disk); without it a tenth of the disk the store is on, but no less than 4 GiB. An
// Error for a value that makes no sense.
Result<uint64_t> store_budget(const Store& store);

// The form of that variable and of gc --budget.
Result<uint64_t> parse_budget(std::string_view text, const Store& store);

struct GcResult {
  uint64_t before = 0, after = 0;  // bytes
  int evicted = 0;                 // entries
  int in_use = 0;                  // entries that were spared because of a lease or lock
  int swept = 0;                   // left-overs of dead processes
};

// Sweeps up, then evicts until at most `budget` bytes are left or everything that is
// left is in use. Safe beside any number of other processes.
Result<GcResult> collect_garbage(const Store& store, uint64_t budget);

struct StoreVerdict {
  int entries = 0;
  std::vector<std::string> problems;  // one line each; empty: clean
};

// Reads everything in the store and holds it against its digests.
Result<StoreVerdict> verify_store(const Store& store);

}  // namespace fbuild::lnk
