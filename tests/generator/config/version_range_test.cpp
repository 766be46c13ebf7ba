// Versions and requirements.
#include "generator/config/version_range.h"

#include <doctest/doctest.h>

using namespace fbuild::config;

namespace {

// Which of the versions a requirement accepts, separated by blanks.
std::string accepted(const char* requirement, std::initializer_list<const char*> versions) {
  auto range = parse_range(requirement);
  if (!range) return range.error().what;
  std::string out;
  for (const char* version : versions) {
    if (!in_range(*range, package_version(version))) continue;
    if (!out.empty()) out += ' ';
    out += version;
  }
  return out;
}

}  // namespace

TEST_CASE("requirements") {
  auto versions = {"0.9.0", "1.0.0", "1.2.3", "1.2.9", "1.3.0-rc.1", "1.3.0", "2.0.0-a", "2.0.0"};
  CHECK(accepted("^1.2.3", versions) == "1.2.3 1.2.9 1.3.0-rc.1 1.3.0");
  CHECK(accepted("~1.2.3", versions) == "1.2.3 1.2.9");
  CHECK(accepted("~1", versions) == "1.0.0 1.2.3 1.2.9 1.3.0-rc.1 1.3.0");
  CHECK(accepted("~=1.2", versions) == "1.2.3 1.2.9 1.3.0-rc.1 1.3.0");
  CHECK(accepted("1.2", versions) == "1.2.3 1.2.9");
  CHECK(accepted("*", versions) == "0.9.0 1.0.0 1.2.3 1.2.9 1.3.0-rc.1 1.3.0 2.0.0-a 2.0.0");
  CHECK(accepted(">=1.2,<1.3", versions) == "1.2.3 1.2.9");
  CHECK(accepted("<1.3.0-", versions) == "0.9.0 1.0.0 1.2.3 1.2.9 1.3.0-rc.1");
  CHECK(accepted("!=1.*", versions) == "0.9.0 2.0.0");
  CHECK(accepted(">1", versions) == "2.0.0");
  CHECK(accepted("<=1", versions) == "0.9.0 1.0.0 1.2.3 1.2.9 1.3.0-rc.1 1.3.0");
  CHECK(accepted("^0.0.3", {"0.0.3", "0.0.4"}) == "0.0.3");
  CHECK(accepted("^0.2", {"0.2.9", "0.3.0"}) == "0.2.9");
  CHECK(accepted("1.2.3", {"1.2.3+a", "1.2.3", "1.2.3-a"}) == "1.2.3+a 1.2.3");
  CHECK(accepted("1.2.3+a", {"1.2.3+a", "1.2.3", "1.2.3+b"}) == "1.2.3+a");
  CHECK(accepted("v1", {}) == "Invalid simple block 'v1'");
  CHECK(accepted("1.2, 3", {}) == "Invalid simple block ' 3'");
  CHECK(accepted("^1.2.3+b", {}) == "Invalid simple spec: '^1.2.3+b'");
  CHECK(accepted("", {}) == "Invalid simple block ''");
}

TEST_CASE("the order of versions") {
  const char* rising[] = {"0.9.9",     "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-a", "1.0.0-a.1",
                          "1.0.0-a.b", "1.0.0-b", "1.0.0",   "1.0.1",    "1.10.0"};
  for (size_t i = 0; i + 1 < std::size(rising); ++i) {
    CAPTURE(rising[i]);
    CHECK(compare_versions(package_version(rising[i]), package_version(rising[i + 1])) < 0);
    CHECK(compare_versions(package_version(rising[i + 1]), package_version(rising[i])) > 0);
  }
  CHECK(compare_versions(package_version("1.0.0+a"), package_version("1.0.0+b")) == 0);
}

TEST_CASE("versions that are not quite versions") {
  auto text = [](const char* given) { return version_text(package_version(given)); };
  CHECK(text("1.2") == "1.2.0");
  CHECK(text("01.02.3") == "1.2.3");
  CHECK(text("1.2.3.4") == "1.2.3+4");
  CHECK(text("1.2beta_1") == "1.2.0-beta-1");
  CHECK(text("3.50500.0+sha.1") == "3.50500.0+sha.1");
  CHECK(text("deadbeef") == "0.0.0+sha.deadbeef");
  CHECK(text("master") == "0.0.0+master");
  CHECK_FALSE(parse_version("1.2"));
  CHECK_FALSE(parse_version("1.02.3"));
  CHECK_FALSE(parse_version("99999999999999999999.0.0"));
}
