#include "image/intel_hex.h"

#include <doctest/doctest.h>

using namespace fbuild;

namespace {

std::string hex(std::vector<StoredBytes> sections, uint32_t entry = 0) {
  return intel_hex(std::move(sections), entry);
}

std::string read_error(std::string_view text) {
  Result<std::vector<HexRun>> runs = read_intel_hex(text, "a.hex");
  return runs ? "no error" : runs.error().text();
}

}  // namespace

// Records worked out by hand from Intel's description of the format.
TEST_CASE("records of 16 bytes, in the order of addresses, and an end") {
  CHECK(hex({}) == ":00000001FF\r\n");
  CHECK(hex({{0x100, "0123456789abcdefgh"}, {0x10, "\x01"}}) ==
        ":0100100001EE\r\n"
        ":10010000303132333435363738396162636465668D\r\n"
        ":0201100067681E"
        "\r\n"
        ":00000001FF\r\n");
}

TEST_CASE("a record does not cross 64 KiB; above it the upper bits come first") {
  CHECK(hex({{0xfffe, "abcd"}}) ==
        ":02FFFE0061623E\r\n"
        ":020000021000EC\r\n"
        ":0200000063"
        "6437\r\n"
        ":00000001FF\r\n");
  CHECK(hex({{0x10000000, "a"}}) ==
        ":020000041000EA\r\n"
        ":01000000619E\r\n"
        ":00000001FF\r\n");
  CHECK(hex({{0xf0000, "a"}, {0x100000, "b"}}) ==
        ":02000002F0000C\r\n"
        ":01000000619E\r\n"
        ":020000020000FC\r\n"
        ":020000040010EA\r\n"
        ":01000000629D\r\n"
        ":00000001FF\r\n");
}

TEST_CASE("the entry point, if there is one") {
  CHECK(hex({}, 0x12345) == ":040000031000234581\r\n:00000001FF\r\n");
  CHECK(hex({}, 0x400d0020) == ":04000005400D00208A\r\n:00000001FF\r\n");
}

TEST_CASE("what was written is read back") {
  std::string long_bytes(70000, 'x');
  Result<std::vector<HexRun>> runs =
      read_intel_hex(hex({{0x8000, long_bytes}, {0x20000000, "data"}}, 0x8001), "a.hex");
  REQUIRE(runs);
  REQUIRE(runs->size() == 2);
  CHECK((*runs)[0].address == 0x8000);
  CHECK((*runs)[0].bytes == long_bytes);
  CHECK((*runs)[1].address == 0x20000000);
  CHECK((*runs)[1].bytes == "data");
}

TEST_CASE("a damaged HEX file is an error at its line") {
  CHECK(read_error("").ends_with("a.hex: ends without an end record; an Intel HEX file"));
  CHECK(read_error(":0100100001EE\n").starts_with("a.hex:1: ends without an end record"));
  CHECK(read_error(":0100100001EF\n").starts_with("a.hex:1: has a record with a wrong checksum"));
  CHECK(read_error("\n:01001000G1EE\n").starts_with("a.hex:2: has a letter that is no"));
  CHECK(read_error(":0200100001ED\n").starts_with("a.hex:1: has a record of the wrong length"));
  CHECK(read_error("hello world!\n").starts_with("a.hex:1: is not a record"));
  CHECK(read_error(":00000007F9\n").starts_with("a.hex:1: has a record of an unknown type"));
}
