#include "image/uf2.h"

#include <doctest/doctest.h>

#include "tests/image/elf_builder.h"
#include "tests/image/esp_program.h"

using namespace fbuild;

namespace {

Uf2Family family_named(std::string_view name) {
  Result<FactRow> row =
      find_fact_row(FBUILD_SOURCE_DIR "/image/tables/uf2-families.table", name, "family");
  REQUIRE(row);
  Result<Uf2Family> family = uf2_family(*row);
  REQUIRE(family);
  return *family;
}

struct Block {
  uint32_t flags, address, number, count, family;
  std::string bytes;
};

std::vector<Block> blocks_of(const std::string& file) {
  REQUIRE(file.size() % 512 == 0);
  std::vector<Block> blocks;
  for (size_t at = 0; at < file.size(); at += 512) {
    CHECK(file.substr(at, 4) == "UF2\n");
    CHECK(le32_at(file, at + 4) == 0x9e5d5157);
    CHECK(le32_at(file, at + 16) == 256);
    CHECK(le32_at(file, at + 508) == 0x0ab16f30);
    blocks.push_back({le32_at(file, at + 8), le32_at(file, at + 12), le32_at(file, at + 20),
                      le32_at(file, at + 24), le32_at(file, at + 28), file.substr(at + 32, 256)});
    if (blocks.back().flags == 0x2000) {
      CHECK(file.substr(at + 288, 220) == std::string(220, '\0'));
    }
  }
  return blocks;
}

Result<std::string> convert(const std::string& bytes, const Uf2Family& family,
                            const Uf2Options& options = {}) {
  Result<Elf> elf = read_elf(bytes, "a.elf");
  REQUIRE(elf);
  return uf2_from_elf(*elf, family, options, "a.elf");
}

std::string error_of(const std::vector<test::SectionSpec>& sections, uint32_t entry,
                     uint16_t machine = 40) {
  Result<std::string> file =
      convert(test::build_elf(sections, entry, machine).bytes, family_named("RP2040"));
  return file ? "no error" : file.error().text();
}

}  // namespace

TEST_CASE("a binary is cut into blocks from its base on") {
  std::string bytes = test::noise(600, 1);
  Result<std::string> file =
      uf2_from_binary(bytes, family_named("samd21"), {.base = 0x2000}, "a.bin");
  REQUIRE(file);
  std::vector<Block> blocks = blocks_of(*file);
  REQUIRE(blocks.size() == 3);
  for (uint32_t i = 0; i < 3; ++i) {
    CHECK(blocks[i].flags == 0x2000);
    CHECK(blocks[i].address == 0x2000 + 256 * i);
    CHECK(blocks[i].number == i);
    CHECK(blocks[i].count == 3);
    CHECK(blocks[i].family == 0x68ed2b88);
  }
  CHECK(blocks[1].bytes == bytes.substr(256, 256));
  CHECK(blocks[2].bytes == bytes.substr(512) + std::string(168, '\0'));

  file = uf2_from_binary(bytes, {}, {.base = 0x2000}, "a.bin");
  REQUIRE(file);
  CHECK(blocks_of(*file)[0].flags == 0);
  CHECK(!uf2_from_binary("", {}, {}, "a.bin"));
  CHECK(!uf2_from_binary("1234", {}, {.base = 0xfffffffe}, "a.bin"));
}

TEST_CASE("a HEX file's pages are filled with ff") {
  Result<std::string> file =
      uf2_from_hex({{0x26010, "abc"}, {0x27000, std::string(257, 'x')}}, {}, "a.hex");
  REQUIRE(file);
  std::vector<Block> blocks = blocks_of(*file);
  REQUIRE(blocks.size() == 3);
  CHECK(blocks[0].address == 0x26000);
  CHECK(blocks[0].bytes == std::string(16, '\xff') + "abc" + std::string(237, '\xff'));
  CHECK(blocks[2].address == 0x27100);
  CHECK(blocks[2].bytes[0] == 'x');
  CHECK(blocks[2].bytes.substr(1) == std::string(255, '\xff'));
}

TEST_CASE("a program in flash: whole pages, and whole sectors but for the last") {
  std::string text = test::noise(300, 1), data = test::noise(20, 2);
  std::string bytes =
      test::build_elf(
          {{.name = ".text", .address = 0x10000080, .content = text, .flags = 6},
           {.name = ".data", .address = 0x20000000, .content = data, .load_address = 0x10001210},
           {.name = ".bss", .address = 0x20000100, .type = ElfSection::NoBits, .bss_size = 500}},
          0x10000081, 40)
          .bytes;
  Result<std::string> file = convert(bytes, family_named("rp2040"));
  REQUIRE(file);
  std::vector<Block> blocks = blocks_of(*file);
  // 16 pages of the first sector; pages 0, 1 and 2 of the second.
  REQUIRE(blocks.size() == 19);
  for (uint32_t i = 0; i < 19; ++i) {
    CHECK(blocks[i].address == 0x10000000 + 256 * i);
    CHECK(blocks[i].number == i);
    CHECK(blocks[i].family == 0xe48bff56);
  }
  CHECK(blocks[0].bytes == std::string(128, '\0') + text.substr(0, 128));
  CHECK(blocks[1].bytes == text.substr(128) + std::string(84, '\0'));
  CHECK(blocks[5].bytes == std::string(256, '\0'));
  CHECK(blocks[18].bytes == std::string(16, '\0') + data + std::string(220, '\0'));

  // Only families that have the erratum take the absolute block.
  Result<std::string> same =
      convert(bytes, family_named("rp2040"), {.absolute_block = kAbsoluteBlockAddress});
  REQUIRE(same);
  CHECK(*same == *file);
  Result<std::string> more =
      convert(bytes, family_named("rp2350-arm-s"), {.absolute_block = kAbsoluteBlockAddress});
  REQUIRE(more);
  blocks = blocks_of(*more);
  REQUIRE(blocks.size() == 20);
  CHECK(blocks[0].flags == 0xa000);
  CHECK(blocks[0].address == 0x10ffff00);
  CHECK(blocks[0].count == 2);
  CHECK(blocks[0].family == 0xe48bff57);
  CHECK(blocks[0].bytes == std::string(256, '\xef'));
  CHECK(le32_at(*more, 32 + 256) == 0x9957e304);
  CHECK(blocks[1].family == 0xe48bff59);
  CHECK(blocks[1].number == 0);
}

TEST_CASE("a program in RAM: its pages only, and its entry at the first") {
  std::vector<test::SectionSpec> sections = {
      {.name = ".text", .address = 0x20000000, .content = "code", .flags = 6},
      {.name = ".more", .address = 0x20001000, .content = "more"},
      {.name = ".rom", .address = 0x100, .content = "left out"}};
  Result<std::string> file =
      convert(test::build_elf(sections, 0x20000001, 40).bytes, family_named("RP2040"));
  REQUIRE(file);
  std::vector<Block> blocks = blocks_of(*file);
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[1].address == 0x20001000);
  CHECK(error_of(sections, 0x20000003) ==
        "a.elf: has its entry point at 0x20000003; the start of main RAM, for a program loaded to "
        "RAM");
  CHECK(error_of(sections, 0x20000000, 243) == "no error");
}

TEST_CASE("programs for another memory are refused") {
  test::SectionSpec text = {.name = ".text", .address = 0x10000000, .content = "code", .flags = 6};
  CHECK(error_of({text}, 0x30000000).starts_with("a.elf: the entry point 0x30000000 is in no"));
  CHECK(error_of({text, {.name = ".ram", .address = 0x20000000, .content = "data"}}, 0x10000001) ==
        "a.elf: has contents at 0x20000000-0x20000003, where a program in flash can have none");
  CHECK(error_of({text, {.name = ".x", .address = 0x60000000, .content = "data"}}, 0x10000001) ==
        "a.elf: has contents at 0x60000000-0x60000003, which is no memory of RP2040");
  CHECK(error_of({text, {.name = ".x", .address = 0x10000002, .content = "data"}}, 0x10000001) ==
        "a.elf: has two segments at 0x10000002");
  CHECK(
      error_of(
          {text,
           {.name = ".bss", .address = 0x20041000, .type = ElfSection::NoBits, .bss_size = 0x2000}},
          0x10000001) == "a.elf: reserves 0x20041000-0x20042fff, which is no memory of RP2040");
}
