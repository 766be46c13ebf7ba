// A store of what commands made, for all projects of a user: see once.h for what is in it.
//
//     <cache>/objects-v1/D/KEY.KIND      D: the key's first hex digit, KEY: 32 hex digits
//
// An entry is 8 bytes "fbobj01\n", the content's size (8 bytes, little-endian), its
// XXH3-128 (16 bytes) and the content. It appears by rename and never changes; one that
// does not check out is as good as none and removed. So any number of processes may use
// the store at any time, and whoever is killed leaves at most a temporary file, which a
// later trim removes.
//
// Each of the 16 folders keeps to its share of the budget: now and then, a process that
// stores something removes what was used longest ago. Using an entry renews its mtime.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stamp/hash.h"
#include "support/result.h"

namespace fbuild::stamp {

struct ObjectStore {
  std::string root;     // "": off
  uint64_t budget = 0;  // bytes
};

inline constexpr uint64_t kDefaultObjectBudget = uint64_t{1} << 30;

// "off", "0" or "no": nothing; a size in bytes, or with K, M or G: the budget; "" the
// default budget. An Error says what would be right.
Result<uint64_t> parse_object_budget(std::string_view text);

// The store that FBUILD_OBJECT_CACHE (see above) and the cache directory ask for; off
// when there is no place for it. Nothing is made before something is stored.
Result<ObjectStore> object_store_from_environment();

// The content stored under this key and kind ("manifest", "object"...).
std::optional<std::string> read_object(const ObjectStore& store, const Hash128& key,
                                       std::string_view kind);

// Stores; a full disk or a read-only folder is no error: then nothing is stored.
void write_object(const ObjectStore& store, const Hash128& key, std::string_view kind,
                  std::string_view content);

struct ObjectUsage {
  uint64_t entries = 0, bytes = 0;
};
ObjectUsage measure_objects(const ObjectStore& store);
// Brings every folder down to its share of `budget`, oldest first; 0 removes everything.
ObjectUsage trim_objects(const ObjectStore& store, uint64_t budget);

}  // namespace fbuild::stamp
