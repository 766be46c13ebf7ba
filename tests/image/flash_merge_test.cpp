#include "image/flash_merge.h"

#include <doctest/doctest.h>

#include "image/sha256.h"
#include "tests/image/esp_program.h"

using namespace fbuild;

TEST_CASE("parts at their offsets, ff between them") {
  Result<std::string> merged = merge_flash({{0x3000, "late", "b"}, {0x1000, "early", "a"}}, 0, 0);
  REQUIRE(merged);
  CHECK(*merged == std::string(0x1000, '\xff') + "early" + std::string(0x1ffb, '\xff') + "late");
  merged = merge_flash({{0x1000, "early", "a"}}, 0x1000, 0x2000);
  REQUIRE(merged);
  CHECK(*merged == "early" + std::string(0xffb, '\xff'));
}

TEST_CASE("parts that would erase each other are refused") {
  auto error = [](std::vector<FlashPart> parts, uint32_t start = 0) {
    Result<std::string> merged = merge_flash(std::move(parts), start, 0);
    return merged ? "no error" : merged.error().text();
  };
  CHECK(error({{0x1000, "12", "a"}, {0x1800, "34", "b"}}) ==
        "b: at 0x1800 overlaps the part before it; 0x2000 or higher");
  CHECK(error({{0x1000, "12", "a"}}, 0x2000) ==
        "a: is at 0x1000, below the start of the file; 0x2000 or higher");
  CHECK(error({{0, "12", "a"}, {0xf0000000, "34", "b"}}) ==
        "b: at 0xf0000000 is too far from the start; 256 MiB at most");
}

TEST_CASE("flash settings go into an image's header, and into its digest") {
  std::string image("\xe9\x01\x02\x2f\x00\x00\x38\x40", 8);
  image += std::string("\xee\0\0\0\5\0\0\0\0\xff\xff\0\0\0\0\1", 16);
  image += std::string("\0\0\x38\x40\4\0\0\0abcd", 12);
  image += std::string(11, '\0') + '\x2b';
  Sha256Digest digest = sha256(image);
  std::string whole = image + std::string(digest.begin(), digest.end()) + "more";

  std::string changed = whole;
  CHECK(set_esp_flash(changed, {.mode = 0, .size = 0x40, .frequency = {}}, true));
  image[2] = 0;
  image[3] = 0x4f;
  digest = sha256(image);
  CHECK(changed == image + std::string(digest.begin(), digest.end()) + "more");

  changed = whole;
  CHECK(set_esp_flash(changed, {}, true));
  CHECK(changed == whole);

  for (size_t cut : {0, 5, 20, 30, 40, 47}) {
    CAPTURE(cut);
    changed = whole.substr(0, cut);
    CHECK(!set_esp_flash(changed, {.mode = 0, .size = {}, .frequency = {}}, true));
    CHECK(changed == whole.substr(0, cut));
  }
  changed = "not an image, though it is long enough for one of them";
  CHECK(!set_esp_flash(changed, {.mode = 0, .size = {}, .frequency = {}}, true));
}
