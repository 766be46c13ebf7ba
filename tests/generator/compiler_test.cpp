// Who a compiler is, asked once and remembered by the stat of its programs.
#include "generator/platform/compiler.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/generator/temporary.h"

using namespace fbuild;

namespace {

// A compiler that notes each of its runs in `log`.
struct FakeCompiler {
  FakeCompiler() {
    install("5.4.0");
    folder.write("lib/cc1", "compiler proper");
  }
  void install(const std::string& version) {
    driver = folder.write("bin/gcc",
                          "#!/bin/sh\necho \"$*\" >>" + (folder / "log") +
                              "\ncase $1 in\n-dump*) echo " + version +
                              " ;;\n-print-prog-name=cc1) echo " + (folder / "bin/../lib/cc1") +
                              " ;;\n-print-prog-name=*) echo \"${1#*=}-of-no-folder\" ;;\nesac\n",
                          0755);
    ::chmod(driver.c_str(), 0755);
  }
  Result<CompilerIdentity> ask() {
    return identify_compiler(driver, {driver}, folder / "build/memo.json");
  }
  int runs() {
    Result<std::string> log = read_file(folder / "log");
    return log ? static_cast<int>(std::count(log->begin(), log->end(), '\n')) : 0;
  }
  test::TemporaryFolder folder;
  std::string driver;
};

}  // namespace

TEST_CASE("a compiler is asked once") {
  FakeCompiler compiler;
  Result<CompilerIdentity> first = compiler.ask();
  REQUIRE_MESSAGE(first, first.error().text());
  CHECK(first->version == "5.4.0");
  CHECK(first->digest.size() == 32);
  CHECK(first->files == std::vector<std::string>{compiler.driver, compiler.folder / "lib/cc1"});
  int runs = compiler.runs();
  CHECK(runs > 0);
  Result<CompilerIdentity> second = compiler.ask();
  REQUIRE(second);
  CHECK(compiler.runs() == runs);
  CHECK(second->version == first->version);
  CHECK(second->digest == first->digest);
  CHECK(second->files == first->files);
}

TEST_CASE("a changed program is asked again and is another compiler") {
  FakeCompiler compiler;
  Result<CompilerIdentity> first = compiler.ask();
  REQUIRE(first);
  int runs = compiler.runs();
  compiler.folder.write("lib/cc1", "compiler Proper");
  Result<CompilerIdentity> second = compiler.ask();
  REQUIRE(second);
  CHECK(compiler.runs() > runs);
  CHECK(second->digest != first->digest);
  CHECK(second->version == first->version);
  compiler.install("12.2.0");
  Result<CompilerIdentity> third = compiler.ask();
  REQUIRE(third);
  CHECK(third->version == "12.2.0");
  CHECK(third->digest != second->digest);
  // Touched only: asked again, and the same.
  runs = compiler.runs();
  ::utimensat(AT_FDCWD, compiler.driver.c_str(), nullptr, 0);
  Result<CompilerIdentity> fourth = compiler.ask();
  REQUIRE(fourth);
  CHECK(compiler.runs() > runs);
  CHECK(fourth->digest == third->digest);
}

TEST_CASE("a memo that is no memo is of no use and no harm") {
  FakeCompiler compiler;
  Result<CompilerIdentity> first = compiler.ask();
  REQUIRE(first);
  std::string memo = compiler.folder / "build/memo.json";
  std::string good = *read_file(memo);
  for (const std::string& text :
       {std::string(), std::string("["), std::string("[]"), std::string("{}"), std::string("null"),
        std::string(good.size(), '\0'), good.substr(0, good.size() / 2),
        "{\"" + compiler.driver + "\\n" + compiler.driver +
            "\": {\"files\": {}, \"version\": \"1\", \"digest\": \"x\"}}",
        "{\"" + compiler.driver + "\\n" + compiler.driver +
            "\": {\"files\": {\"/nonexistent\": \"\"}, \"version\": \"1\", \"digest\": \"x\"}}"}) {
    CAPTURE(text);
    compiler.folder.write("build/memo.json", text);
    Result<CompilerIdentity> again = compiler.ask();
    REQUIRE(again);
    CHECK(again->version == "5.4.0");
    CHECK(again->digest == first->digest);
    CHECK(*read_file(memo) == good);
  }
  // A place that cannot be written.
  compiler.folder.write("in-the-way", "");
  CHECK(identify_compiler(compiler.driver, {compiler.driver},
                          compiler.folder / "in-the-way/memo.json"));
}

TEST_CASE("a program that is no compiler") {
  test::TemporaryFolder folder;
  std::string memo = folder / "memo.json";
  CHECK_FALSE(identify_compiler("/bin/false", {}, memo));
  CHECK_FALSE(identify_compiler("/bin/true", {}, memo));
  CHECK_FALSE(identify_compiler("/nonexistent/gcc", {}, memo));
  CHECK_FALSE(path_exists(memo));
}

TEST_CASE("the real one") {
  test::TemporaryFolder folder;
  Result<CompilerIdentity> real =
      identify_compiler("/usr/bin/avr-gcc", {"/usr/bin/avr-g++"}, folder / "memo.json");
  REQUIRE_MESSAGE(real, real.error().text());
  CHECK(compare_versions(real->version, "4") > 0);
  bool cc1plus = false;
  for (const std::string& file : real->files) cc1plus = cc1plus || file.ends_with("/cc1plus");
  CHECK(cc1plus);
}
