#include "image/size_report.h"

#include <doctest/doctest.h>

#include "tests/image/elf_builder.h"

using namespace fbuild;

TEST_CASE("the two lines are PlatformIO's, to the letter") {
  CHECK(memory_line("RAM", {9, 2048}) ==
        "RAM:   [          ]   0.4% (used 9 bytes from 2048 bytes)\n");
  CHECK(memory_line("Flash", {930, 32256}) ==
        "Flash: [          ]   2.9% (used 930 bytes from 32256 bytes)\n");
  CHECK(memory_line("Flash", {32256, 32256}) ==
        "Flash: [==========]  100.0% (used 32256 bytes from 32256 bytes)\n");
  CHECK(memory_line("RAM", {3000, 2048}) ==
        "RAM:   [==========]  146.5% (used 3000 bytes from 2048 bytes)\n");
  CHECK(memory_line("RAM", {5, 0}) == "RAM:   (used 5 bytes)\n");
}

// Figures made with Python's round() and "{: 6.1%}".
TEST_CASE("halves of a cell go to the even number, as Python rounds") {
  CHECK(memory_line("RAM", {5, 100}).substr(7, 12) == "[          ]");
  CHECK(memory_line("RAM", {15, 100}).substr(7, 12) == "[==        ]");
  CHECK(memory_line("RAM", {25, 100}).substr(7, 12) == "[==        ]");
  CHECK(memory_line("RAM", {35, 100}).substr(7, 12) == "[====      ]");
  CHECK(memory_line("RAM", {95, 100}).substr(7, 12) == "[==========]");
  CHECK(memory_line("RAM", {25, 1000}).substr(19, 7) == "   2.5%");
  CHECK(memory_line("RAM", {1, 1600}).substr(19, 7) == "   0.1%");
}

TEST_CASE("section names match whole, or up to a star") {
  Result<SectionNames> names = parse_section_names(".text, .data*,,.bss");
  REQUIRE(names);
  CHECK(names->match(".text"));
  CHECK(!names->match(".text.x"));
  CHECK(names->match(".data"));
  CHECK(names->match(".data_z"));
  CHECK(names->match(".bss"));
  CHECK(!names->match(".bs"));
  CHECK(!names->match(""));
  CHECK(!parse_section_names(".a*b"));
  CHECK(!parse_section_names(" , "));
}

TEST_CASE("a section counts once for each memory it is in, also when it has no bytes") {
  std::string bytes =
      test::build_elf({{.name = ".text", .content = std::string(100, 'x')},
                       {.name = ".data", .content = std::string(10, 'x')},
                       {.name = ".bss", .type = ElfSection::NoBits, .bss_size = 7},
                       {.name = ".data", .content = std::string(3, 'x')},
                       {.name = ".symtab", .content = "xxxx", .type = 2, .flags = 0}})
          .bytes;
  Result<Elf> elf = read_elf(bytes, "a.elf");
  REQUIRE(elf);
  CHECK(sections_size(*elf, *parse_section_names(".text,.data,.d*")) == 113);
  CHECK(sections_size(*elf, *parse_section_names(".data,.bss")) == 20);
  CHECK(sections_size(*elf, *parse_section_names(".symtab,.shstrtab")) == 0);

  MemoryUse ram{20, 2048}, flash{113, 0};
  CHECK(size_json(*elf, &ram, &flash) ==
        "{\"ram\":{\"used\":20,\"max\":2048},\"flash\":{\"used\":113},"
        "\"sections\":{\".text\":100,\".data\":13,\".bss\":7}}\n");
  CHECK(size_json(*elf, nullptr, &flash).starts_with("{\"flash\""));
}

TEST_CASE("too big says by how much") {
  MemoryUse flash{34000, 32256};
  CHECK(flash.too_big());
  CHECK(memory_excess(flash, "flash") == "1744 bytes (5.4%) more than the 32256 bytes of flash");
  CHECK(!MemoryUse{32256, 32256}.too_big());
  CHECK(!MemoryUse{1, 0}.too_big());
}
