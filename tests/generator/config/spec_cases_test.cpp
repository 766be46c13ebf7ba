// Package specifications against what PlatformIO reads in them.
#include <doctest/doctest.h>

#include "generator/config/package_spec.h"
#include "tests/generator/config/case_files.h"

using namespace fbuild;
using namespace fbuild::config;
using test::Json;

namespace {

void check_spec(const Result<PackageSpec>& spec, const Json& expected) {
  if (const Json* error = expected.find("error")) {
    REQUIRE_FALSE(spec);
    CHECK(spec.error().what == error->at("message").text);
    return;
  }
  REQUIRE(spec);
  auto text = [](const std::optional<std::string>& value) { return value.value_or("null"); };
  auto wanted = [&](const char* key) {
    const Json& value = expected.at(key);
    return value.kind == Json::Null ? std::string("null") : value.text;
  };
  CHECK(text(spec->owner) == wanted("owner"));
  CHECK(text(spec->id) == wanted("id"));
  CHECK(text(spec->name) == wanted("name"));
  CHECK(text(spec->requirements ? std::optional(spec->requirements->text) : std::nullopt) ==
        wanted("requirements"));
  CHECK(text(spec->uri) == wanted("uri"));
  CHECK(spec->external() == (wanted("external") == "true"));
  CHECK(spec->symlink() == (wanted("symlink") == "true"));
  CHECK(spec->custom_name == (wanted("custom_name") == "true"));
}

}  // namespace

TEST_CASE("every recorded package specification") {
  // In the recorded project lib/local existed; here the cases' own folder plays that part.
  Json probes = test::parse_json(test::must_read(test::kCases + "/specs/probes.json"));
  CHECK(probes.members.size() >= 52);
  for (const auto& probe : probes.members) {
    const std::string& text = probe.first;
    const Json& expected = probe.second;
    CAPTURE(text);
    std::string directory = test::kCases + "/specs/project";
    check_spec(parse_package_spec(text, directory), expected);
  }
}

TEST_CASE("every recorded platform package") {
  Json probes =
      test::parse_json(test::must_read(test::kCases + "/specs/platform_packages_probes.json"));
  CHECK(probes.members.size() >= 7);
  for (const auto& probe : probes.members) {
    const std::string& text = probe.first;
    const Json& expected = probe.second;
    CAPTURE(text);
    check_spec(parse_platform_package(text, test::kCases + "/specs/project"), expected);
  }
}
