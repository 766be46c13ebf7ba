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
  std::string path;
  Counters counters;
  bool moving = false;
  bool unstable = false;
};

}  // namespace fbuild::stamp
