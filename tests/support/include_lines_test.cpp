// What a scan of a source finds, and the memo it is remembered in.
#include "support/include_lines.h"

#include <doctest/doctest.h>

#include "support/include_memo.h"

using namespace fbuild;

namespace {

std::string found(std::string_view text) {
  std::string out;
  for (const IncludeLine& line : scan_includes(text))
    out += (out.empty() ? "" : " ") + std::string(1, static_cast<char>(line.kind)) + line.name;
  return out;
}

}  // namespace

TEST_CASE("includes come sorted, everything else behind them in the order of the text") {
  CHECK(found("#include_next <limits.h>\n#include <b.h>\n#include \"a.h\"\n#include <a.h>\n") ==
        "\"a.h <a.h <b.h >limits.h");
  CHECK(found("#include \"a>b.h\"\n") == "\"a ?a>b.h");
  CHECK(found("# include CONFIG_FILE // why\n#include CONFIG_FILE\n") == "$CONFIG_FILE");
}

TEST_CASE("what is asked for counts, whether or not it is there") {
  CHECK(found("#if __has_include(<a.h>) && __has_include ( \"b.h\" )\n#elif defined X || "
              "__has_include_next(<c.h>)\n#endif\n") == "?a.h ?b.h >c.h");
  CHECK(
      found(
          "#if __has_include\n#if __has_include(\n#if __has_include(<\n#if __has_include(<>)\n") ==
      "");
  CHECK(found("int x; // __has_include(<a.h>)\n") == "");
}

TEST_CASE("what only the assembler reads counts") {
  CHECK(found("  .incbin \"logo.bin\"\n .include \"macros.inc\"\n") == "=logo.bin =macros.inc");
  CHECK(found("asm(\".incbin \\\"data/x.raw\\\"\\n\");\n") == "=data/x.raw");
  CHECK(found("INCBIN(Icon, \"icon.png\");\nINCTXT (Text, \"page.html\");\nINCBIN(Icon);\n") ==
        "=icon.png =page.html");
  CHECK(found(".incbin \"open\n.incbin x\n.incbin") == "");
}

TEST_CASE("a memo reads back as it was written") {
  IncludeMemo memo;
  memo["src/main file.cpp"] = {
      {1, 2, 3, -4, 5},
      scan_includes("#include \"a b.h\"\n#include <c>\n#if __has_include(<d>)\n.incbin \"e\"\n")};
  memo["src/none.c"] = {};
  IncludeMemo back = parse_include_memo(format_include_memo(memo));
  REQUIRE(back.size() == 2);
  CHECK(back["src/main file.cpp"].stamp == memo["src/main file.cpp"].stamp);
  CHECK(back["src/main file.cpp"].lines == memo["src/main file.cpp"].lines);
  CHECK(back["src/none.c"].lines.empty());
  CHECK(format_include_memo(back) == format_include_memo(memo));
}

TEST_CASE("a memo that was cut or spoilt is empty") {
  IncludeMemo memo;
  memo["a.c"] = {{1, 2, 3, 4, 5}, scan_includes("#include \"a.h\"\n")};
  std::string text = format_include_memo(memo);
  for (size_t size = 0; size < text.size(); ++size)
    CHECK(parse_include_memo(text.substr(0, size)).empty());
  for (std::string from : {"fbuild", ". 1", "\"a.h"}) {
    std::string bad = text;
    bad.replace(bad.find(from), 1, "x");
    CHECK(parse_include_memo(bad).empty());
  }
}

TEST_CASE("a path with a line end is not remembered") {
  IncludeMemo memo;
  memo["a\nb.c"] = {};
  CHECK(parse_include_memo(format_include_memo(memo)).empty());
}
