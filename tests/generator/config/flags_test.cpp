// Flags beyond the recorded cases: commands, places, what makes a project movable.
#include <doctest/doctest.h>

#include "generator/config/flag_words.h"
#include "generator/config/shell_words.h"
#include "support/files.h"

using namespace fbuild;
using namespace fbuild::config;

namespace {

std::vector<ListItem> items(std::initializer_list<const char*> texts) {
  std::vector<ListItem> out;
  unsigned line = 1;
  for (const char* text : texts) out.push_back({text, {0, line++, 3}});
  return out;
}

FlagContext context() {
  FlagContext out{.directory = std::string(FBUILD_SOURCE_DIR)};
  out.variables = {{"PROJECT_DIR", FBUILD_SOURCE_DIR}};
  out.at = [](Origin place, std::string what, std::string fix) {
    return Error{.what = std::move(what),
                 .fix = std::move(fix),
                 .file = "platformio.ini",
                 .line = static_cast<int>(place.line),
                 .column = static_cast<int>(place.column)};
  };
  return out;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the output of a command is flags, and is recorded") {
  FlagContext c = context();
  FlagScopes scopes;
  REQUIRE(process_flags(scopes, items({"!printf '%s\\n' -DA=1 | cat", "!echo -DB; echo -DC"}), c));
  Result<Words> words = define_words(scopes, c);
  REQUIRE(words);
  CHECK(*words == Words{"-DA=1", "-DB", "-DC"});
  REQUIRE(c.commands.size() == 2);
  CHECK(c.commands[1].line == "echo -DB; echo -DC");
  CHECK(c.commands[1].output == "-DB\n-DC\n");
}

TEST_CASE("a command runs in the project") {
  FlagContext c = context();
  FlagScopes scopes;
  REQUIRE(process_flags(scopes, items({"!test -f CMakeLists.txt && echo -DHERE"}), c));
  CHECK(scopes[FlagScope::CppDefines].size() == 1);
}

TEST_CASE("bad flags are errors with their place") {
  FlagContext c = context();
  FlagScopes scopes;
  auto error = [&](std::initializer_list<const char*> texts) {
    Status done = process_flags(scopes, items(texts), c);
    return done ? std::string("none") : done.error().text();
  };
  CHECK(error({"-DA", "-DB=\"x"}).starts_with("platformio.ini:2:3: No closing quotation in "));
  CHECK(error({"!exit 3"}).starts_with("platformio.ini:1:3: 'exit 3' exited 3; "));
  CHECK(error({"-DA", "-I", "generator"})
            .starts_with("platformio.ini:3:3: 'generator' is a directory"));
  CHECK(error({"''"}).starts_with("platformio.ini:1:3: an empty word"));
  CHECK(error({"x\\"}).starts_with("platformio.ini:1:3: No escaped character"));
}

TEST_CASE("an expression in a flag is an error, an unknown name nothing") {
  FlagContext c = context();
  FlagScopes scopes;
  REQUIRE(process_flags(scopes, items({"-DX=$NOPE -DY=${1+1}"}), c));
  Result<Words> words = define_words(scopes, c);
  REQUIRE_FALSE(words);
  CHECK(words.error().text().starts_with("platformio.ini:1:3: ${1+1} is an expression"));
}

TEST_CASE("paths inside the project are relative to it") {
  FlagContext c = context();
  FlagScopes scopes;
  REQUIRE(
      process_flags(scopes,
                    items({"-I$PROJECT_DIR/generator -I. -I/usr/include -Igone/../away",
                           "-include $PROJECT_DIR/LICENSE -isystem $PROJECT_DIR/tests -L tests"}),
                    c));
  Result<Words> words = include_words(scopes, c);
  REQUIRE(words);
  CHECK(*words == Words{"-Igenerator", "-I.", "-I/usr/include", "-Iaway"});
  words = scope_words(scopes, FlagScope::CcFlags, c);
  REQUIRE(words);
  CHECK(*words == Words{"-include", "LICENSE", "-isystem", "tests"});
  words = library_directory_words(scopes, c);
  REQUIRE(words);
  CHECK(*words == Words{"-Ltests"});
}

TEST_CASE("-U goes behind all -D, of whatever origin") {
  FlagContext c = context();
  FlagScopes scopes;
  scopes[FlagScope::CppDefines] = {flag("X"), define("Y", "1")};
  REQUIRE(process_flags(scopes, items({"-UX -UY -DZ"}), c));
  FlagScopes framework;
  framework[FlagScope::CppDefines] = {flag("W")};
  append_flags(scopes, framework);
  Result<Words> words = define_words(scopes, c);
  REQUIRE(words);
  CHECK(*words == Words{"-DY=1", "-DZ", "-DW", "-UX", "-UY"});
}

TEST_CASE("numbers are equal when they are the same number") {
  FlagContext c = context();
  FlagScopes scopes;
  REQUIRE(process_flags(scopes, items({"-DA=1 -DA=01 -DA=1.0 -DA=1L -DB=1"}), c));
  REQUIRE(process_unflags(scopes, items({"-DA=1"}), c));
  Result<Words> words = define_words(scopes, c);
  REQUIRE(words);
  CHECK(*words == Words{"-DA=1L", "-DB=1"});
}

TEST_CASE("characters a shell acts upon arrive, with a warning") {
  FlagContext c = context();
  FlagScopes scopes;
  REQUIRE(process_flags(scopes, items({"'-DF(x)=(x;1)'"}), c));
  Result<Words> words = define_words(scopes, c);
  REQUIRE(words);
  CHECK(*words == Words{"-DF(x)=(x;1)"});
  REQUIRE(c.warnings.size() == 1);
  CHECK(
      c.warnings[0].text().starts_with("platformio.ini:1:3: the flag -DF(x)=(x;1) has characters"));
}

TEST_CASE("the time is reported when a flag asks for it") {
  FlagContext c = context();
  CHECK(parse_flags(items({"-DA"}), c));
  CHECK_FALSE(c.unix_time);
  CHECK(parse_flags(items({"-DT=$UNIX_TIME"}), c));
  CHECK(c.unix_time);
}

TEST_CASE("the variables of an environment") {
  ConfigInput input{.directory = "/p", .project_dir = "/p"};
  input.read = [](const std::string&) -> Result<std::string> {
    return std::string("[platformio]\nsrc_dir = code\n[env:a]\nboard = uno\nframework = x, y\n");
  };
  input.variable = [](const char*) -> const char* { return nullptr; };
  ProjectConfig config;
  REQUIRE(!config.load(input));
  Variables variables = flag_variables(config, "a");
  CHECK(variables["PROJECT_DIR"] == "/p");
  CHECK(variables["PROJECT_SRC_DIR"] == "/p/code");
  CHECK(variables["BOARD"] == "uno");
  CHECK(variables["PIOFRAMEWORK"] == "x y");
  CHECK(*substitute_text("$BUILD_DIR/x", variables) == "/p/.pio/build/a/x");
  CHECK_FALSE(variables.contains("UPLOAD_PORT"));
}

TEST_CASE("a shell line as sh reads it") {
  auto words = [](const char* line) {
    Result<ShellWords> read = read_shell_line(line, [](const std::string& name) -> const char* {
      return name == "HOME" ? "/h" : name == "AB" ? "a b" : nullptr;
    });
    return read ? read->words : Words{"error: " + read.error().what};
  };
  CHECK(words("a 'b c' \"d \\\"e\\\" \\x\" f\\ g") == Words{"a", "b c", "d \"e\" \\x", "f g"});
  CHECK(words("$AB \"$AB\" x${AB}y $NOPE '' z$") == Words{"a", "b", "a b", "xa", "by", "", "z$"});
  CHECK(words("~/x a~ '~'") == Words{"/h/x", "a~", "~"});
  CHECK(words("'x") == Words{"error: a ' that nothing closes"});
}
