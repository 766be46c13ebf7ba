#include "image/elf.h"

#include <doctest/doctest.h>

#include "tests/image/elf_builder.h"

using namespace fbuild;
using fbuild::test::build_elf;

namespace {

test::BuiltElf sample() {
  return build_elf(
      {{.name = ".text", .address = 0x100, .content = "0123456789", .flags = 6},
       {.name = ".data", .address = 0x800100, .content = "data", .load_address = 0x10a},
       {.name = ".bss", .address = 0x800104, .type = ElfSection::NoBits, .bss_size = 77},
       {.name = ".comment", .content = "a compiler", .flags = 0}},
      0x104, 83);
}

std::string error_of(const std::string& bytes) {
  Result<Elf> elf = read_elf(bytes, "a.elf");
  return elf ? "no error" : elf.error().text();
}

}  // namespace

TEST_CASE("sections and segments are read with their addresses and bytes") {
  test::BuiltElf built = sample();
  Result<Elf> elf = read_elf(built.bytes, "a.elf");
  REQUIRE(elf);
  CHECK(elf->machine == 83);
  CHECK(elf->type == 2);
  CHECK(elf->entry == 0x104);
  REQUIRE(elf->sections.size() == 5);
  CHECK(elf->sections[0].name == ".text");
  CHECK(elf->sections[0].content == "0123456789");
  CHECK(elf->sections[2].size == 77);
  CHECK(elf->sections[2].content.empty());
  REQUIRE(elf->segments.size() == 3);
  CHECK(elf->segments[1].content == "data");
  CHECK(elf->segments[1].virtual_address == 0x800100);
  CHECK(elf->segments[1].physical_address == 0x10a);
  CHECK(elf->section(".comment")->content == "a compiler");
  CHECK(elf->section(".nothing") == nullptr);
}

TEST_CASE("a section is stored where its segment is stored") {
  test::BuiltElf built = sample();
  Result<Elf> elf = read_elf(built.bytes, "a.elf");
  REQUIRE(elf);
  CHECK(elf->load_address(*elf->section(".text")) == 0x100);
  CHECK(elf->load_address(*elf->section(".data")) == 0x10a);
}

TEST_CASE("what is not such a file is one error that names it") {
  std::string good = sample().bytes;
  CHECK(error_of("").starts_with("a.elf: is not an ELF file; "));
  CHECK(error_of("\x7f"
                 "ELF")
            .starts_with("a.elf: ends inside the ELF header"));
  std::string bad = good;
  bad[4] = 2;
  CHECK(error_of(bad).starts_with("a.elf: is an ELF file of another class than 32 bits"));
  bad = good;
  bad[5] = 2;
  CHECK(error_of(bad).starts_with("a.elf: is a big-endian ELF file"));
}

TEST_CASE("every cut of a file is an error, as no part of it is optional") {
  std::string good = sample().bytes;
  REQUIRE(error_of(good) == "no error");
  for (size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(error_of(good.substr(0, size)) != "no error");
  }
}

TEST_CASE("fields that point outside of the file are errors") {
  test::BuiltElf built = sample();
  auto with = [&](size_t at, uint32_t value) {
    std::string bytes = built.bytes;
    put_le32(bytes, at, value);
    return error_of(bytes);
  };
  CHECK(with(28, 0xfffffff0).starts_with("a.elf: ends inside the program headers"));
  CHECK(with(32, 0xfffffff0).starts_with("a.elf: ends inside the section headers"));
  CHECK(with(built.segment_table + 4, 0xffffffff).starts_with("a.elf: ends inside segment 0"));
  CHECK(with(built.segment_table + 20, 1).starts_with("a.elf: has more bytes than memory in"));
  CHECK(with(built.section_table + 40, 0xffff).starts_with("a.elf: has a section without a name"));
  CHECK(with(built.section_table + 40 + 16, 0x7fffffff).starts_with("a.elf: ends inside section"));
  CHECK(with(built.section_table + 40 + 20, 0xffffffff).starts_with("a.elf: ends inside section"));
}
