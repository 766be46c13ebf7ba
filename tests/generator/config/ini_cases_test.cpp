// Whole configurations against what PlatformIO made of the same files, recorded in
// cases/edge/*/expected.json. Where we deliberately do better, the case is named below.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "generator/config/config_json.h"
#include "tests/generator/config/case_files.h"

using namespace fbuild;
using namespace fbuild::config;
using test::Json;

namespace {

// Class, message and place of an error, to be compared.
std::string summary(const Json& error) {
  if (error.kind == Json::Null) return "none";
  std::string out = error.at("class").text + ": " + error.at("message").text;
  for (const char* key : {"section", "option"}) {
    if (const Json* value = error.find(key)) out += " / " + value->text;
  }
  return out;
}

std::string summary_of_all(const Json& option_errors) {
  std::string out;
  for (const auto& [section, options] : option_errors.members) {
    for (const auto& [option, error] : options.members) {
      out += section + "." + option + ": " + summary(error) + "\n";
    }
  }
  return out;
}

const std::map<std::string, std::set<std::string>> kBetter = {
    // A byte order mark is accepted.
    {"041-bom-comment-first", {"envs", "resolved", "error"}},
    // PlatformIO never answers.
    {"081-extends-self", {"error", "option_errors"}},
    // An unknown parent is a warning.
    {"083-extends-comma-nospace", {"warnings"}},
    // PlatformIO lists the valid names in the order of a hash table.
    {"091-default-envs-forms", {"error"}},
};

PrintedConfig print_case(const std::string& folder, const Json& meta) {
  std::map<std::string, std::string> variables;
  for (const auto& [name, value] : meta.at("sysenv").members) variables[name] = value.text;
  variables["HOME"] = meta.at("home").text;
  ConfigInput input{.directory = folder,
                    .project_dir = meta.at("cwd").text,
                    .unix_time = std::stoll(meta.at("unix_time").text)};
  input.variable = [&](const char* name) -> const char* {
    auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  };
  return print_config(input);
}

}  // namespace

TEST_CASE("every recorded configuration") {
  std::string folder = test::kCases + "/edge";
  Result<std::vector<DirEntry>> cases = list_directory(folder);
  REQUIRE(cases);
  CHECK(cases->size() >= 58);
  for (const DirEntry& entry : *cases) {
    CAPTURE(entry.name);
    Json expected = test::parse_json(test::must_read(folder + "/" + entry.name + "/expected.json"));
    PrintedConfig printed = print_case(folder + "/" + entry.name, expected.at("meta"));
    Json got = test::parse_json(printed.json);
    CHECK(got.members.size() == 7);
    auto better = [&](const char* key) {
      auto at = kBetter.find(entry.name);
      return at != kBetter.end() && at->second.contains(key);
    };
    for (const char* key : {"envs", "default_envs", "platformio", "resolved", "warnings"}) {
      CAPTURE(key);
      CHECK((got.at(key) == expected.at(key)) != better(key));
    }
    if (better("error")) {
      CHECK(summary(got.at("error")) != summary(expected.at("error")));
    } else {
      CHECK(summary(got.at("error")) == summary(expected.at("error")));
    }
    if (!better("option_errors")) {
      CHECK(summary_of_all(got.at("option_errors")) ==
            summary_of_all(expected.at("option_errors")));
    }
    CHECK((printed.error != nullptr) == (got.at("error").kind != Json::Null));
  }
}
