// Words and paths through the real /bin/sh and the real ninja and back.
#include "generator/ninja/text.h"

#include <doctest/doctest.h>

#include <random>

#include "support/process.h"
#include "tests/generator/temporary.h"

using namespace fbuild;

namespace {

// Any bytes but NUL (argv has none) and those of `without`: line ends, which a ninja file
// cannot write.
std::string hostile_word(std::mt19937_64& random, size_t longest,
                         std::string_view without = "\n\r") {
  static const std::string_view kNasty = "\t $$$'\"\\`#:;&|()[]{}<>*?!~=%@^\r";
  std::string out;
  for (size_t n = random() % (longest + 1); n > 0; --n) {
    char c =
        random() % 3 ? kNasty[random() % kNasty.size()] : static_cast<char>(1 + random() % 255);
    if (without.find(c) == std::string_view::npos) out += c;
  }
  return out;
}

// Words as one program gets them from another: each ended by NUL.
std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += word + '\0';
  return out;
}

std::vector<std::string> hostile_words(std::mt19937_64& random, size_t count) {
  std::vector<std::string> out = {
      "",  " ",       "$",       "$$", "'", "''", "\\", "a b", "-", "~", "#", "*", "a'b\"c`d$e\\f",
      "ä", "$(true)", "${HOME}", "!!"};
  while (out.size() < count) out.push_back(hostile_word(random, 24));
  return out;
}

}  // namespace

TEST_CASE("quoting is left away where it is not needed") {
  CHECK(shell_word("-DF_CPU=16000000L") == "-DF_CPU=16000000L");
  CHECK(shell_word("src/a-b_c+d,e.cpp@%^:/") == "src/a-b_c+d,e.cpp@%^:/");
  CHECK(shell_word("größe") == "größe");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_line({"a", "b c", ""}) == "a 'b c' ''");
  CHECK(ninja_value(" a$ b") == "$ a$$ b");
  CHECK(ninja_path("a b:c$d") == "a$ b$:c$$d");
}

TEST_CASE("any word survives the shell") {
  std::mt19937_64 random(1);
  std::vector<std::string> words = hostile_words(random, 600);
  words.push_back("two\nlines");
  Result<ProcessOutput> out = run_shell("printf '%s\\0' " + shell_line(words));
  REQUIRE(out);
  CHECK(out->exit_status == 0);
  CHECK(out->out == joined(words));
}

TEST_CASE("any word survives ninja and the shell") {
  test::TemporaryFolder folder;
  std::mt19937_64 random(2);
  std::vector<std::string> words = hostile_words(random, 300);
  // Once as a value of the file, once of an edge, and in a rule of the same text.
  std::string line = ninja_value(shell_line(words));
  folder.write(
      "build.ninja",
      "words = " + line +
          "\nrule say\n  command = printf '%s\\0' $words $more >$out\nbuild out: say\n  more = " +
          line + "\n");
  Result<ProcessOutput> ninja = run_process({"ninja", "-C", folder.path, "--quiet"});
  REQUIRE(ninja);
  CHECK_MESSAGE(ninja->exit_status == 0, ninja->out);
  CHECK(*read_file(folder / "out") == joined(words) + joined(words));
}

TEST_CASE("any path survives ninja") {
  test::TemporaryFolder folder;
  std::mt19937_64 random(3);
  // Nor a "|", nor a tab, which ninja's log cannot hold: both are refused before.
  std::vector<std::string> names = {"a b", "c:d", "e$f", "'", "\"", "\\", "#",  "(", ")",
                                    "&",   ";",   "@",   "~", "ä",  " x", "x ", "$", ":"};
  while (names.size() < 200) {
    std::string name = hostile_word(random, 12, "\n\r\t/|") + std::to_string(names.size());
    names.push_back(name);
  }
  std::string text = "rule copy\n  command = cp $in $out\n";
  for (const std::string& name : names) {
    folder.write("in/" + name, name);
    text += "build " + ninja_path("out/" + name) + ": copy " + ninja_path("in/" + name) + "\n";
  }
  folder.write("build.ninja", text);
  Result<ProcessOutput> ninja =
      run_process({"ninja", "-C", folder.path, "--quiet"}, {.directory = "", .capture_err = true});
  REQUIRE(ninja);
  CHECK_MESSAGE(ninja->exit_status == 0, ninja->out, ninja->err);
  for (const std::string& name : names) {
    CAPTURE(name);
    Result<std::string> content = read_file(folder / "out/" + name);
    REQUIRE(content);
    CHECK(*content == name);
  }
  ninja = run_process({"ninja", "-d", "explain", "-C", folder.path},
                      {.directory = "", .capture_err = true});
  REQUIRE(ninja);
  CAPTURE(ninja->err);
  CHECK(ninja->out.find("no work to do") != std::string::npos);
}
