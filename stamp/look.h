// What one look at some sets found out.
#pragma once

#include <cstddef>
#include <vector>

#include "stamp/watch.h"

namespace fbuild::stamp {

struct Session::Look {
  std::vector<size_t> roots;  // those that were looked at, as indices into the catalog
  bool store = false;         // the table should learn of it
  bool unstable = false;      // something would not hold still: nothing is clean
};

}  // namespace fbuild::stamp
