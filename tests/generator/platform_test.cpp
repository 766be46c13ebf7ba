// Platform files: the strict reader, and every board of the files that are shipped.
#include "generator/platform/platform.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "generator/plan/environment.h"
#include "generator/platform/compiler.h"
#include "tests/generator/temporary.h"

using namespace fbuild;

namespace {

const std::string kPlatforms = FBUILD_SOURCE_DIR "/platforms";

std::string error_of(const std::string& text) {
  Result<Platform> platform = parse_platform(text, "p.yaml");
  return platform ? "" : platform.error().text();
}

}  // namespace

TEST_CASE("a quotation that is not closed has a place") {
  CHECK(
      error_of("platform: p\nactions:\n  - {name: a, rule: r, arguments: [\"x\", \"-e 'y\"]}\n") ==
      "p.yaml:3: 'arguments': a quotation is not closed");
}

TEST_CASE("a file with every key is read") {
  std::string path = FBUILD_SOURCE_DIR "/tests/fuzz/seeds/platform_fuzz/all_keys.yaml";
  Result<Platform> platform = parse_platform(*read_file(path), path);
  REQUIRE_MESSAGE(platform, platform.error().text());
  CHECK(platform->actions.size() == 3);
  CHECK(platform->boards.size() == 3);
}

TEST_CASE("every board of the AVR platform has what its build needs") {
  Result<std::string> text = read_file(kPlatforms + "/atmelavr.yaml");
  REQUIRE(text);
  Result<Platform> platform = parse_platform(*text, kPlatforms + "/atmelavr.yaml");
  REQUIRE_MESSAGE(platform, platform.error().text());
  CHECK(platform->boards.size() >= 20);
  for (const char* id : {"uno", "nanoatmega328", "nanoatmega328new", "leonardo", "micro",
                         "megaatmega2560", "pro16MHzatmega328"})
    CHECK_MESSAGE(platform->boards.count(id) == 1, id);
  std::string core = platform->packages.at("framework-arduino-avr").folders.at(0);
  REQUIRE(is_directory(core));
  int usable = 0;
  // Of the system's compiler, whichever version that is.
  std::string specs;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/gcc/avr"))
    if (is_directory(version.path().string() + "/device-specs"))
      specs = version.path().string() + "/device-specs";
  REQUIRE_FALSE(specs.empty());
  for (const auto& [id, entry] : platform->boards) {
    CAPTURE(id);
    std::string source = "not emptied";
    Result<Facts> facts = find_board(*platform, {}, id, source);
    REQUIRE(facts);
    CHECK(source.empty());
    CHECK(fact_or(*facts, "id", "") == id);
    for (const char* name :
         {"name", "vendor", "build.mcu", "build.f_cpu", "build.core", "build.extra_flags",
          "upload.maximum_size", "upload.maximum_ram_size"}) {
      CAPTURE(name);
      CHECK_FALSE(fact_or(*facts, name, "").empty());
    }
    const Facts* limit = find_fact(*facts, "upload.maximum_size");
    REQUIRE(limit->is_number_integer());
    CHECK(limit->get<int>() >= 1024);
    CHECK(limit->get<int>() <= 262144);
    std::string clock = fact_or(*facts, "build.f_cpu", "");
    CHECK(clock.ends_with("000L"));
    // The others' cores and variants are not on the system, nor does its compiler know all parts.
    std::string variant = fact_or(*facts, "build.variant", "");
    if (fact_or(*facts, "build.core", "") == "arduino" &&
        is_regular_file(core + "/variants/" + variant + "/pins_arduino.h")) {
      ++usable;
      CHECK(is_regular_file(specs + "/specs-" + fact_or(*facts, "build.mcu", "")));
    }
  }
  CHECK(usable == 75);
}

TEST_CASE("every platform file that is shipped can be read, and its templates are there") {
  Result<std::vector<DirEntry>> files = list_directory(kPlatforms);
  REQUIRE(files);
  int count = 0;
  for (const DirEntry& file : *files) {
    if (!file.name.ends_with(".yaml")) continue;
    CAPTURE(file.name);
    Result<Platform> platform =
        load_platform(kPlatforms, file.name.substr(0, file.name.size() - 5));
    REQUIRE_MESSAGE(platform, platform.error().text());
    CHECK(platform->name + ".yaml" == file.name);
    for (const std::string& name : platform->templates)
      CHECK(is_regular_file(std::string(FBUILD_SOURCE_DIR) + "/templates/" + name + ".ninja"));
    ++count;
  }
  CHECK(count >= 1);
}

TEST_CASE("a board is a map") {
  CHECK(error_of("platform: p\nboards:\n  b: text\n") ==
        "p.yaml:3: board 'b' is not a map; write 'name: ...', 'build: {...}'");
}

TEST_CASE("an entry with nothing behind it is an error") {
  for (const char* part : {"packages", "frameworks"}) {
    CAPTURE(part);
    Result<Platform> platform =
        parse_platform("platform: x\n" + std::string(part) + ":\n  empty:\n", "p.yaml");
    REQUIRE(!platform);
    CHECK(platform.error().text().find("is not a map") != std::string::npos);
  }
}

TEST_CASE("anchors make neither endless nor huge trees") {
  CHECK(error_of("platform: p\nboards: {x: &a {y: *a}}\n") ==
        "p.yaml:2: too many levels; does an anchor contain itself?");
  std::string laughs = "platform: p\nboards:\n  b0: &b0 {l: [x, x, x, x, x, x, x, x]}\n";
  for (int i = 1; i < 12; ++i) {
    std::string last = "*b" + std::to_string(i - 1);
    laughs += "  b" + std::to_string(i) + ": &b" + std::to_string(i) + " {l: [" + last;
    for (int k = 0; k < 7; ++k) laughs += ", " + last;
    laughs += "]}\n";
  }
  CHECK(error_of(laughs).find("too many values") != std::string::npos);
}

TEST_CASE("an unknown platform or board is an error that knows a better name") {
  CHECK(load_platform(kPlatforms, "atmelavrr").error().fix == "did you mean 'atmelavr'?");
  CHECK(load_platform(kPlatforms, "qqq").error().fix.find("atmelavr") != std::string::npos);
  CHECK_FALSE(load_platform(kPlatforms, "../platforms/atmelavr"));
  CHECK_FALSE(load_platform(kPlatforms, ""));
  Result<Platform> platform = load_platform(kPlatforms, "atmelavr");
  REQUIRE(platform);
  std::string source;
  CHECK(find_board(*platform, {}, "unno", source).error().fix == "did you mean 'uno'?");
  CHECK(find_board(*platform, {}, "LEONARDO", source).error().fix == "did you mean 'leonardo'?");
  CHECK_FALSE(find_board(*platform, {}, "qqqqqqqqqqqq", source).error().fix.empty());
}

TEST_CASE("a project's own board manifest is found first") {
  test::TemporaryFolder folder;
  std::string file = folder.write("uno.json", R"({"name": "Mine", "build": {"mcu": "m"}})");
  folder.write("list.json", "[]");
  folder.write("bad.json", "{\n  \"build\": {},\n  oops\n}\n");
  folder.write("mine.json", R"({"build": {}})");
  Result<Platform> platform = load_platform(kPlatforms, "atmelavr");
  REQUIRE(platform);
  std::string source;
  Result<Facts> facts = find_board(*platform, {folder / "none", folder.path}, "uno", source);
  REQUIRE(facts);
  CHECK(source == file);
  CHECK(fact_or(*facts, "name", "") == "Mine");
  CHECK(fact_or(*facts, "id", "") == "uno");
  Result<Facts> bad = find_board(*platform, {folder.path}, "bad", source);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().file == folder / "bad.json");
  CHECK(bad.error().line == 3);
  CHECK(bad.error().column == 3);
  CHECK_FALSE(find_board(*platform, {folder.path}, "list", source));
  CHECK(find_board(*platform, {folder.path}, "mien", source).error().fix == "did you mean 'mine'?");
}

TEST_CASE("platform files are read strictly") {
  CHECK(error_of("platform: x\n") == "");
  CHECK(error_of("platfrom: x\n").find("has no 'platform'") != std::string::npos);
  CHECK(error_of("platform: x\nborads: {}\n") ==
        "p.yaml:2: unknown key 'borads' in a platform file; did you mean 'boards'?");
  CHECK(error_of("platform: x\npackages:\n  a:\n    system:\n      debain: y\n")
            .starts_with("p.yaml:5: unknown key 'debain'"));
  CHECK(error_of("platform: x\nflags:\n  - whne: {a: b}\n    c: -x\n")
            .starts_with("p.yaml:3: unknown key 'whne'"));
  CHECK(error_of("platform: x\nflags:\n  - unless: {compiler: '<5'}\n")
            .find("does not take versions") != std::string::npos);
  CHECK(error_of("platform: x\ntoolchain: {package: t}\n").find("is not under 'packages'") !=
        std::string::npos);
  CHECK(error_of("platform: x\nprepare: [{rule: r, in: i}]\n")
            .find("an item of 'prepare' has no 'out'") != std::string::npos);
  CHECK(error_of("platform: x\nprepare: [{rule: r, in: i, out: o, port: true}]\n")
            .find("unknown key 'port'") != std::string::npos);
  CHECK(error_of("platform: x\nsteps: [{rule: r, in: i}]\n").find("a step has no 'out'") !=
        std::string::npos);
  std::string broken = error_of("platform: x\n  y: [\n");
  CHECK(broken.starts_with("p.yaml:"));
  CHECK_FALSE(error_of("[").empty());
  CHECK_FALSE(error_of("").empty());
}

TEST_CASE("board facts keep their types") {
  Result<Platform> platform = parse_platform(
      "platform: x\nboards:\n  b: {n: 12, neg: -3, t: '12', yes: true, f: 1.5, clock: 16000000L, "
      "l: [a, 1], none: }\n",
      "p.yaml");
  REQUIRE(platform);
  CHECK(
      platform->boards.at("b").dump() ==
      R"({"n":12,"neg":-3,"t":"12","yes":true,"f":"1.5","clock":"16000000L","l":["a",1],"none":null})");
}

TEST_CASE("conditions") {
  Result<Platform> platform = parse_platform(R"(
platform: x
flags:
  - {when: {has: build.a}, c: has}
  - {unless: {has: build.a}, c: lacks}
  - {when: {build.kind: [usb*, "*serial"]}, c: matches}
  - {unless: {build.kind: "*"}, c: differs}
  - {when: {compiler: [">=5", "<6"]}, c: five}
  - {when: {has: build.a, build.kind: usbasp}, c: both}
)",
                                             "p.yaml");
  REQUIRE_MESSAGE(platform, platform.error().text());
  auto chosen = [&](const char* facts, const char* compiler) {
    Environment environment;
    environment.facts = Facts::parse(facts);
    environment.compiler.version = compiler;
    std::string out;
    for (const FlagAddition& addition : platform->flags)
      if (environment.holds(addition.when)) out += addition.flags.at("CFLAGS").at(0) + " ";
    return out;
  };
  CHECK(chosen("{}", "") == "lacks differs ");
  CHECK(chosen(R"({"build": {"a": ""}})", "6.0") == "lacks differs ");
  CHECK(chosen(R"({"build": {"a": "1", "kind": "usbasp"}})", "5.4.0") == "has matches five both ");
  CHECK(chosen(R"({"build": {"kind": "an serial"}})", "5") == "lacks matches five ");
  CHECK(chosen(R"({"build": {"kind": "serial usb"}})", "4.9.9") == "lacks ");
}

TEST_CASE("conditions on macros and files") {
  Result<Platform> platform = parse_platform(R"(
platform: x
flags:
  - {when: {define: [A, B]}, c: any}
  - {unless: {define: [A, B]}, c: none}
  - {when: {exists: ["{build.file|/nothing}", /nothing/either]}, c: there}
  - {unless: {exists: "{unknown}"}, c: not-there}
)",
                                             "p.yaml");
  REQUIRE_MESSAGE(platform, platform.error().text());
  auto chosen = [&](std::map<std::string, std::string> defines, Facts facts) {
    Environment environment;
    environment.defines = std::move(defines);
    environment.facts = std::move(facts);
    std::string out;
    for (const FlagAddition& addition : platform->flags)
      if (environment.holds(addition.when)) out += addition.flags.at("CFLAGS").at(0) + " ";
    return out;
  };
  CHECK(chosen({}, Facts::object()) == "none not-there ");
  CHECK(chosen({{"B", ""}, {"C", "1"}}, Facts::object()) == "any not-there ");
  test::TemporaryFolder folder;
  folder.write("f", "");
  CHECK(chosen({{"C", ""}}, {{"build", {{"file", folder / "f"}}}, {"unknown", folder.path}}) ==
        "none there ");
}

TEST_CASE("rules of facts") {
  Result<Platform> platform = parse_platform(
      "platform: x\nfacts:\n  - {set: build.series, to: '{build.mcu:0-7:upper}xx', unless: {has: "
      "build.series}}\n",
      "p.yaml");
  REQUIRE_MESSAGE(platform, platform.error().text());
  REQUIRE(platform->facts.size() == 1);
  CHECK(platform->facts[0].name == "build.series");
  CHECK(platform->facts[0].value == "{build.mcu:0-7:upper}xx");
  CHECK(platform->facts[0].when.terms.size() == 1);
  CHECK(error_of("platform: x\nfacts: {a: b}\n").find("'facts' is not a list; write") !=
        std::string::npos);
  CHECK(error_of("platform: x\nfacts:\n  - {set: a, to: b, when: {define: C}}\n")
            .starts_with("p.yaml:3: a fact does not depend on 'define'"));
  CHECK(error_of("platform: x\nfacts:\n  - {set: a, to: b, when: {compiler: '<5'}}\n")
            .find("does not depend on 'compiler'") != std::string::npos);
  auto wrong = [&](const char* item) {
    return error_of(std::string("platform: x\nfacts:\n  - ") + item + "\n");
  };
  CHECK(wrong("{set: a}").starts_with("p.yaml:3: an item of 'facts' has no 'to'"));
  CHECK(wrong("{set: a, in: b, file: c, match: d}").find("two places to look") !=
        std::string::npos);
  CHECK(wrong("{set: a, in: b}").find("'in' needs 'match'") != std::string::npos);
  CHECK(wrong("{set: a, to: b, match: c}").find("'match' needs 'in' or 'file'") !=
        std::string::npos);
  CHECK(wrong("{set: a, in: b, key: c}").find("'key' is for a 'file'") != std::string::npos);
  CHECK(wrong("{set: a, file: b, key: c, match: d}").find("'key' is for a 'file'") !=
        std::string::npos);
  CHECK(wrong("{set: a, in: b, match: '('}").find("no regular expression") != std::string::npos);
  // What depends on files waits for the packages, and so does all that follows.
  platform = parse_platform(R"(
platform: x
facts:
  - {set: a, to: b}
  - {set: a, in: '{b}', match: '(c)'}
  - {set: a, file: f}
  - {set: a, to: b}
)",
                            "p.yaml");
  REQUIRE_MESSAGE(platform, platform.error().text());
  CHECK_FALSE(platform->facts[1].late);
  CHECK(platform->facts[1].value == "{1}");
  CHECK(platform->facts[2].late);
  CHECK(platform->facts[2].value == "{0}");
  CHECK(platform->facts[3].late);
}

TEST_CASE("steps have inputs and arguments, frameworks packages that they sometimes need") {
  Result<Platform> platform = parse_platform(R"(
platform: x
frameworks:
  f: {package: p, packages: [q, {name: r, when: {package.p: ">=3"}}]}
steps:
  - {rule: r, in: a, out: b}
  - {rule: r, in: [a, "{file}"], out: c, arguments: [-x, {words: -y, when: {has: z}}]}
flags: {preprocessor: -DA -Ib, c: -c -w, without: -c}
)",
                                             "p.yaml");
  REQUIRE_MESSAGE(platform, platform.error().text());
  REQUIRE(platform->frameworks.at("f").packages.size() == 2);
  CHECK(platform->frameworks.at("f").packages[1].name == "r");
  CHECK(platform->frameworks.at("f").packages[1].when.terms.size() == 1);
  CHECK(platform->steps.at(0).in == std::vector<std::string>{"a"});
  CHECK(platform->steps.at(1).in == std::vector<std::string>{"a", "{file}"});
  CHECK(platform->steps.at(1).arguments.size() == 2);
  CHECK(platform->flags.at(0).preprocessor == std::vector<std::string>{"-DA", "-Ib"});
  CHECK(platform->flags.at(0).without == std::vector<std::string>{"-c"});
  CHECK(error_of("platform: x\nsteps:\n  - {rule: r, out: b}\n") == "p.yaml:3: a step has no 'in'");
}

TEST_CASE("boards of every platform file that is shipped have what a build needs") {
  Result<std::vector<DirEntry>> entries = list_directory(kPlatforms);
  REQUIRE(entries);
  for (const DirEntry& entry : *entries) {
    if (!entry.name.ends_with(".yaml")) continue;
    CAPTURE(entry.name);
    Result<Platform> lazy = load_platform(kPlatforms, entry.name.substr(0, entry.name.size() - 5));
    REQUIRE_MESSAGE(lazy, lazy.error().text());
    Result<std::string> text = read_file(kPlatforms + "/" + entry.name);
    REQUIRE(text);
    Result<Platform> platform = parse_platform(*text, entry.name);
    REQUIRE_MESSAGE(platform, platform.error().text());
    CHECK_FALSE(platform->boards.empty());
    // So that a run need not read all of them.
    CHECK(lazy->board_texts.size() == platform->boards.size());
    for (const auto& [id, facts] : platform->boards) {
      CAPTURE(id);
      for (const char* name : {"name", "vendor", "build.mcu", "build.f_cpu", "upload.maximum_size",
                               "upload.maximum_ram_size"})
        CHECK_MESSAGE(!fact_or(facts, name, "").empty(), name);
      REQUIRE(find_fact(facts, "frameworks"));
      for (const Facts& framework : facts["frameworks"])
        CHECK(platform->frameworks.count(framework.get<std::string>()) == 1);
    }
  }
}

TEST_CASE("versions are compared as numbers") {
  CHECK(compare_versions("5.4.0", "12.2") < 0);
  CHECK(compare_versions("5.4", "5.4.0") == 0);
  CHECK(compare_versions("5.4.1", "5.4") > 0);
  CHECK(compare_versions("1.8.7+dfsg", "1.8.7") == 0);
  CHECK(compare_versions("", "0") == 0);
  CHECK(compare_versions("10", "9") > 0);
  CHECK(version_in("5.4.0", {}));
  CHECK(version_in("5.4.0", {">=5", "<6"}));
  CHECK(version_in("5.4.0", {"5.4"}));
  CHECK(version_in("5.4.0", {"= 5.4.0"}));
  CHECK_FALSE(version_in("6", {"<6"}));
  CHECK(version_in("6", {"<=6.0"}));
  CHECK_FALSE(version_in("6", {">6"}));
  CHECK_FALSE(version_in("5.3", {"<6", ">=5.4"}));
}

TEST_CASE("a board read by itself is the board read with all others") {
  const std::string& folder = kPlatforms;
  Result<std::vector<DirEntry>> entries = list_directory(folder);
  REQUIRE(entries);
  size_t boards = 0;
  for (const DirEntry& entry : *entries) {
    if (!entry.name.ends_with(".yaml")) continue;
    CAPTURE(entry.name);
    Result<std::string> text = read_file(join_path(folder, entry.name));
    REQUIRE(text);
    Result<Platform> whole = parse_platform(*text, entry.name);
    REQUIRE(whole);
    Result<Platform> cut = load_platform(folder, entry.name.substr(0, entry.name.size() - 5));
    REQUIRE(cut);
    CHECK(cut->boards.empty());  // it has the layout that can be cut
    CHECK(cut->board_texts.size() == whole->boards.size());
    for (const auto& [id, facts] : whole->boards) {
      std::string source;
      Result<Facts> one = find_board(*cut, {}, id, source),
                    all = find_board(*whole, {}, id, source);
      REQUIRE(one);
      CHECK(one->dump() == all->dump());
      ++boards;
    }
    std::string source;
    CHECK(find_board(*cut, {}, "no-such-board", source).error().text() == [&] {
      Platform same = *whole;
      same.file = cut->file;
      return find_board(same, {}, "no-such-board", source).error().text();
    }());
  }
  CHECK(boards > 30);
}

TEST_CASE("texts that cannot be cut are left whole") {
  const char* good =
      "platform: x\nboards:\n  # first\n  a:\n    n: 1\n\n  b: {n: 2, m: -DX=1}\nsize: {flash: "
      "t}\n";
  std::optional<SplitPlatform> split = split_boards(good);
  REQUIRE(split);
  CHECK(split->rest == "platform: x\nboards:\n\n\n\n\n\nsize: {flash: t}\n");
  CHECK(split->line == 2);
  CHECK(split->boards.at("a").text == "  a:\n    n: 1\n\n");
  CHECK(split->boards.at("a").line == 4);
  CHECK(split->boards.at("b").line == 7);
  for (const char* bad : {"platform: x\n",
                          "boards: {a: 1}\n",
                          "boards:\n",
                          "boards:\n  a: &x\n    n: 1\n",
                          "boards:\n  a:\n    n: 1\n  a:\n    n: 2\n",
                          "boards:\n    a:\n      n: 1\n  b:\n    n: 2\n",
                          "boards:\n\ta: 1\n",
                          "boards:\n  'a': 1\n",
                          "boards:\n  a:\n    n: 1\nboards:\n  b: 1\n",
                          "boards:\n  a: {n: 1,\n  m}\n",
                          "boards:\n  - a\n",
                          "boards:\n  a: {n: 1,\n    m: 2}\n",
                          "boards:\n  a:\n    n: \"x\n  b:\n    m: 1\"\n",
                          "boards:\n  a: {n: 'it''s\n  b: 1'}\n",
                          "boards:\n  a: [1,*x]\n",
                          "boards:\n  a: {*x : 1}\n",
                          "boards:\n  a: !!binary x\n",
                          "boards:\n  a: |\n    x\n",
                          "boards:\n  a:\n    x-\"a: \"b\n  c:\n    d: e\"\n",
                          "boards:\n  a: x #y\n",
                          "boards:\n  a: ]\n",
                          "boards:\n  a: 1\4\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(split_boards(bad));
  }
}

TEST_CASE("a line 'boards:' that is none of the file's keys cuts nothing") {
  for (const char* text : {"platform: x\ntitle: \"a\nboards:\n  b:\n    n: 1\nc: d\"\n",
                           "platform: x\n---\nboards:\n  b:\n    n: 1\n",
                           "platform: x\nboards:\n  b:\n    n: 1\n- c\n",
                           "platform: x\n\"boards\": {c: {n: 1}}\nboards:\n  b:\n    n: 1\n"}) {
    CAPTURE(text);
    Result<Platform> whole = parse_platform(text, "p.yaml"),
                     lazy = parse_platform_lazily(text, "p.yaml");
    CHECK(bool(whole) == bool(lazy));
    if (!lazy) continue;
    CHECK(lazy->board_texts.empty());
    CHECK(lazy->boards == whole->boards);
    CHECK(lazy->title == whole->title);
  }
}
