// The libraries in fbuild.lock (generator/platform/package_lock.h has the rest of the file):
//
//   "libraries": [
//     {
//       "name": "ArduinoJson",
//       "owner": "bblanchon",
//       "id": 64,
//       "version": "7.4.2",
//       "url": "https://example.com/ArduinoJson-7.4.2.tar.gz",
//       "sha256": "ff1d1727...",
//       "size": 300000,
//       "extract": "tar.gz"
//     },
//     {
//       "name": "Thing",
//       "url": "git+https://example.com/thing.git#v1.2",
//       "commit": "0123456789abcdef0123456789abcdef01234567"
//     },
//     {
//       "name": "Other",
//       "url": "https://example.com/other.zip",
//       "sha256": "...",
//       "size": 4000,
//       "extract": "zip"
//     }
//   ]
//
// One with an owner is a version of a package of the registry, one with a commit what a
// git URL and ref meant, any other an archive that the project named. Items are sorted,
// keys have this order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lnk/manifest.h"
#include "support/result.h"

namespace fbuild {

struct LockedLibrary {
  std::string name;
  std::string owner, version;    // of the registry
  uint64_t id = 0;               // of the registry; 0: not known
  std::string url;               // of the archive; of git "git+URL#REF", the ref as asked for
  std::string commit;            // git: full
  std::string sha256;            // of the archive
  std::optional<uint64_t> size;  // of the archive
  lnk::Extract extract = lnk::Extract::TarGz;

  bool from_registry() const { return !owner.empty(); }
  bool from_git() const { return !commit.empty(); }
  friend bool operator==(const LockedLibrary&, const LockedLibrary&) = default;
};

using LibraryLock = std::vector<LockedLibrary>;

// Reads "libraries" from the text of a lock file; a file without has none. Text that is no
// lock file at all is left to parse_package_lock.
Result<LibraryLock> parse_library_lock(const std::string& text, const std::string& path);

// The value of "libraries" as JSON, sorted, each once, without a newline at its end; "" for
// an empty one.
std::string library_lock_text(LibraryLock lock);

}  // namespace fbuild
