// The commands of fbuild-lnk, without their command line. Each prints its results on
// standard output and its progress on standard error, and returns the exit status: 0
// when all is well, 1 when something was not, 2 for bad input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lnk/ensure.h"
#include "lnk/store.h"

namespace fbuild::lnk {

struct CommandOptions {
  EnsureOptions ensure;
  int jobs = 0;  // at once; 0: as many as make sense
  bool quiet = false;
};

// Fetches everything the manifests below `place` (a folder, or one manifest) name.
int pull(const Store& store, const std::string& place, const CommandOptions& options);

// Verifies, byte by byte and without the network, that all of it is in the store.
int check(const Store& store, const std::string& place, const CommandOptions& options);

struct AddOptions {
  std::string url;
  std::string output;  // empty: from the URL's last part
  Extract extract = Extract::File;
  bool force = false;  // overwrite
};

// Fetches a URL and writes the manifest for what came.
int add(const Store& store, const AddOptions& what, const CommandOptions& options);

struct InstallOptions {
  std::string url;
  std::string sha256;            // empty: not known; what comes is believed and reported
  std::optional<uint64_t> size;  // in bytes
  Extract extract = Extract::File;
  int strip = 0;
};

// Makes sure of an archive and its unpacked tree, and prints one line of JSON on standard
// output: {"tree": PATH, "sha256": DIGEST, "size": BYTES or null}, or when it fails
// {"error": WHAT, "fix": REMEDY}. For fbuild-gen.
int install(const Store& store, const InstallOptions& what, const CommandOptions& options);

// What the store holds.
int show_cache(const Store& store, bool json);

// Evicts down to `budget` (empty: the default).
int run_gc(const Store& store, const std::string& budget, bool json);

// Verifies the whole store.
int verify_cache(const Store& store);

// The path in the store of what one manifest names; fetches nothing.
int show_path(const Store& store, const std::string& manifest);

// Makes sure of what one manifest names and puts it at `target`; the lease is bound to
// options.ensure.lease_holder. Of a folder, a copy with all its manifests resolved
// (data_folder.h).
int materialize_one(const Store& store, const std::string& manifest, const std::string& target,
                    const CommandOptions& options);

// After something was added, the store may be over its budget: evicts down to it.
void keep_within_budget(const Store& store);

// One line on standard error; returns 2.
int report_error(const Error& error);

}  // namespace fbuild::lnk
