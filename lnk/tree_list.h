// What an installed tree consists of: one line per file, folder and link, with the
// digests taken while it was extracted, so that it can be verified years later without
// the archive it came from.
//
//     fbuild-tree 1
//     d <tab> MODE <tab> MTIME <tab> PATH
//     f <tab> MODE <tab> MTIME <tab> SIZE <tab> SHA256 <tab> PATH
//     l <tab> PATH <tab> TARGET
//
// MODE is octal, MTIME seconds and nine digits of nanoseconds, PATH relative to the
// tree. Sorted by path as bytes. Names with control characters are never extracted, so
// tabs and newlines need no quoting.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::lnk {

struct TreeItem {
  enum Kind { File, Folder, Link };
  Kind kind = File;
  std::string path;
  unsigned mode = 0;
  int64_t mtime = 0;  // seconds
  uint32_t mtime_ns = 0;
  uint64_t size = 0;   // File
  std::string sha256;  // File
  std::string target;  // Link
};

using TreeList = std::vector<TreeItem>;

std::string tree_list_text(const TreeList& list);

// The other way round; `path` is for the error.
Result<TreeList> parse_tree_list(std::string_view text, const std::string& path);

// Holds the folder `tree` against its list: every item there, of its kind, size and
// content, executable where it was, and nothing beside them (`__pycache__` folders
// aside, which Python leaves wherever it runs). The first difference is the Error.
Status verify_tree(const std::string& tree, const TreeList& list);

}  // namespace fbuild::lnk
