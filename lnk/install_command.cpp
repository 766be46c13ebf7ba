// install: a package's archive, given by its facts instead of a manifest.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "lnk/commands.h"
#include "lnk/gc.h"
#include "lnk/sha256.h"
#include "support/files.h"
#include "support/json_text.h"

namespace fbuild::lnk {

namespace {

constexpr const char* kBadArchive = "nothing of it was kept; whoever made it has to mend it";

// The kind of archive that a file's first bytes say it is.
std::optional<Extract> kind_of_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char head[6] = {};
  if (!fd || ::read(fd.get(), head, sizeof head) < 4) return std::nullopt;
  std::string_view text(head, sizeof head);
  if (text.starts_with("PK\x03\x04")) return Extract::Zip;
  if (text.starts_with("\x1f\x8b")) return Extract::TarGz;
  if (text.starts_with("BZh")) return Extract::TarBz2;
  if (text.starts_with("\xfd\x37\x7a\x58\x5a")) return Extract::TarXz;
  if (text.starts_with("\x28\xb5\x2f\xfd")) return Extract::TarZst;
  return std::nullopt;
}

}  // namespace

// fbuild-gen tells people what went wrong, with the name of the package.
int answer_error(ProgressDisplay& display, const Error& error, const std::string& more) {
  Error plain = error;
  plain.fix.clear();
  display.print("{\"error\": " + json_string(plain.text()) +
                ", \"fix\": " + json_string(error.fix) + more + "}");
  return 1;
}

int install(const Store& store, const InstallOptions& what, const CommandOptions& options) {
  if (Status status = check_url(what.url); !status) return report_error(status.error());
  if (what.extract == Extract::File)
    return report_error(
        {what.url + ": is not declared as an archive", "say what it is with --extract"});
  Manifest manifest{what.url, "", what.size, what.extract.value_or(Extract::File)};
  ProgressDisplay display(1, options.quiet);
  EnsureOptions ensure_options = options.ensure;
  ensure_options.fetch.progress = display.callback();
  // Toolchains have headers that differ only in case, and live on this machine's disk alone.
  ensure_options.extract.names.allow_case_clashes = true;
  if (what.sha256.empty()) {
    Result<Manifest> found = fetch_unknown(store, what.url, manifest.extract, ensure_options);
    if (!found) return answer_error(display, found.error());
    manifest = std::move(*found);
  } else {
    Result<std::string> digest = check_sha256(what.sha256);
    if (!digest) return report_error(digest.error());
    manifest.sha256 = std::move(*digest);
  }
  if (!what.extract) {
    Result<std::string> blob = ensure_blob(store, manifest, ensure_options);
    if (!blob) return answer_error(display, blob.error());
    std::optional<Extract> kind = kind_of_file(*blob);
    if (!kind)
      return answer_error(display, {what.url + ": what came is no archive",
                                    "a zip, tar.gz, tar.bz2, tar.xz or tar.zst was expected"});
    manifest.extract = *kind;
  }
  Result<std::string> tree = ensure_tree(store, manifest, what.strip, ensure_options);
  if (!tree) {
    Error error = tree.error();
    Manifest blob = manifest;
    blob.extract = Extract::File;
    // It came, and is not what it should be.
    if (error.fix.empty() && !find_entry(store, blob).empty()) error.fix = kBadArchive;
    return answer_error(display, error);
  }
  display.file_done();
  display.print("{\"tree\": " + json_string(*tree) +
                ", \"sha256\": " + json_string(manifest.sha256) +
                ", \"size\": " + (manifest.size ? std::to_string(*manifest.size) : "null") +
                ", \"extract\": " + json_string(extract_name(manifest.extract)) + "}");
  keep_within_budget(store);
  return 0;
}

}  // namespace fbuild::lnk
