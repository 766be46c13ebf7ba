// What is found in files of packages: keyed lines, patterns, and words as properties files
// write them.
#include "generator/platform/file_facts.h"

#include <doctest/doctest.h>

#include "generator/platform/yaml_reader.h"

using namespace fbuild;

TEST_CASE("a line of a properties file is found by its whole key") {
  std::string text = "# a.b=no\na.b.c=1\r\na.b=two  \t\na.b=3\nempty=\na=x=y";
  CHECK(keyed_line(text, "a.b") == "two");
  CHECK(keyed_line(text, "a.b.c") == "1");
  CHECK(keyed_line(text, "empty") == "");
  CHECK(keyed_line(text, "a") == "x=y");
  for (const char* missing : {"", "b", "a.b.", "a.b=two", "# a", "nothing"}) {
    CAPTURE(missing);
    CHECK_FALSE(keyed_line(text, missing));
  }
  CHECK_FALSE(keyed_line("", "a"));
}

TEST_CASE("a row of a table is found by its first cell") {
  std::string table =
      "# app0, no\nnvs, data, nvs, 0x9000\r\n  app0 ,app,\tota_0, , 1M,\napp0,second\n";
  using List = std::vector<std::string>;
  CHECK(*table_row(table, "nvs") == List{"nvs", "data", "nvs", "0x9000"});
  CHECK(*table_row(table, "app0") == List{"app0", "app", "ota_0", "", "1M", ""});
  CHECK_FALSE(table_row(table, "app"));
  CHECK_FALSE(table_row(table, "# app0"));
  CHECK_FALSE(table_row("", "a"));
}

TEST_CASE("words of properties files come out of a shell's splitting as they were meant") {
  auto words = [](const char* text) { return split_words(shell_form(text)); };
  using List = std::vector<std::string>;
  CHECK(words("-DA -DB=1\t-c") == List{"-DA", "-DB=1", "-c"});
  // A quotation begins only where a word does.
  CHECK(words(R"(-DNAME="dir/x.h" -DV="1")") == List{R"(-DNAME="dir/x.h")", R"(-DV="1")"});
  CHECK(words(R"("-I/a b/c" '-I/d e')") == List{"-I/a b/c", "-I/d e"});
  CHECK(words(R"("a\b" c\d it's "'" '"')") == List{R"(a\b)", R"(c\d)", "it's", "'", "\""});
  CHECK(words(R"("open end)") == List{"\"open", "end"});
  CHECK(words("\"\" x") == List{"", "x"});
  CHECK(words("  ") == List{});
}

TEST_CASE("patterns are looked for line by line") {
  std::string script =
      "MEMORY\n{\n  /* irom */\n  dram : org = 0x3FFE8000, len = 0x14000\r\n  irom : org = 0x1, "
      "len = 0xFeff0\n}\n";
  std::optional<std::vector<std::string>> found =
      first_match(script, R"((\w+)\s*:.+len\s*=\s*(0x[0-9a-fA-F]+)$)");
  REQUIRE(found);
  CHECK(*found ==
        std::vector<std::string>{"dram : org = 0x3FFE8000, len = 0x14000", "dram", "0x14000"});
  CHECK(first_match(script, "irom :.*(0x.*)")->at(1) == "0xFeff0");
  CHECK_FALSE(first_match(script, "MEMORY\\s*\\{"));
  CHECK_FALSE(first_match("", "x"));
  CHECK(first_match("\n\nx", "^x$")->size() == 1);
  // No line is too long to be survived.
  CHECK_FALSE(first_match(std::string(1'000'000, 'a'), "(a|b)*$"));
  CHECK(first_match(std::string(1'000'000, 'a') + "\nshort", "(s.*t)$")->at(1) == "short");
  CHECK(check_pattern("a(b)?"));
  CHECK(check_pattern("a(b").error().what.find("'a(b' is no regular expression") == 0);
}
