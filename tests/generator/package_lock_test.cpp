// The lock file: what is written is read again, in one order, and what goes from it.
#include "generator/platform/package_lock.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace fbuild;

namespace {

LockedPackage archive(const std::string& name, const std::string& version,
                      const std::string& system, char digest = 'a',
                      const std::string& wanted = "") {
  LockedPackage out{name, version, wanted, false, system, {}};
  out.archive.systems = {system};
  out.archive.url = "https://h/" + name + "-" + version + "-" + system + ".tar.gz";
  out.archive.sha256 = std::string(64, digest);
  out.archive.size = 5;
  out.archive.extract = lnk::Extract::TarGz;
  return out;
}

LockedPackage installed(const std::string& name, const std::string& version,
                        const std::string& system) {
  return {name, version, "", true, system, {}};
}

std::vector<std::string> names(const PackageLock& lock) {
  std::vector<std::string> out;
  for (const LockedPackage& item : lock)
    out.push_back(item.name + " " + item.version + " " + item.system +
                  (item.installed ? " installed" : ""));
  std::sort(out.begin(), out.end());
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a lock file reads back what was written, whatever the order was") {
  PackageLock lock = {archive("t", "1", "linux"), installed("c", "2\"\n", "*"),
                      archive("c", "1.2-x", "*", 'b', "^1"), archive("t", "1", "darwin")};
  std::string text = package_lock_text(lock);
  std::reverse(lock.begin(), lock.end());
  CHECK(package_lock_text(lock) == text);
  Result<PackageLock> read = parse_package_lock(text, "f");
  REQUIRE_MESSAGE(read, read.error().text());
  CHECK(package_lock_text(*read) == text);
  REQUIRE(read->size() == 4);
  CHECK((*read)[0].version == "1.2-x");
  CHECK((*read)[0].wanted == "^1");
  CHECK((*read)[1].installed);
  CHECK((*read)[2].system == "darwin");
  CHECK((*read)[2].archive.size == 5);
  CHECK(parse_package_lock(package_lock_text({}), "f")->empty());
}

TEST_CASE("what is no lock file says why") {
  std::string good = package_lock_text({archive("t", "1", "linux")});
  auto error = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    Result<PackageLock> lock = parse_package_lock(text, "fbuild.lock");
    return lock ? std::string() : lock.error().text();
  };
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"version\": 1,\n  \"p", "\"version\": 2,\n  \"p"},
           {"\"packages\"", "\"packagers\""},
           {"\"name\"", "\"nam\""},
           {"\"system\": \"linux\"", "\"system\": 3"},
           {"https://", "gopher://"},
           {std::string(64, 'a'), "aa"},
           {"\"size\": 5", "\"size\": -5"},
           {"\"extract\": \"tar.gz\"", "\"extract\": \"rar\""},
           {"\"strip\": 1", "\"strip\": \"1\""},
           {"{", "["},
           {"}", ""}}) {
    CAPTURE(from);
    CAPTURE(to);
    std::string text = error(from, to);
    CHECK_MESSAGE(text.starts_with("fbuild.lock"), text);
    CHECK_MESSAGE(text.find("; ") != std::string::npos, text);
    CHECK(text.find('\n') == std::string::npos);
  }
}

TEST_CASE("the lock follows what is used") {
  PackageLock old = {archive("core", "1", "*"), archive("cc", "5", "linux"),
                     archive("cc", "5", "darwin")};
  CHECK(names(updated_lock(old, old, "linux", true)) ==
        Names{"cc 5 darwin", "cc 5 linux", "core 1 *"});
  // Another version: the old one goes for all hosts.
  PackageLock used = {archive("core", "1", "*"), archive("cc", "7", "linux"),
                      archive("cc", "7", "darwin")};
  CHECK(names(updated_lock(old, used, "linux", true)) ==
        Names{"cc 7 darwin", "cc 7 linux", "core 1 *"});
  // Only some environments were looked at: what others may need stays.
  CHECK(names(updated_lock(old, used, "linux", false)) ==
        Names{"cc 5 darwin", "cc 5 linux", "cc 7 darwin", "cc 7 linux", "core 1 *"});
  // A host that has its own compiler does not take the others' away.
  PackageLock here = {archive("core", "1", "*"), installed("cc", "5.4", "bsd")};
  CHECK(names(updated_lock(old, here, "bsd", true)) ==
        Names{"cc 5 darwin", "cc 5 linux", "cc 5.4 bsd installed", "core 1 *"});
  // Nor does one with an archive take away what another has installed.
  CHECK(names(updated_lock({installed("cc", "5.4", "bsd")}, old, "linux", true)) ==
        Names{"cc 5 darwin", "cc 5 linux", "cc 5.4 bsd installed", "core 1 *"});
  // Other bytes for the same version take the place of the old ones.
  PackageLock other = updated_lock({archive("core", "1", "*", 'a')},
                                   {archive("core", "1", "*", 'b')}, "linux", true);
  REQUIRE(other.size() == 1);
  CHECK(other[0].archive.sha256 == std::string(64, 'b'));
  // Two requirements, two items, even of one version.
  CHECK(updated_lock({}, {archive("core", "1", "*"), archive("core", "1", "*", 'a', "^1")}, "linux",
                     true)
            .size() == 2);
}
