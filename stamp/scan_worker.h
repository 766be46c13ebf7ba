// What one thread of a scan works with. For scan.cpp and scan_list.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stamp/scan.h"

namespace fbuild::stamp {

// Files of one directory that are hashed by the thread that listed it; the rest is
// shared out in runs of as many.
inline constexpr uint32_t kInlineFiles = 32;

// Files that a thread opens before it reads them and closes them together. With the
// directories they lie in, a few more; well below the usual limit of 1,024.
inline constexpr size_t kFilesAtOnce = 64;

struct ListedName {
  uint32_t offset;
  uint16_t size;
  unsigned char type;
  bool watched;  // as far as its name goes; unknown of directories
};

struct Scanner::Worker {
  Worker(ArenaPieces& pieces, unsigned n) : number(n), arena(pieces) {}

  static constexpr size_t kListing = 64 * 1024;
  unsigned number;
  Arena arena;
  ReadBuffer buffer;
  std::unique_ptr<char[]> listing{new char[kListing]};
  std::vector<ListedName> listed;
  std::string raw_names;  // each with a NUL behind it
  std::string_view name(const ListedName& item) const {
    return std::string_view(raw_names.data() + item.offset, item.size);
  }
  // What is open: files to be hashed, of a listing or (without a task) in place, and the
  // directories they were opened from.
  struct OpenFile {
    int fd;
    DirTask* task;
    Entry* entry;
  };
  std::vector<OpenFile> files;
  std::vector<int> directories;
  std::vector<int> to_close;  // for close_all() only

  std::string path;
  Counters counters;
  uint32_t listed_since = 0;  // entries since old blocks were given back
  bool moving = false;
  bool differs = false;
  bool unstable = false;
};

}  // namespace fbuild::stamp
