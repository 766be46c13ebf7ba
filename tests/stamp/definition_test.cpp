#include "stamp/definition.h"

#include <doctest/doctest.h>

#include "stamp/clock.h"
#include "stamp/definitions_file.h"
#include "stamp/filter.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

std::string error_of(const std::string& text) {
  Result<Definition> result = parse_definition(text, "def");
  return result ? "" : result.error().text();
}

}  // namespace

TEST_CASE("a definition is read, put in order and written back") {
  Result<Definition> d = parse_definition(
      "# comment\n\n  metadata 0A1b\r\nroot package /opt/avr ext=.h,c exclude= name=avr\n"
      "root project ./src/\nfile \"a \\\"b\\\"\\n\\x41.ini\"\nfile a\nfile ./a\n"
      "artifact out/fw.elf\nenv HOME\ncommand  git rev-parse \"HEAD\"  # not a comment \n",
      "def");
  REQUIRE_MESSAGE(d, d.error().text());
  CHECK(d->metadata == "0a1b");
  REQUIRE(d->roots.size() == 2);
  CHECK(d->roots[0].path == "/opt/avr");
  CHECK(d->roots[0].package);
  CHECK(d->roots[0].extensions == std::vector<std::string>{"c", "h"});
  CHECK(!d->roots[0].default_excludes);
  CHECK(d->roots[0].excludes.empty());
  CHECK(d->roots[0].name == "avr");
  CHECK(d->roots[1].path == "src");
  CHECK(d->roots[1].default_extensions);
  REQUIRE(d->files.size() == 2);
  CHECK(d->files[0].path == "a");
  CHECK(d->files[1].path == "a \"b\"\nA.ini");
  CHECK(d->commands == std::vector<std::string>{"git rev-parse \"HEAD\"  # not a comment"});
  Result<Definition> again = parse_definition(format_definition(*d), "again");
  REQUIRE_MESSAGE(again, again.error().text());
  CHECK(*again == *d);
}

TEST_CASE("bad definitions are one line that says where and what") {
  CHECK(error_of("rot project x\n") == "def:1:1: unknown item 'rot'; did you mean 'root'?");
  CHECK(error_of("\nroot projekt x\n") ==
        "def:2:6: 'projekt' is no kind of root; did you mean 'project'?");
  CHECK(error_of("root\n") ==
        "def:1:5: '' is no kind of root; root project PATH, or root package PATH");
  CHECK(error_of("file\n") == "def:1:5: file needs a path");
  CHECK(error_of("file a b\n").starts_with("def:1:8: unexpected 'b'; put quotes"));
  CHECK(error_of("root project a b c\n").starts_with("def:1:16: unexpected 'b'; put quotes"));
  CHECK(error_of("root project a exlude=b\n") ==
        "def:1:16: unexpected 'exlude=b'; did you mean 'exclude'?");
  CHECK(error_of("root project a ext=c ext=h\n") == "def:1:22: ext= is given twice; give one list");
  CHECK(error_of("root project a ext=c,,h\n").starts_with("def:1:16: an empty name in the list"));
  // It would silently watch nothing.
  CHECK(error_of("root project a ext=c,tar.gz\n") ==
        "def:1:16: 'tar.gz' is no extension; name what follows the last dot of a file's name, such "
        "as ext=gz");
  CHECK(error_of("root project a ext=.,.gz,*\n") == "");
  CHECK(error_of("file \"abc\n") == "def:1:6: this quote is never closed; end the word with \"");
  CHECK(error_of("file \"a\\x00\"\n").starts_with("def:1:8: no path holds a NUL byte"));
  CHECK(error_of("file \"a\\q\"\n").starts_with("def:1:8: unknown escape"));
  CHECK(error_of("metadata xyz\n").starts_with("def:1:10: metadata is not a hex digest"));
  CHECK(error_of("metadata 00\nmetadata 01\n").starts_with("def:2:10: metadata is given twice"));
  CHECK(error_of("env A=B\n").starts_with("def:1:5: 'A=B' is no name"));
  CHECK(error_of("command\n") == "def:1:1: command needs a shell line");
  CHECK(error_of(std::string("file a\0b\n", 9)).starts_with("def:1:7: a NUL byte"));
}

TEST_CASE("outside items are named by what tells them apart") {
  auto names = [](std::vector<std::string> paths) {
    return item_names(paths, std::vector<std::string>(paths.size()));
  };
  CHECK(names({"/opt/avr"}) == std::vector<std::string>{"/"});
  CHECK(names({"/opt/avr", "src"}) == std::vector<std::string>{"/", "src"});
  CHECK(names({"/opt/avr", "/usr/core"}) == std::vector<std::string>{"/avr", "/core"});
  CHECK(names({"/a/x/src", "/b/y/src", "/c/lib"}) ==
        std::vector<std::string>{"/x/src", "/y/src", "/lib"});
  CHECK(names({"/a", "/b/a"}) == std::vector<std::string>{"/a", "/b/a"});
  CHECK(item_names({"/opt/avr", "src"}, {"core", "mine"}) ==
        std::vector<std::string>{"=core", "=mine"});
}

TEST_CASE("default lists cover what tools read") {
  Filter filter("", "");
  filter.set_table("out/build", "watch.table");
  for (const char* name : {"a.c",   "a.cc",   "a.cpp", "a.cxx", "a.c++", "a.h",  "a.hh",  "a.hpp",
                           "a.hxx", "a.inc",  "a.ipp", "a.tpp", "a.s",   "a.S",  "a.sx",  "a.asm",
                           "a.ino", "a.pde",  "a.ld",  "a.lds", "a.x",   "a.a",  "a.o",   "a.bin",
                           "a.csv", "a.json", "a.ini", "a.txt", "a.lnk", "a.py", "vector"})
    CHECK_MESSAGE(filter.watches_file(name), name);
  for (const char* name : {"a.md", ".gitignore", "a.c.orig", "a.swp"})
    CHECK_MESSAGE(!filter.watches_file(name), name);
  for (const char* name : {".git", ".hg", ".svn", ".fbuild", ".pio", ".venv", "venv", ".cache",
                           ".vscode", "__pycache__", "node_modules"})
    CHECK_MESSAGE(filter.excludes("deep/down", name), name);
  CHECK(filter.excludes("out", "build"));
  CHECK(!filter.excludes("", "build"));
  Filter own("=*", "=docs/old,tmp,./top");
  own.set_table("", "table");
  CHECK(own.excludes("", "table"));
  CHECK(own.excludes("", "table.lock"));
  CHECK(!own.excludes("", "tables"));
  CHECK(!own.excludes("x", "table"));
  CHECK(own.watches_file("a.anything"));
  CHECK(own.excludes("docs", "old"));
  CHECK(!own.excludes("x/docs", "old"));
  CHECK(own.excludes("x/y", "tmp"));
  CHECK(own.excludes("", "top"));
  CHECK(!own.excludes("x", "top"));
  CHECK(!own.excludes("", ".git"));
}

TEST_CASE("the freshness window") {
  const int64_t second = 1000000000;
  CHECK(parse_window(std::nullopt) == 2 * second);
  for (const char* text : {"", "  ", "-1", "-0", "abc", "2s", "1e3", "nan", "inf", "0x2", "1.2.3",
                           ".", "+", "99999999999999999999999"})
    CHECK_MESSAGE(parse_window(text) == 2 * second, text);
  CHECK(parse_window("0") == 0);
  CHECK(parse_window(" 5\n") == 5 * second);
  CHECK(parse_window("\t+3 ") == 3 * second);
  CHECK(parse_window("0.25") == second / 4);
  CHECK(parse_window("86400") == 86400 * second);
}

TEST_CASE("the copy of the definitions vouches for itself") {
  Result<Definition> d = parse_definition("root project src\ncommand set x\nfile set\n", "d");
  REQUIRE(d);
  std::string text = format_definitions({{"uno", *d}, {"empty", {}}, {"z", *d}});
  Result<NamedDefinitions> back = parse_definitions(text, "copy");
  REQUIRE_MESSAGE(back, back.error().text());
  REQUIRE(back->size() == 3);
  CHECK((*back)[0].second == *d);
  CHECK((*back)[1].first == "empty");
  for (size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] ^= 1;
    CHECK(!parse_definitions(bad, "copy"));
    CHECK(!parse_definitions(text.substr(0, i), "copy"));
  }
}
