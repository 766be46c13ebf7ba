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
#include <optional>
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

// What the memo has of one file, in place: for who needs few of its files, or writes most of
// them again as they are.
struct MemoPart {
  std::string_view path;
  std::string_view text;   // all of it
  std::string_view lines;  // without its first line
  FileStamp stamp;
};

// The parts of a memo, sorted by path, each path once; none when the text is none or is
// damaged, their lines apart.
std::vector<MemoPart> split_include_memo(std::string_view text);

// The lines of a part; none: they are damaged.
std::optional<std::vector<IncludeLine>> parse_include_lines(std::string_view lines);

// To write a memo: what it begins with, then the files sorted by path, then what it ends with.
std::string include_memo_begin();
void append_known_includes(std::string& memo, const std::string& path, const KnownIncludes& known);
std::string include_memo_end();

}  // namespace fbuild
