// docs/from-platformio.md says of every option what the program does with it.
#include <doctest/doctest.h>

#include <map>
#include <sstream>

#include "generator/config/option_table.h"
#include "support/files.h"

using namespace fbuild;

TEST_CASE("docs/from-platformio.md tells of every option") {
  Result<std::string> text = read_file(FBUILD_SOURCE_DIR "/docs/from-platformio.md");
  REQUIRE(text);
  // Section to option to what stands beside it.
  std::map<config::Scope, std::map<std::string, std::string>> told;
  config::Scope scope = config::Scope::Platformio;
  bool in_tables = false;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### `[platformio]`")) in_tables = true;
    if (line.starts_with("### `[env]`")) scope = config::Scope::Env;
    if (!in_tables || !line.starts_with("| `")) continue;
    size_t end = line.find('`', 3), state = line.find("| ", end);
    REQUIRE(state != std::string::npos);
    told[scope][line.substr(3, end - 3)] =
        line.substr(state + 2, line.find(" |", state + 2) - state - 2);
  }
  for (const config::OptionInfo& option : config::all_options()) {
    std::string name(option.name);
    CAPTURE(name);
    std::string state = told[option.scope][name];
    CAPTURE(state);
    switch (option.support) {
      case config::Support::Done:
        CHECK((state == "same" || state == "better"));
        break;
      case config::Support::Irrelevant:
        CHECK(state == "no effect");
        break;
      case config::Support::NotYet:
      case config::Support::RunsCode:
        CHECK(state == "not yet");
        break;
    }
    told[option.scope].erase(name);
  }
  // Families of options, and nothing that is no option.
  for (const auto& [where, options] : told)
    for (const auto& [name, state] : options) {
      CAPTURE(name);
      CHECK(name.find('*') != std::string::npos);
    }
}
