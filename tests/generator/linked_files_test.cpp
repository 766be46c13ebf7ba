// Where linked files are put, and what embedded ones are called.
#include "generator/plan/linked_files.h"

#include <doctest/doctest.h>

#include "generator/plan/embeds.h"

using namespace fbuild;

TEST_CASE("places stay below their folder and apart from each other") {
  CHECK(place_below("b/lnk", "src/a/x.h") == "b/lnk/src/a/x.h");
  CHECK(place_below("b/lnk", "./src//a/../x.h") == "b/lnk/src/x.h");
  CHECK(place_below("b/lnk", "../x.h") == "b/lnk/__/x.h");
  CHECK(place_below("b/lnk", "../../x.h") == "b/lnk/__/__/x.h");
  CHECK(place_below("b/lnk", "/x.h") == "b/lnk/__root/x.h");
  CHECK(place_below("b/lnk", ".") == "b/lnk");
}

TEST_CASE("symbols are what objcopy makes of a path") {
  CHECK(symbol_of_path("src/a-b.bin") == "src_a_b_bin");
  CHECK(symbol_of_path("../x") == "___x");
  CHECK(symbol_of_path("\xc3\xa4.txt") == "___txt");
}
