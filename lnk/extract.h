// Unpacking an archive into an empty folder, as if its author were an enemy. libarchive
// reads the format; every name is judged by ArchiveNames first; files are written by
// this code and not by libarchive's disk writer, so that nothing is ever done that is
// not listed here.
//
// Kept: content, permission bits, modification times, symbolic and hard links that stay
// inside. Dropped: owners, extended attributes, ACLs, set-gid and sticky bits of
// folders. Refused, with the whole archive: absolute names, "..", names through links,
// names given twice, names that differ only in case, links that leave the folder,
// devices, FIFOs and sockets, set-uid and set-gid files, encrypted entries, truncated
// or damaged data, and more than the limits allow.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lnk/archive_names.h"
#include "lnk/manifest.h"
#include "lnk/tree_list.h"
#include "support/result.h"

namespace fbuild::lnk {

struct ExtractOptions {
  int strip = 0;  // leading folders taken off every name: 0 or 1
  NameLimits names;
  uint64_t max_bytes = uint64_t{64} << 30;  // of all files together
  // A bomb unpacks to thousands of times its size; toolchains to about ten times. Only
  // asked beyond ratio_from bytes, because a small file of zeros is innocent.
  uint64_t max_ratio = 200;
  uint64_t ratio_from = uint64_t{256} << 20;
  std::function<void(uint64_t bytes)> progress;  // bytes written so far; may be empty
};

// Unpacks the archive in `fd` (a regular file, read from its start) into the existing,
// empty folder `target`. Returns what was made, sorted by path. After an Error the
// folder holds whatever was made until then; nothing was touched outside it. `kind` must
// not be Extract::File.
Result<TreeList> extract_archive(int fd, Extract kind, const std::string& target,
                                 const ExtractOptions& options);

}  // namespace fbuild::lnk
