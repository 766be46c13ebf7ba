// From a URL into a file, hashed on the way.
//
// The file is a partial download: it may hold the beginning of the bytes already, from
// an earlier attempt or an earlier process, and is continued with a Range request. Two
// things guard that: If-Range with the validator the first response gave (kept in
// <path>.from), and the digest over everything, which also covers what was there before.
// If the digest is wrong after a continued download, it is fetched once more from the
// beginning.
//
// Tried again, with growing pauses: breaks, stalls, refused connections, 5xx. Not tried
// again: 4xx, a wrong digest, a wrong size, an untrusted certificate, too many
// redirects. A redirect may not lead from https to http, nor to anything else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lnk/fetch_options.h"
#include "support/result.h"

namespace fbuild::lnk {

struct FetchRequest {
  std::string url;     // as in the manifest
  std::string sha256;  // empty: not known yet (fbuild-lnk add)
  std::optional<uint64_t> size;
  std::string path;  // of the partial file
};

struct Fetched {
  std::string sha256;
  uint64_t size = 0;
};

// Leaves the verified bytes in request.path, or an Error whose text begins with the
// URL. After an error the partial file is there if and only if it can be continued. The
// caller holds the lock that makes request.path its own.
Result<Fetched> fetch(const FetchRequest& request, const FetchOptions& options);

// Removes a partial file and what belongs to it.
void remove_partial(const std::string& path);

}  // namespace fbuild::lnk
