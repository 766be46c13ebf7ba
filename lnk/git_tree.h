// Files of a git repository, fetched by the git program and kept in the store like an
// unpacked archive: what one commit holds, with its submodules as `git clone --recursive`
// would check them out, and without any .git. Which commit is asked of the server once;
// from then on the commit names the files, and git verifies what comes against it.
//
// The files come out of git as an archive (`git archive`) that is unpacked by extract.h, so
// names and links of a repository are judged as strictly as those of an archive.
#pragma once

#include <string>

#include "lnk/ensure.h"
#include "lnk/store.h"
#include "support/result.h"

namespace fbuild::lnk {

struct GitTree {
  std::string tree;    // folder in the store
  std::string commit;  // full
};

// `url`: what git takes for one, without "git+" before it. `commit`: full, or "": then it
// is what `ref` means now: a full or abbreviated (at least 7 digits) commit, a branch, a
// tag, or "" for the default branch. A commit that is in the store needs no network.
Result<GitTree> ensure_git_tree(const Store& store, const std::string& url, const std::string& ref,
                                const std::string& commit, const EnsureOptions& options);

// Whether a text is a full commit name.
bool is_full_commit(std::string_view text);

// A submodule's URL as seen from the repository at `parent`: "../other.git" lies beside it.
std::string submodule_url(const std::string& parent, const std::string& url);

}  // namespace fbuild::lnk
