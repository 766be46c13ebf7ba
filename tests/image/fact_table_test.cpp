#include "image/fact_table.h"

#include <doctest/doctest.h>

#include "image/esp_image.h"
#include "image/uf2.h"
#include "support/files.h"

using namespace fbuild;

TEST_CASE("rows, continued lines, comments and the forms of values") {
  Result<std::vector<FactRow>> rows = parse_fact_table(
      "# a comment\n"
      "one id=5 page=64K   # another\n"
      "    flash=0x1000-0x2000,0x4000-0x4001\n"
      "\n"
      "two\tsizes=1MB:0x10,2MB:0x20\n",
      "t");
  REQUIRE(rows);
  REQUIRE(rows->size() == 2);
  const FactRow& one = (*rows)[0];
  CHECK(one.name == "one");
  CHECK(*one.number("id", 0) == 5);
  CHECK(*one.number("page", 0) == 65536);
  CHECK(*one.number("other", 7) == 7);
  std::vector<AddressRange> ranges = *one.ranges("flash");
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].holds(0x1000));
  CHECK(!ranges[0].holds(0x2000));
  CHECK(ranges[1].begin == 0x4000);
  auto sizes = *(*rows)[1].named_numbers("sizes");
  REQUIRE(sizes.size() == 2);
  CHECK(sizes[1].first == "2MB");
  CHECK(sizes[1].second == 0x20);
}

TEST_CASE("a wrong value is an error at its line") {
  Result<std::vector<FactRow>> rows = parse_fact_table("a\n  x=12z\n  y=2-1\n  z=q\n", "t");
  REQUIRE(rows);
  const FactRow& row = (*rows)[0];
  CHECK(row.number("x", 0).error().text() == "t:2: x has the value '12z'; a number");
  CHECK(row.ranges("y").error().text().starts_with("t:3: y has the value '2-1'; ranges such as"));
  CHECK(row.named_numbers("z").error().text().starts_with("t:4: z has the value 'q'; pairs"));
  CHECK(row.numbers("z").error().text().starts_with("t:4: z has the value 'q'; numbers"));
  CHECK(parse_fact_table("a b\n", "t").error().text() ==
        "t:1: 'b' is not a fact; a name, then key=value");
  CHECK(parse_fact_table("  b=1\n", "t").error().text().starts_with("t:1: 'b=1' is not a fact"));
}

TEST_CASE("every row of the tables that are installed can be used") {
  const std::string folder = FBUILD_SOURCE_DIR "/image/tables/";
  Result<std::vector<FactRow>> chips =
      parse_fact_table(*read_file(folder + "esp-chips.table"), "esp-chips.table");
  REQUIRE(chips);
  CHECK(chips->size() > 10);
  for (const FactRow& row : *chips) {
    CAPTURE(row.name);
    Result<EspChip> chip = esp_chip(row);
    REQUIRE(chip);
    CHECK(!chip->flash.empty());
    CHECK(!chip->memory.empty());
    CHECK(!chip->frequencies.empty());
    CHECK(esp_code(chip->sizes, "4MB", "size", *chip));
  }
  Result<std::vector<FactRow>> families =
      parse_fact_table(*read_file(folder + "uf2-families.table"), "uf2-families.table");
  REQUIRE(families);
  CHECK(families->size() > 50);
  for (const FactRow& row : *families) {
    CAPTURE(row.name);
    CHECK(uf2_family(row));
  }
  CHECK(find_fact_row(folder + "uf2-families.table", "rp2350-arm-s", "family")->name ==
        "RP2350_ARM_S");
  CHECK(find_fact_row(folder + "esp-chips.table", "esp23", "chip").error().text() ==
        "unknown chip 'esp23'; did you mean 'esp32'?");
}
