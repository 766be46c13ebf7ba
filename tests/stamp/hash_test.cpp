// XXH3 has one value for an input, whichever processor works it out and in however many
// pieces.
#include "stamp/hash.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

using namespace fbuild::stamp;

TEST_CASE("values are those of xxh128sum") {
  CHECK(hex(hash_text("")) == "99aa06d3014798d86001c324468d497f");
  CHECK(hex(hash_text("abc")) == "06b05ab6733a618578af5f94892f3950");
}

TEST_CASE("with and without AVX2, whole and in pieces") {
  std::mt19937_64 random(7);
  std::string bytes(300000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  auto compare = [&](size_t begin, size_t size) {
    const char* at = bytes.data() + begin;
    Hash128 expected = hash_bytes_anywhere(at, size);
    REQUIRE(hash_bytes(at, size) == expected);
    Hasher hasher;
    for (size_t done = 0; done < size;) {
      size_t piece = std::min<size_t>(size - done, 1 + random() % 20000);
      hasher.add(at + done, piece);
      done += piece;
    }
    REQUIRE(hasher.finish() == expected);
    if (size % 8 == 0)
      REQUIRE(checksum64(at, size, 5) ==
              checksum64_padded(at, size / 3, at + size / 3, size - size / 3, 5));
  };
  for (size_t size = 0; size < 2100; ++size) compare(size % 17, size);
  for (int i = 0; i < 200; ++i) {
    size_t begin = random() % 64;
    compare(begin, random() % (bytes.size() - begin));
  }
}

TEST_CASE("numbers are hashed little-endian") {
  Hasher a, b;
  a.add_u64s({1, 0x0203040506070809});
  b.add(std::string_view("\1\0\0\0\0\0\0\0\x09\x08\x07\x06\x05\x04\x03\x02", 16));
  CHECK(a.finish() == b.finish());
}
