// The parts behind --matrix and --report that need no project.
#include <doctest/doctest.h>

#include "generator/ci/diagnostics.h"
#include "generator/ci/ninja_log.h"
#include "generator/ci/shards.h"

using namespace fbuild;

TEST_CASE("warnings and errors are found in what compilers print") {
  std::vector<Diagnostic> found = parse_diagnostics(
      "In file included from src/main.cpp:2:0:\n"
      "src/main.cpp: In function 'void setup()':\n"
      "src/main.cpp:3:20: warning: unused variable 'a: error: b' [-Wunused-variable]\n"
      " void setup() { int x; }\n"
      "                    ^\n"
      "src/main.cpp:4:1: note: declared here\n"
      "\033[01m\033[Kinclude/a.h:1:28:\033[m\033[K \033[01;31m\033[Kfatal error: \033[m\033[Kno "
      "such file\r\n"
      "C:/x y/b.c:12: warning: no column\n"
      "src/main.cpp:3:20: warning: unused variable 'a: error: b' [-Wunused-variable]\n"
      "collect2: error: ld returned 1 exit status\n"
      "a.c:0: warning: no line\n");
  REQUIRE(found.size() == 3);
  CHECK(found[0].file == "src/main.cpp");
  CHECK(found[0].line == 3);
  CHECK(found[0].column == 20);
  CHECK(!found[0].is_error);
  CHECK(found[0].text == "unused variable 'a: error: b' [-Wunused-variable]");
  CHECK(found[1].file == "include/a.h");
  CHECK(found[1].is_error);
  CHECK(found[1].text == "no such file");
  CHECK(found[2].file == "C:/x y/b.c");
  CHECK(found[2].line == 12);
  CHECK(found[2].column == 0);
}

TEST_CASE("build times come from the last run of each step") {
  std::map<std::string, std::vector<std::string>> folders = {
      {"uno", {"b/uno", "b/shared/core"}}, {"mega", {"b/mega"}}, {"nano", {"b/nano"}}};
  std::map<std::string, double> times = times_in_ninja_log(
      "# ninja log v5\n"
      "0\t9000\t1\tb/uno/main.o\taa\n"
      "100\t600\t1\tb/uno/main.o\tab\n"  // later: counts
      "600\t900\t1\tb/uno/firmware.hex\tac\n"
      "600\t900\t1\tb/uno/firmware.eep\tac\n"  // the same run
      "0\t2000\t1\tb/shared/core/x.o\tad\n"
      "0\t5000\t1\tb/unobtainium/x.o\tae\n"
      "0\t250\t1\tb/mega/x.o\taf\n"
      "7\tx\t1\tb/nano/x.o\tb0\n9\t3\t1\tb/nano/x.o\tb1\nb/nano/x.o\n",
      folders);
  CHECK(times.size() == 2);
  CHECK(times["uno"] == doctest::Approx(0.5 + 0.3 + 2.0));
  CHECK(times["mega"] == doctest::Approx(0.25));
  CHECK(times_in_ninja_log("0\t250\t1\tb/mega/x.o\taf\n", folders).empty());
}

TEST_CASE("environments are shared out by their times") {
  auto names = [](const std::vector<Shard>& shards) {
    std::string out;
    for (const Shard& shard : shards) {
      out += out.empty() ? "" : "|";
      for (const std::string& name : shard.environments) out += name;
    }
    return out;
  };
  std::vector<std::string> all = {"a", "b", "c", "d", "e"};
  CHECK(names(share_out(all, {}, 1)) == "abcde");
  CHECK(names(share_out(all, {}, 2)) == "ace|bd");
  CHECK(names(share_out(all, {}, 99)) == "a|b|c|d|e");
  CHECK(names(share_out(all, {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 4}}, 2)) == "abcd|e");
  CHECK(names(share_out(all, {{"a", 0}, {"b", 0}, {"c", 0}, {"d", 0}, {"e", 0}}, 5)) ==
        "a|b|c|d|e");
  // d and e are not known: as long as the mean of the others, 3.
  std::vector<Shard> shards = share_out(all, {{"a", 6}, {"b", 2}, {"c", 1}}, 2);
  CHECK(names(shards) == "ab|cde");
  CHECK(shards[0].weight == doctest::Approx(8));
  CHECK(shards[1].weight == doctest::Approx(7));
  CHECK(share_out({}, {}, 3).empty());
}
