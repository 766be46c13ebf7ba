// What README.md and platforms/README.md say is done as written.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <set>
#include <sstream>

#include "support/files.h"
#include "support/process.h"

using namespace fbuild;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/fbuild-documents-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { (void)run_process({"rm", "-rf", path}); }
};

std::string text_of(const std::string& name) {
  Result<std::string> text = read_file(FBUILD_SOURCE_DIR "/" + name);
  REQUIRE(text);
  return *text;
}

// The part between two marks, the first occurrence of each.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  size_t from = text.find(begin);
  REQUIRE(from != std::string::npos);
  from += begin.size();
  size_t to = text.find(end, from);
  REQUIRE(to != std::string::npos);
  return text.substr(from, to - from);
}

// Texts in `backquotes`.
std::set<std::string> quoted(const std::string& text) {
  std::set<std::string> out;
  for (size_t at = 0; (at = text.find('`', at)) != std::string::npos;) {
    size_t end = text.find('`', at + 1);
    REQUIRE(end != std::string::npos);
    out.insert(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return out;
}

std::string shell(const std::string& line, const std::string& folder) {
  Result<ProcessOutput> result =
      run_shell("PATH=" FBUILD_BIN_DIR ":$PATH; " + line + " 2>&1", {folder, true});
  REQUIRE(result);
  INFO(result->out);
  REQUIRE(result->exit_status == 0);
  return result->out;
}

}  // namespace

TEST_CASE("README.md lists the boards there are") {
  std::string table = between(text_of("README.md"), "| platform | boards |", "\n\n");
  int met = 0;
  for (size_t at = table.find("\n| `"); at != std::string::npos; at = table.find("\n| `", at + 1)) {
    std::string row = table.substr(at + 4, table.find('\n', at + 1) - at - 4);
    std::string name = row.substr(0, row.find('`')), cell = between(row, "` | ", " |");
    CAPTURE(name);
    std::string platform = text_of("platforms/" + name + ".yaml");
    std::istringstream lines(platform.substr(platform.find("\nboards:\n") + 9));
    size_t boards = 0;
    for (std::string line; std::getline(lines, line);)
      boards += line.size() > 3 && line.starts_with("  ") && line[2] != ' ' && line[2] != '#' &&
                line.find(':') != std::string::npos;
    size_t digit = cell.find_first_of("0123456789"), named = quoted(cell).size();
    // A number of boards, or all of them by name.
    CHECK(boards == (named > 3 ? named : std::stoul(cell.substr(digit))));
    ++met;
  }
  CHECK(met == 8);
}

TEST_CASE("the targets of README.md exist") {
  Folder folder;
  shell("cp -r " FBUILD_SOURCE_DIR
        "/tests/projects/blink p && cd p && rm -rf .fbuild build.ninja && fbuild-gen -q",
        folder.path);
  std::string targets = "\n" + shell("ninja -t targets all", folder.path + "/p");
  int checked = 0;
  for (const std::string& word :
       quoted(between(text_of("README.md"), "## Targets", "A changed `platformio.ini`"))) {
    if (!word.starts_with("ninja ")) continue;
    ++checked;
    CAPTURE(word);
    CHECK(targets.find("\n" + word.substr(6) + ": ") != std::string::npos);
  }
  CHECK(checked >= 7);
}

// What is documented is fuzzed, and read.
TEST_CASE("the platform file with every key has every key") {
  std::string seed = text_of("tests/fuzz/seeds/platform_fuzz/all_keys.yaml"),
              dictionary = text_of("tests/fuzz/platform_fuzz.dict");
  std::string keys = between(text_of("platforms/README.md"), "## Keys", "### A board");
  int met = 0;
  for (size_t at = keys.find("\n| `"); at != std::string::npos; at = keys.find("\n| `", at + 1)) {
    std::string key = keys.substr(at + 4, keys.find('`', at + 4) - at - 4);
    if (key.find('.') != std::string::npos) continue;  // a fact
    if (key.starts_with("system: {")) key = key.substr(9, key.find('}') - 9);
    if (key.starts_with("version: {")) key = "version";
    CAPTURE(key);
    CHECK(seed.find(key + ":") != std::string::npos);
    CHECK(dictionary.find("\"" + key + ": \"") != std::string::npos);
    ++met;
  }
  CHECK(met > 50);
}

TEST_CASE("a board is added as platforms/README.md says") {
  Folder folder;
  shell("cp -r " FBUILD_SOURCE_DIR "/platforms " FBUILD_SOURCE_DIR "/templates . && mkdir -p p/src",
        folder.path);
  Result<std::string> platform = read_file(folder.path + "/platforms/atmelavr.yaml");
  REQUIRE(platform);
  std::string board = between(text_of("platforms/README.md"), "```yaml\nboards:\n", "```");
  REQUIRE(replace_file(folder.path + "/platforms/atmelavr.yaml", *platform + board));
  REQUIRE(replace_file(folder.path + "/p/platformio.ini",
                       "[env:mine]\nplatform = atmelavr\nboard = myboard\nframework = arduino\n"));
  REQUIRE(replace_file(folder.path + "/p/src/main.cpp",
                       "#include <Arduino.h>\n#if F_CPU != 8000000L || "
                       "!defined(ARDUINO_AVR_MYBOARD)\n#error\n#endif\n"
                       "void setup() {}\nvoid loop() {}\n"));
  std::string out = shell("export FBUILD_DATA_DIR=" + folder.path + "; fbuild-gen -q && ninja",
                          folder.path + "/p");
  CHECK(out.find("from 30720 bytes)") != std::string::npos);
  CHECK(path_exists(folder.path + "/p/.fbuild/build/mine/firmware.hex"));
}
