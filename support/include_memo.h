// What files were found to include (see include_lines.h), remembered between runs.
//
// The generator writes it: a file whose stat is the remembered one need not be read again.
// The gate reads it: a source that was edited but still includes the same has not changed
// anything that was generated.
//
//     fbuild includes 2
//     . SIZE MTIME CTIME INODE DEVICE PATH     a file; times in nanoseconds since 1970
//     "NAME                                    its lines: IncludeLine::Kind and the name
//     <NAME
//
// Files whose path or names have a line end are left out. Zeros for the stat: it cannot
// be trusted (the file was too new when it was read).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/include_lines.h"

namespace fbuild {

struct FileStamp {
  uint64_t size = 0, inode = 0, device = 0;
  int64_t mtime = 0, ctime = 0;
  bool operator==(const FileStamp&) const = default;
};

struct KnownIncludes {
  FileStamp stamp;
  std::vector<IncludeLine> lines;
};

using IncludeMemo = std::map<std::string, KnownIncludes, std::less<>>;

std::string format_include_memo(const IncludeMemo& memo);

// Text that is not such a memo, or is damaged, is an empty one.
IncludeMemo parse_include_memo(std::string_view text);

}  // namespace fbuild
