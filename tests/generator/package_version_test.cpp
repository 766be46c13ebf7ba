// What a platform file declares of packages that can be fetched.
#include "generator/platform/package_version.h"

#include <doctest/doctest.h>

#include "generator/platform/platform.h"

using namespace fbuild;
using lnk::Extract;

namespace {

const std::string kDigest(64, 'a');

std::string platform_text(const std::string& versions) {
  return "platform: p\npackages:\n  tool:\n    probe: bin/tool\n    versions:\n" + versions;
}

std::string error_of(const std::string& versions) {
  Result<Platform> platform = parse_platform(platform_text(versions), "p.yaml");
  return platform ? "" : platform.error().text();
}

}  // namespace

TEST_CASE("versions, archives and hosts") {
  Result<Platform> platform = parse_platform(
      platform_text(
          "      - version: 2.0\n"
          "        archives:\n"
          "          - {system: [linux_x86_64, linux_i686], url: 'https://h/a.tar.bz2', sha256: " +
          kDigest +
          ", size: 12}\n"
          "          - {system: darwin_arm64, url: 'https://h/a', sha256: " +
          kDigest +
          ", extract: zip, strip: 0}\n"
          "      - version: '1.0'\n"
          "        archives: [{url: 'http://h/b.tgz?x=1#y', sha256: " +
          kDigest + "}]\n"),
      "p.yaml");
  REQUIRE_MESSAGE(platform, platform.error().text());
  const std::vector<PackageVersion>& versions = platform->packages.at("tool").versions;
  REQUIRE(versions.size() == 2);
  CHECK(versions[0].version == "2.0");
  const PackageArchive* linux = versions[0].archive_for("linux_i686");
  REQUIRE(linux);
  CHECK(linux->url == "https://h/a.tar.bz2");
  CHECK(linux->size == 12);
  CHECK(linux->extract == Extract::TarBz2);
  CHECK(linux->strip == 1);
  CHECK(linux->line == 8);
  const PackageArchive* mac = versions[0].archive_for("darwin_arm64");
  REQUIRE(mac);
  CHECK(mac->extract == Extract::Zip);
  CHECK(mac->strip == 0);
  CHECK_FALSE(mac->size);
  CHECK(versions[0].archive_for("linux_riscv64") == nullptr);
  REQUIRE(versions[1].archive_for("anything"));
  CHECK(versions[1].archive_for("anything")->extract == Extract::TarGz);
}

TEST_CASE("what is wrong with a declaration is said with its line") {
  auto archive = [](const std::string& more) {
    return error_of("      - version: 1\n        archives:\n          - {" + more + "}\n");
  };
  const std::string digest = ", sha256: " + kDigest;
  CHECK(archive("url: 'https://h/a.zip'" + digest) == "");
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"url: 'https://h/a.zip'", "'sha256'"},
           {"sha256: " + kDigest, "'url'"},
           {"url: 'https://h/a.zip', sha256: abc", "3 characters"},
           {"url: 'ftp://h/a.zip'" + digest, "\"ftp\""},
           {"url: 'https://u:p@h/a.zip'" + digest, "netrc"},
           {"url: 'https://h/a'" + digest, "extract"},
           {"url: 'https://h/a.zip', extract: rar" + digest, "rar"},
           {"url: 'https://h/a.zip', extract: file" + digest, "extract"},
           {"url: 'https://h/a.zip', strip: 2" + digest, "'strip'"},
           {"url: 'https://h/a.zip', size: 12K" + digest, "'size'"},
           {"url: 'https://h/a.zip', sizes: 12" + digest, "did you mean 'size'?"}}) {
    CAPTURE(text);
    std::string error = archive(text);
    CHECK(error.starts_with("p.yaml:8"));
    CHECK_MESSAGE(error.find(part) != std::string::npos, error);
  }
  CHECK(error_of("      version: 1\n").starts_with("p.yaml:6"));
  CHECK(error_of("      - archives: []\n").find("'version'") != std::string::npos);
  CHECK(error_of("      - version: 1\n").find("'archives'") != std::string::npos);
  std::string one =
      "      - version: 1\n        archives: [{url: 'https://h/a.zip'" + digest + "}]\n";
  CHECK(error_of(one + one).find("twice") != std::string::npos);
}

TEST_CASE("every archive of the shipped platforms says what it is") {
  Result<Platform> platform = load_platform(FBUILD_SOURCE_DIR "/platforms", "atmelavr");
  REQUIRE_MESSAGE(platform, platform.error().text());
  for (const char* name : {"toolchain-atmelavr", "framework-arduino-avr", "tool-avrdude"}) {
    CAPTURE(name);
    const PackageSpec& spec = platform->packages.at(name);
    REQUIRE_FALSE(spec.versions.empty());
    for (const char* host : {"linux_x86_64", "linux_aarch64", "darwin_arm64"})
      CHECK_MESSAGE(spec.versions.front().archive_for(host) != nullptr, host);
    for (const PackageVersion& version : spec.versions)
      for (const PackageArchive& archive : version.archives) {
        CHECK(archive.size.value_or(0) > 100'000);
        CHECK(archive.url.starts_with("https://"));
      }
  }
}

TEST_CASE("this machine's kind") {
  std::string host = host_system();
  CHECK(host.find('_') != std::string::npos);
  CHECK(host == std::string(host.begin(), host.end()));
  CHECK(host[0] >= 'a');
}
