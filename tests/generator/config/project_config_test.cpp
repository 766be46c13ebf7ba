// What the recorded cases do not show: places, suggestions, what is watched, bounds.
#include "generator/config/project_config.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <map>

#include "generator/config/config_json.h"
#include "generator/config/source_excerpt.h"
#include "support/files.h"

using namespace fbuild;
using namespace fbuild::config;

namespace {

// A project whose files and environment are given as text.
struct Given {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> variables = {};
  ProjectConfig config = {};

  ConfigInput input() {
    ConfigInput out{.directory = "/project/demo", .project_dir = "/project/demo", .unix_time = 7};
    out.read = [this](const std::string& path) -> Result<std::string> {
      auto at = files.find(path);
      if (at == files.end()) return Error{.what = "no such file"};
      return at->second;
    };
    out.glob = [this](const std::string& pattern) {
      return files.contains(pattern) ? std::vector{pattern} : std::vector<std::string>{};
    };
    out.variable = [this](const char* name) -> const char* {
      auto at = variables.find(name);
      return at == variables.end() ? nullptr : at->second.c_str();
    };
    return out;
  }
  ErrorPtr load() { return config.load(input()); }
  std::string load_error() {
    ErrorPtr error = load();
    return error ? error->error.text() : "none";
  }
  std::string validate_error(std::vector<std::string> requested = {}) {
    REQUIRE(!load());
    ErrorPtr error = config.validate(requested);
    return error ? error->error.text() : "none";
  }
  std::string get_error(const char* section, const char* option) {
    REQUIRE(!load());
    Result<const Value*> value = config.get(section, option);
    return value ? "none" : value.error().text();
  }
};

std::string numbered(std::string text, int number) {
  return text.append(std::to_string(number));
}

Given ini(std::string text) {
  return Given{{{"platformio.ini", std::move(text)}}};
}

std::string place(const ProjectConfig& config, Origin origin) {
  return config.at(origin, "x").text();
}

}  // namespace

TEST_CASE("each item of a list knows where it was written") {
  Given given{{{"platformio.ini",
                "[platformio]\nextra_configs = more.ini\n"
                "[env:a]\n"
                "build_flags = -DA ; one\n"
                "  ; nothing\n"
                "\n"
                "\t-DB\n"
                "  ${common.flags} -DC\n"
                "  -D${sysenv.V}\n"},
               {"more.ini", "[common]\nflags =\n  -DX\n  -DY"}},
              {{"V", "Z"}, {"PLATFORMIO_BUILD_FLAGS", "-DENV"}}};
  REQUIRE(!given.load());
  Result<const Value*> flags = given.config.get("env:a", "build_flags");
  REQUIRE(flags);
  const std::vector<ListItem>& items = (*flags)->items;
  REQUIRE(items.size() == 6);
  CHECK(items[0].text == "-DA");
  CHECK(place(given.config, items[0].origin) == "platformio.ini:4:15: x");
  CHECK(items[1].text == "-DB");
  CHECK(place(given.config, items[1].origin) == "platformio.ini:7:2: x");
  CHECK(items[2].text == "-DX");
  CHECK(place(given.config, items[2].origin) == "more.ini:3:3: x");
  CHECK(items[3].text == "-DY -DC");
  CHECK(place(given.config, items[3].origin) == "more.ini:4:3: x");
  CHECK(items[4].text == "-DZ");
  CHECK(place(given.config, items[4].origin) == "platformio.ini:9:3: x");
  CHECK(items[5].text == "-DENV");
  CHECK(place(given.config, items[5].origin) == "x");
  CHECK(place(given.config, given.config.origin("env:a", "build_flags")) ==
        "platformio.ini:4:1: x");
}

TEST_CASE("an inherited option is where its section is") {
  Given given = ini("[base]\nsrc_filter = +<a>\n[env]\nboard = b\n[env:a]\nextends = base\n");
  REQUIRE(!given.load());
  // Asked for by its present name, written with the former one.
  CHECK(place(given.config, given.config.origin("env:a", "build_src_filter")) ==
        "platformio.ini:2:1: x");
  CHECK(place(given.config, given.config.origin("env:a", "board")) == "platformio.ini:4:1: x");
  CHECK(given.config.origin("env:a", "framework").file == -1);
  CHECK(given.config.is_set("env:a", "board"));
  CHECK_FALSE(given.config.is_set("env:a", "framework"));
  Result<const Value*> missing = given.config.get("env:a", "upload_port");
  REQUIRE(missing);
  CHECK((*missing)->kind == Value::Kind::None);
  Result<const Value*> speed = given.config.get("env:a", "monitor_speed");
  REQUIRE(speed);
  CHECK((*speed)->number() == 9600);
}

TEST_CASE("errors of the file name its line and what would be right") {
  CHECK(ini("platform = x\n").load_error() ==
        "platformio.ini:1:1: this line belongs to no section; begin the file with a section such "
        "as [env:NAME]");
  CHECK(ini("[env:uno ; mine\nboard = uno\n").load_error() ==
        "platformio.ini:1:1: the section name has no closing ']'; write '[env:uno]'");
  CHECK(ini("[env:a]\nboard = 1\n  2\nBoard=3\n").load_error() ==
        "platformio.ini:4:1: option 'board' of [env:a] is already on line 2; keep one of them");
  CHECK(ini("[a]\r\n[b]\r\n [a]\r\n").load_error() ==
        "platformio.ini:3:2: section [a] is already on line 1; merge the two, or give one another "
        "name");
  CHECK(ini("[a]\nx = 1\n-DFOO\n-DBAR\n")
            .load_error()
            .starts_with("platformio.ini:3:1: neither a [section] nor an 'option = value' (and 1 "
                         "more such line)"));
  CHECK(ini("[a]\nx = \xC3\xA9\xFF\n").load_error() ==
        "platformio.ini:2:7: byte 11 of the file (0xff) is not UTF-8 text; save the file as UTF-8");
  CHECK(
      Given{{}}.load_error().starts_with("platformio.ini: there is no platformio.ini in /project"));
}

TEST_CASE("errors of options name their line and the nearest right word") {
  CHECK(ini("[common]\nflags = 1\n[env:a]\nboard = x ${common.flgas}\n")
            .get_error("env:a", "board") ==
        "platformio.ini:4:11: there is no option 'flgas' in [common]; did you mean 'flags'?");
  CHECK(ini("[common]\n[env:a]\nboard =\n  ${comon.x}\n").get_error("env:a", "board") ==
        "platformio.ini:4:3: there is no section [comon]; did you mean 'common'?");
  CHECK(ini("[env:a]\nbuild_type = debgu\n").get_error("env:a", "build_type") ==
        "platformio.ini:2:14: option 'build_type' of [env:a]: 'debgu' is not one of 'release', "
        "'test', 'debug'; did you mean 'debug'?");
  CHECK(ini("[env:a]\nboard = 50% x\n").get_error("env:a", "board") ==
        "platformio.ini:2:11: a single '%' in the value of 'board'; write %% for a percent sign");
  CHECK(ini("[c]\na = ${c.b}\nb = ${c.c}\nc = ${c.a}\n[env:a]\nboard = ${c.a}\n")
            .get_error("env:a", "board") ==
        "platformio.ini:4:5: ${...} goes in a circle: c.a -> c.b -> c.c -> c.a");
}

TEST_CASE("what holds for the whole project") {
  CHECK(ini("[platformio]\n").validate_error() ==
        "platformio.ini: no environment is defined; add a section such as [env:uno]");
  CHECK(ini("[platformio]\n[evn:uno]\nboard = uno\n").validate_error() ==
        "platformio.ini:2:1: no environment is defined; did you mean [env:uno] instead of "
        "[evn:uno]?");
  CHECK(ini("[env]\n[common:x]\n[uno]\n").validate_error() ==
        "platformio.ini: no environment is defined; add a section such as [env:uno]");
  CHECK(ini("[platformio]\ndefault_envs = unoo\n[env:uno]\n[env:mega]\n").validate_error() ==
        "platformio.ini:2:16: there is no environment 'unoo'; did you mean 'uno'?");
  CHECK(ini("[env:uno]\n").validate_error({"zzzzz"}) ==
        "there is no environment 'zzzzz'; there are: uno");
  CHECK(ini("[env:a b]\n").validate_error() ==
        "platformio.ini:1:1: 'a b' is no name for an environment; use letters a-z, digits, '-' and "
        "'_'");
  CHECK(
      ini("[p]\nextends = q\n[q]\nboard = x\nextends = r\n[r]\nextends = p\n[env:a]\nextends = p\n")
          .validate_error() ==
      "platformio.ini:2:1: 'extends' goes in a circle: [p] -> [q] -> [r] -> [p]; take one of "
      "these sections out of it");
}

TEST_CASE("what stands before a circle of extends is still found") {
  Given given = ini("[env:a]\nboard = x\nextends = env:b\n[env:b]\nextends = env:a\n");
  REQUIRE(!given.load());
  CHECK(given.config.get("env:a", "board"));
  CHECK_FALSE(given.config.get("env:a", "platform"));
}

TEST_CASE("an unknown parent is a warning with a suggestion") {
  Given given = ini("[esp_base]\nboard = x\n[env:a]\nextends = esp_bas\n[env:b]\nextends = a\n");
  CHECK(given.validate_error() == "none");
  REQUIRE(given.config.warnings().size() == 2);
  CHECK(given.config.warnings()[0].text.text() ==
        "platformio.ini:4:11: [env:a] extends 'esp_bas', which does not exist; did you mean "
        "'esp_base'?");
  CHECK(given.config.warnings()[1].text.text() ==
        "platformio.ini:6:11: [env:b] extends 'a', which does not exist; did you mean 'env:a'?");
}

TEST_CASE("unknown and former option names are warnings with a place") {
  Given given = ini("[env]\nbulid_flags = x\n[env:a]\nsrc_filter = y\ncustom_x = 1\n");
  REQUIRE(!given.load());
  REQUIRE(given.config.warnings().size() == 2);
  CHECK(given.config.warnings()[0].text.text() ==
        "platformio.ini:2:1: unknown option 'bulid_flags' in [env] is ignored; did you mean "
        "'build_flags'?");
  CHECK(given.config.warnings()[1].text.text() ==
        "platformio.ini:4:1: option 'src_filter' of [env:a] is now called 'build_src_filter'; "
        "write build_src_filter");
}

TEST_CASE("options that are not supported yet are named once") {
  Given given =
      ini("[env]\ntest_speed = 1\ncheck_tool = cppcheck\n[env:a]\n[env:b]\ndebug_tool = x\n");
  REQUIRE(!given.load());
  std::vector<ConfigWarning> warnings = given.config.unsupported(given.config.environments());
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].text.text() ==
        "platformio.ini:2:1: option 'test_speed' is not supported yet; it is ignored");
  CHECK(warnings[1].text.text() ==
        "platformio.ini:6:1: option 'debug_tool' is not supported yet; it is ignored");
}

TEST_CASE("everything the configuration depends on is recorded") {
  Given given{{{"platformio.ini",
                "[platformio]\nextra_configs = a.ini\n  gone.ini\n[env:a]\nboard = ${sysenv.B} "
                "${sysenv.NONE} ${UNIX_TIME}\n"},
               {"a.ini", "[x]\n"}},
              {{"B", "uno"}}};
  REQUIRE(!given.load());
  CHECK_FALSE(given.config.dependencies().unix_time);
  REQUIRE(given.config.get("env:a", "board"));
  const ConfigDependencies& dependencies = given.config.dependencies();
  CHECK(dependencies.files == std::vector<std::string>{"platformio.ini", "a.ini"});
  CHECK(dependencies.variables.at("B") == "uno");
  CHECK_FALSE(dependencies.variables.at("NONE").has_value());
  CHECK(dependencies.unix_time);
}

TEST_CASE("patterns of extra_configs are answered from the disk and watched") {
  std::string folder = std::string(FBUILD_SOURCE_DIR) +
                       "/tests/generator/config/cases/edge/101-extra-configs-interp";
  ConfigInput input{.directory = folder};
  input.variable = [](const char* name) -> const char* {
    return std::string_view(name) == "PIO_T_F" ? "*.ini" : nullptr;
  };
  ProjectConfig config;
  REQUIRE(!config.load(input));
  CHECK(config.environments() == std::vector<std::string>{"a", "x", "o"});
  CHECK(config.dependencies().directories == std::set<std::string>{".", "sub"});
}

TEST_CASE("a byte order mark does not move the first line") {
  Given given = ini("\xEF\xBB\xBF[env:a]\nboard = x\n");
  REQUIRE(!given.load());
  CHECK(given.config.environments() == std::vector<std::string>{"a"});
}

TEST_CASE("very long chains and very large values end in an answer or an error") {
  std::string chain = "[s0]\nboard = 1\n";
  for (int i = 1; i <= 10000; ++i) {
    chain += numbered("[s", i) + numbered("]\nextends = s", i - 1) + "\n";
  }
  Given inherited = ini(chain + "[env:a]\nextends = s10000\n");
  CHECK(inherited.validate_error() == "none");
  Result<const Value*> board = inherited.config.get("env:a", "board");
  REQUIRE(board);
  CHECK((*board)->text == "1");

  auto references = [](int depth) {
    std::string text = "[c]\nv0 = end\n";
    for (int i = 1; i <= depth; ++i) {
      text += numbered("v", i) + numbered(" = ${c.v", i - 1) + "}\n";
    }
    return ini(text + numbered("[env:a]\nboard = ${c.v", depth) + "}\n");
  };
  CHECK(references(300).get_error("env:a", "board") == "none");
  CHECK(references(10000)
            .get_error("env:a", "board")
            .ends_with("${...} is nested more than 400 deep"));

  std::string doubling = "[c]\nv0 = 0123456789abcdef\n";
  for (int i = 1; i <= 40; ++i) {
    std::string before = numbered("${c.v", i - 1) + "}";
    doubling += numbered("v", i) + " = " + before + before + "\n";
  }
  CHECK(ini(doubling + "[env:a]\nboard = ${c.v40}\n")
            .get_error("env:a", "board")
            .find("grows beyond 32 MiB") != std::string::npos);

  std::string long_line(10'000'000, 'x');
  CHECK(ini("[env:a]\nboard = " + long_line + "\n").get_error("env:a", "board") == "none");
  CHECK(ini("[env:a]\nboard = " + std::string(40'000'000, 'x')).load_error() ==
        "platformio.ini: the ini files have more than 32 MiB; is this a text file?");

  // Every environment inherits from all before it.
  std::string pyramid = "[env:e0]\n";
  for (int i = 1; i <= 5000; ++i) {
    pyramid += numbered("[env:e", i) + numbered("]\nextends = env:e", i - 1) +
               numbered("\ncustom_", i) + " = 1\n";
  }
  CHECK(ini(pyramid).validate_error().find("too many sections inherit") != std::string::npos);

  std::string sections;
  for (int i = 0; i < 100'000; ++i) sections += numbered("[env:e", i) + "]\nboard = x\n";
  Given many = ini(sections);
  CHECK(many.validate_error() == "none");
  CHECK(many.config.environments().size() == 100'000);
}

TEST_CASE("a long circle is shown in part") {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += numbered("[env:e", i) + numbered("]\nextends = env:e", (i + 1) % 100) + "\n";
  }
  std::string error = ini(text).validate_error();
  CHECK(error.size() < 400);
  CHECK(error.find("[env:e11] -> (85 more) -> [env:e97]") != std::string::npos);
}

TEST_CASE("printed JSON escapes what it prints") {
  Given given = ini("[env:a]\ncustom_\"x\" = \"q\"\\\n  \tb\x01\n");
  PrintedConfig printed = print_config(given.input());
  CHECK(printed.json.find(R"("custom_\"x\"": "\"q\"\\\nb\u0001")") != std::string::npos);
}

TEST_CASE("the excerpt of a line points at the place") {
  std::string path = numbered("/tmp/fbuild-excerpt-", ::getpid()) + ".ini";
  REQUIRE(replace_file(path, "[a]\r\n\tb = \xC3\xA9 c\rlast"));
  Error error{.what = "x", .file = path, .line = 2, .column = 9};
  CHECK(source_excerpt(error) == "  \tb = \xC3\xA9 c\n  \t      ^\n");
  error.line = 3;
  error.column = 0;
  CHECK(source_excerpt(error) == "  last\n");
  error.line = 4;
  CHECK(source_excerpt(error).empty());
  REQUIRE(replace_file(path, std::string(100000, 'x')));
  error.line = 1;
  error.column = 50000;
  CHECK(source_excerpt(error).size() < 400);
  ::unlink(path.c_str());
}
