#include "lnk/present.h"

#include <unistd.h>

#include "lnk/lease.h"
#include "lnk/sha256.h"
#include "lnk/witness.h"
#include "support/files.h"

namespace fbuild::lnk {

std::string layer_witness(const Store& store, const std::string& layer, const EntryKey& key) {
  return store.root + "/vouched/" + entry_name(key) + "." + sha256_of(layer).substr(0, 8);
}

Result<bool> use_at_a_glance(const std::string& entry, EntryKey::Kind kind, pid_t holder) {
  if (glance(entry, kind, entry + "/verified") != Trust::Yes) return false;
  if (Status status = take_lease(entry, holder); !status) return status.error();
  touch_entry(entry);
  return true;
}

Result<std::string> use_if_present(const Store& store, const EntryKey& key, pid_t holder) {
  std::string entry = entry_path(store.root, key);
  if (store.writable && path_exists(entry)) {
    Result<FileLock> lock = lock_entry(store, key, FileLock::Shared);
    if (!lock) return lock.error();
    Result<bool> used = use_at_a_glance(entry, key.kind, holder);
    if (!used) return used.error();
    if (*used) return data_path(entry, key.kind);
  }
  for (const std::string& layer : store.layers) {
    std::string there = entry_path(layer, key);
    if (glance(there, key.kind, layer_witness(store, layer, key)) == Trust::Yes) {
      // A layer that we may write to is one that we may be cleaned out of.
      if (::access(there.c_str(), W_OK) == 0) (void)take_lease(there, holder);
      return data_path(there, key.kind);
    }
  }
  return std::string();
}

bool worth_a_look(const Store& store, const EntryKey& key) {
  EntryKey blob{EntryKey::Blob, key.url, key.sha256, Extract::File, 0};
  auto has = [&](const std::string& root) {
    return path_exists(entry_path(root, key)) || path_exists(entry_path(root, blob));
  };
  if (has(store.root)) return true;
  for (const std::string& layer : store.layers)
    if (has(layer)) return true;
  return false;
}

}  // namespace fbuild::lnk
