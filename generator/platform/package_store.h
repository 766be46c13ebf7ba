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
  lnk::Extract extract;
};

// Fetches what is missing and unpacks it. An archive without sha256 is believed as it
// comes, and the answer has its digest. One whose `extract` is File is of whatever kind its
// first bytes tell. Its URL may be a file:// one.
Result<InstalledArchive> install_archive(PackageStore& packages, const PackageArchive& archive);

// The files of a commit of a git repository, leased to this process; "" if it is not there.
Result<std::string> find_git_tree(PackageStore& packages, const std::string& url,
                                  const std::string& commit);

struct GitCheckout {
  std::string tree;
  std::string commit;  // full
};

// The same, fetched when missing. Without `commit` it is what `ref` means now.
Result<GitCheckout> fetch_git_tree(PackageStore& packages, const std::string& url,
                                   const std::string& ref, const std::string& commit);

// What a server answers to a GET: its text, or nothing where it says that there is no such
// thing (404).
Result<std::optional<std::string>> fetch_answer(PackageStore& packages, const std::string& url);

// The package's root in an unpacked tree: the tree, or the only one of its folders that has
// the package. The Error of an archive that is something else has no place.
Result<std::string> root_in_tree(const PackageSpec& spec, const std::vector<std::string>& programs,
                                 const std::string& tree);

// Keeps the tree that `root` lies in from being evicted while the link at `link`
// (absolute) leads into it; see lnk/pin.h.
void pin_in_store(const std::string& tree, const std::string& link);

}  // namespace fbuild
