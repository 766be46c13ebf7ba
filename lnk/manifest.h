// The manifest: a small text file `NAME.lnk` that stands for a large binary one.
//
//     {
//       "v": 1,
//       "url": "https://example.com/assets/logo.bin",
//       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
//       "size": 4,
//       "extract": "file"
//     }
//
// `v`, `url` and `sha256` are mandatory. `size`, in bytes, is enforced when given.
// `extract` is "file" (default) or the archive's kind. Any other key is an error: a
// misspelt "sha256" must not read as "no digest wanted".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/result.h"

namespace fbuild::lnk {

// What is done with the bytes once they are verified.
enum class Extract { File, Zip, TarGz, TarXz, TarZst, TarBz2 };

// "file", "zip", "tar.gz", ...
const char* extract_name(Extract kind);

// The other way round; an unknown name is an Error with a suggestion.
Result<Extract> extract_from_name(std::string_view name);

struct Manifest {
  std::string url;               // http, https, or file where that was allowed
  std::string sha256;            // 64 lower-case hex digits
  std::optional<uint64_t> size;  // bytes
  Extract extract = Extract::File;
};

// Reads a manifest from text; `file` is for errors, which have line and column.
Result<Manifest> parse_manifest(std::string_view text, const std::string& file);

// Reads a manifest from disk; files over 64 KiB are refused unread.
Result<Manifest> load_manifest(const std::string& path);

// The manifest as text, keys in the order above, with a newline at its end.
std::string manifest_text(const Manifest& manifest);

// Whether a URL can be fetched at all: http, https or file, a host (file has none), no
// blanks or control characters, no user or password (those belong in ~/.netrc, not in
// a file that is checked in). The Error has no place.
Status check_url(std::string_view url);

// 64 hex digits in either case, or an Error that says what it is instead.
Result<std::string> check_sha256(std::string_view digits);

}  // namespace fbuild::lnk
