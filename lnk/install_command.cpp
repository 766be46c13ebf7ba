// install: a package's archive, given by its facts instead of a manifest.
#include <cstdio>

#include "lnk/commands.h"
#include "lnk/gc.h"
#include "lnk/progress.h"
#include "lnk/sha256.h"
#include "support/files.h"
#include "support/json_text.h"

namespace fbuild::lnk {

namespace {

// fbuild-gen tells people what went wrong, with the name of the package.
int answer_error(ProgressDisplay& display, const Error& error) {
  Error plain = error;
  plain.fix.clear();
  display.print("{\"error\": " + json_string(plain.text()) +
                ", \"fix\": " + json_string(error.fix) + "}");
  return 1;
}

}  // namespace

int install(const Store& store, const InstallOptions& what, const CommandOptions& options) {
  if (Status status = check_url(what.url); !status) return report_error(status.error());
  if (what.extract == Extract::File)
    return report_error(
        {what.url + ": is not declared as an archive", "say what it is with --extract"});
  Manifest manifest{what.url, "", what.size, what.extract};
  ProgressDisplay display(1, options.quiet);
  EnsureOptions ensure_options = options.ensure;
  ensure_options.fetch.progress = display.callback();
  // Toolchains have headers that differ only in case, and live on this machine's disk alone.
  ensure_options.extract.names.allow_case_clashes = true;
  if (what.sha256.empty()) {
    Result<Manifest> found = fetch_unknown(store, what.url, what.extract, ensure_options);
    if (!found) return answer_error(display, found.error());
    manifest = std::move(*found);
  } else {
    Result<std::string> digest = check_sha256(what.sha256);
    if (!digest) return report_error(digest.error());
    manifest.sha256 = std::move(*digest);
  }
  Result<std::string> tree = ensure_tree(store, manifest, what.strip, ensure_options);
  if (!tree) return answer_error(display, tree.error());
  display.file_done();
  display.print("{\"tree\": " + json_string(*tree) +
                ", \"sha256\": " + json_string(manifest.sha256) +
                ", \"size\": " + (manifest.size ? std::to_string(*manifest.size) : "null") + "}");
  keep_within_budget(store);
  return 0;
}

}  // namespace fbuild::lnk
