#include "generator/platform/linked_blob.h"

#include "lnk/present.h"
#include "support/process.h"

namespace fbuild {

Result<std::string> linked_blob(PackageStore& packages, const std::string& path,
                                const lnk::Manifest& manifest) {
  Result<lnk::Store*> store = store_of(packages);
  if (!store) return store.error();
  lnk::EntryKey key = lnk::blob_key(manifest);
  Result<std::string> found = lnk::use_if_present(**store, key, 0);
  if (!found || !found->empty()) return found;
  std::vector<std::string> argv = {packages.program, "pull", path};
  if (packages.offline) argv.push_back("--offline");
  if (packages.quiet) argv.push_back("--quiet");
  Result<ProcessOutput> done = run_process(argv);
  if (!done) return done.error();
  if (done->exit_status != 0) {
    std::string why = done->out.substr(0, done->out.find('\n'));
    if (std::string lead = "FAIL " + path + ": "; why.starts_with(lead))
      why = why.substr(lead.size());
    return Error{why,
                 packages.offline ? "run 'fbuild-lnk pull' once without --offline"
                                  : "'fbuild-lnk pull' tries again",
                 path};
  }
  found = lnk::use_if_present(**store, key, 0);
  if (found && found->empty())
    return Error{"it was fetched and is gone again", "is the store's budget too small?", path};
  return found;
}

}  // namespace fbuild
