// Depend files: as a compiler writes them, as ninja reads them, and damaged.
#include "stamp/depfile.h"

#include <doctest/doctest.h>

#include "support/files.h"
#include "support/process.h"
#include "tests/stamp/scratch.h"

using namespace fbuild;
using namespace fbuild::stamp;
using Names = std::vector<std::string>;

TEST_CASE("names, escapes and continuations") {
  auto names = [](std::string_view text) {
    Result<Names> out = parse_depfile(text);
    REQUIRE_MESSAGE(out, out.error().text());
    return *out;
  };
  CHECK(names("a.o: a.c b.h\n") == Names{"a.c", "b.h"});
  CHECK(names("a.o: \\\n  a.c \\\r\n b.h") == Names{"a.c", "b.h"});
  CHECK(names("a.o b.o : a.c\n\nb.h:\nc.h :\n") == Names{"a.c"});
  CHECK(names("a.o: with\\ blank.h $$dollar.h \\#hash.h c\\d.h e\\\\ f.h\n") ==
        Names{"with blank.h", "$dollar.h", "#hash.h", "c\\d.h", "e\\", "f.h"});
  CHECK(names("a.o: C:/x.h y\\:z.h it's.h \"q\".h a;b&c.h a.c a.c\n") ==
        Names{"C:/x.h", "y:z.h", "it's.h", "\"q\".h", "a;b&c.h", "a.c"});
  CHECK(names("a.o:") == Names{});
}

TEST_CASE("what is no depend file") {
  for (std::string_view text : {"", "a.o", "a.o b.c\n", ": a.c\n", "\n\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_depfile(text));
  }
  CHECK_FALSE(parse_depfile(std::string_view("a.o: b\0c\n", 9)));
}

TEST_CASE("what is written reads back") {
  Names names = {"a.c",           "with blank.h", "$dollar.h",      "#hash.h", "back\\slash.h",
                 "end\\ blank.h", "tab\there.h",  "colon: blank.h", "colon:"};
  Result<Names> back = parse_depfile(format_depfile("out dir/a.o", names));
  REQUIRE(back);
  CHECK(*back == names);
}

TEST_CASE("as the compiler writes them") {
  std::string compiler = find_program("c++");
  if (compiler.empty()) compiler = find_program("g++");
  REQUIRE_MESSAGE(!compiler.empty(), "this test needs a C++ compiler");
  Scratch scratch;
  Names headers = {"plain.h", "with blank.h", "$dollar.h",   "#hash.h",       "it's.h",
                   "a&b;c.h", "colon:x.h",    "u\xc3\xbc.h", "back\\slash.h", "(x).h"};
  std::string source;
  for (const std::string& header : headers) {
    REQUIRE(replace_file(scratch / header, ""));
    source += "#include \"" + header + "\"\n";
  }
  REQUIRE(replace_file(scratch / "main.cpp", source));
  Result<ProcessOutput> ran =
      run_process({compiler, "-MMD", "-MF", "out.d", "-fsyntax-only", "-o", "o ut.o", "main.cpp"},
                  {.directory = scratch.path});
  REQUIRE(ran);
  REQUIRE(ran->exit_status == 0);
  Result<std::string> text = read_file(scratch / "out.d");
  REQUIRE(text);
  Result<Names> names = parse_depfile(*text);
  REQUIRE_MESSAGE(names, names.error().text());
  headers.insert(headers.begin(), "main.cpp");
  CHECK(*names == headers);
}
