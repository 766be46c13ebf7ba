// Packages in the store. Asking whether one is there costs a few stats; whatever takes
// longer (fetching, unpacking, reading a tree again after a reboot) is done by fbuild-lnk in
// a process of its own, so that fbuild-gen itself starts without libcurl and libarchive.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generator/platform/package.h"
#include "generator/platform/package_version.h"
#include "lnk/store.h"
#include "support/result.h"

namespace fbuild {

struct PackageStore {
  std::string program;                             // fbuild-lnk
  bool offline = false;                            // never the network
  bool quiet = false;                              // no progress on standard error
  std::optional<lnk::Store> store = std::nullopt;  // opened when first needed
};

// The store of this machine.
Result<lnk::Store*> store_of(PackageStore& packages);

// The folder of the archive unpacked, leased to this process, if that needs no network; ""
// if it would.
Result<std::string> find_in_store(PackageStore& packages, const PackageArchive& archive);

struct InstalledArchive {
  std::string tree;
  std::string sha256;
  std::optional<uint64_t> size;
};

// Fetches what is missing and unpacks it. An archive without sha256 is believed as it
// comes, and the answer has its digest.
Result<InstalledArchive> install_archive(PackageStore& packages, const PackageArchive& archive);

// The package's root in an unpacked tree: the tree, or the only one of its folders that has
// the package. The Error of an archive that is something else has no place.
Result<std::string> root_in_tree(const PackageSpec& spec, const std::vector<std::string>& programs,
                                 const std::string& tree);

// Keeps the tree that `root` lies in from being evicted while the link at `link`
// (absolute) leads into it; see lnk/pin.h.
void pin_in_store(const std::string& tree, const std::string& link);

}  // namespace fbuild
