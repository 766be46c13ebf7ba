// One look at roots and single files: what is remembered is compared with what is there,
// and brought up to date. This is the warm path: for an unchanged tree it is one statx
// per entry, in walk order, shared out to the cores, and nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stamp/catalog.h"
#include "stamp/entry.h"

namespace fbuild::stamp {

struct VerifyOptions {
  std::string table;     // absolute path of the table; see Filter::set_table()
  unsigned threads = 1;  // at most
};

struct VerifyResult {
  Counters counters;
  bool updated = false;        // something remembered is no longer the same, if only a stat
  bool moving = false;         // something changed while we looked: look again
  bool differs = false;        // some identity or content is another than before
  int64_t latest = INT64_MIN;  // the latest ctime among what was looked at closer
  bool unstable = false;       // a file could not be caught in one state
  bool damaged = false;        // the remembered entries make no sense
};

// Brings every root's `view` (through `fresh`) and every file's entry up to date. Keeps
// generations, digests and snapshots as they are: that is diff.h.
VerifyResult verify(std::span<RootState* const> roots, std::span<FileState* const> files,
                    const VerifyOptions& options);

}  // namespace fbuild::stamp
