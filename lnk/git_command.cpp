// git: the files of a repository, for fbuild-gen.
#include <cstdio>

#include "lnk/commands.h"
#include "lnk/git_tree.h"
#include "support/json_text.h"

namespace fbuild::lnk {

int install_git(const Store& store, const std::string& url, const std::string& ref,
                const std::string& commit, const CommandOptions& options) {
  ProgressDisplay display(1, options.quiet);
  EnsureOptions ensure_options = options.ensure;
  ensure_options.extract.names.allow_case_clashes = true;
  if (!options.quiet && !options.ensure.fetch.offline)
    std::fprintf(stderr, "git: %s%s%s\n", url.c_str(), ref.empty() ? "" : " at ", ref.c_str());
  Result<GitTree> found = ensure_git_tree(store, url, ref, commit, ensure_options);
  if (!found) return answer_error(display, found.error());
  display.print("{\"tree\": " + json_string(found->tree) +
                ", \"commit\": " + json_string(found->commit) + "}");
  keep_within_budget(store);
  return 0;
}

}  // namespace fbuild::lnk
