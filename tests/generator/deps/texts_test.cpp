// Requirements, registry answers and the libraries of a lock file, as texts.
#include <doctest/doctest.h>

#include "generator/deps/library_lock.h"
#include "generator/deps/registry.h"
#include "generator/deps/requirement.h"

using namespace fbuild;

TEST_CASE("items of lib_deps") {
  auto kind = [](const char* item) {
    Result<LibraryRequirement> want = parse_lib_dep(item, 0, "/nonexistent");
    if (!want) return std::string("!");
    const char* kinds[] = {"registry", "git", "archive", "file", "folder"};
    return std::string(kinds[want->kind]) + " " + want->owner + "/" + want->name + want->id + " " +
           want->place + "#" + want->ref;
  };
  CHECK(kind("o/N@^1.2") == "registry o/N #");
  CHECK(kind("N") == "registry /N #");
  CHECK(kind("id=12") == "registry /12 #");
  CHECK(kind("https://github.com/u/r") == "git /r https://github.com/u/r#");
  CHECK(kind("N=https://github.com/u/r.git#v1") == "git /N https://github.com/u/r.git#v1");
  CHECK(kind("git@host:u/r.git") == "git /r git@host:u/r.git#");
  CHECK(kind("https://github.com/u/r/archive/v1.zip") ==
        "archive /r https://github.com/u/r/archive/v1.zip#");
  CHECK(kind("https://h/a b.zip") == "archive /a b https://h/a%20b.zip#");
  for (const char* bad : {"hg+https://h/x", "symlink://nowhere", "file://nowhere", "ftp://h/x.zip",
                          "o/N@x.y.z", "https://u:p@h/x.zip"})
    CHECK(kind(bad) == "!");
  CHECK(library_folder_name("Adafruit GFX: Library/1") == "Adafruit GFX_ Library_1");
  CHECK(library_folder_name("..") == "_..");
}

TEST_CASE("dependencies of manifests") {
  auto text = [](LibraryDependency dependency) {
    Result<LibraryRequirement> want = parse_manifest_dependency(dependency, "x", "/nonexistent");
    return want ? want->owner + "/" + want->name + " " + (want->range ? want->range->text : "-") +
                      " " + want->place
                : "!";
  };
  CHECK(text({"o", "N", "^1"}) == "o/N ^1 ");
  CHECK(text({"", "N", ""}) == "/N - ");
  CHECK(text({"", "o/N@^2", ""}) == "o/N ^2 ");
  CHECK(text({"", "N", "https://h/x.git"}) == "/N - https://h/x.git");
  CHECK(text({"", "N", "latest"}) == "!");
  CHECK(text({"", "", ""}) == "!");
}

TEST_CASE("answers of the registry") {
  std::string digest(64, 'b');
  auto file = [&](const std::string& more) {
    return "{\"download_url\": \"https://h/a b.tar.gz\", \"checksum\": {\"sha256\": \"" + digest +
           "\"}" + more + "}";
  };
  std::string text =
      "{\"id\": 7, \"name\": \"N\", \"owner\": {\"username\": \"o\"}, \"versions\": ["
      "{\"name\": \"1.0.0\", \"files\": [" +
      file(", \"size\": 5, \"system\": [\"*\"]") +
      "]},"
      "{\"name\": \"1.1.0\", \"files\": [" +
      file(", \"system\": [\"linux_x86_64\"]") +
      "]},"
      "{\"name\": \"1.2.0\", \"files\": []}, {\"name\": \"1.3.0\", \"files\": [{\"download_url\": "
      "\"https://h/x\"}]}, 5]}";
  Result<RegistryPackage> package = parse_registry_package(text, "u");
  REQUIRE(package);
  CHECK(package->id == 7);
  REQUIRE(package->versions.size() ==
          1);  // what has no archive for all, or no digest, is not there
  CHECK(package->versions[0].url == "https://h/a%20b.tar.gz");
  CHECK(package->versions[0].size == 5);
  for (const char* bad : {"", "[]", "{}", "{\"name\": \"N\"}",
                          "{\"name\": 5, \"owner\": {\"username\": \"o\"}}", "\xff"})
    CHECK_FALSE(parse_registry_package(bad, "u"));
  Result<std::vector<RegistryPackage>> found = parse_registry_search(
      "{\"items\": [{\"name\": \"N\", \"owner\": {\"username\": \"o\"}, \"version\": {\"name\": "
      "\"1\", \"files\": [" +
          file("") + "]}}]}",
      "u");
  REQUIRE(found);
  CHECK(found->front().versions.size() == 1);
  CHECK_FALSE(parse_registry_search("{\"items\": 3}", "u"));
  CHECK(registry_package_path("A B", "C/D") == "/v3/packages/a%20b/library/c%2Fd");
  CHECK(registry_search_path("name:\"x\"") == "/v3/search?query=name%3A%22x%22");
}

TEST_CASE("libraries of a lock file") {
  LockedLibrary registry, repository;
  registry.name = "N";
  registry.owner = "o";
  registry.id = 3;
  registry.version = "1.0.0";
  registry.url = "https://h/x.tar.gz";
  registry.sha256 = std::string(64, 'c');
  registry.size = 9;
  repository.name = "G";
  repository.url = "git+https://h/x.git#v1";
  repository.commit = std::string(40, 'd');
  std::string text = "{\"version\": 1, \"packages\": [], \"libraries\": " +
                     library_lock_text({registry, repository, registry}) + "}";
  Result<LibraryLock> lock = parse_library_lock(text, "fbuild.lock");
  REQUIRE(lock);
  CHECK(*lock == LibraryLock{repository, registry});
  CHECK(library_lock_text({}) == "");
  for (const char* bad :
       {"{}", "[5]", "[{\"name\": \"N\"}]",
        "[{\"name\": \"N\", \"url\": \"https://h/x\", \"sha256\": \"12\", \"extract\": \"zip\"}]",
        "[{\"name\": \"G\", \"url\": \"git+https://h/x\", \"commit\": \"abc\"}]",
        "[{\"name\": \"N\", \"sha265\": \"\"}]"})
    CHECK_FALSE(parse_library_lock("{\"libraries\": " + std::string(bad) + "}", "fbuild.lock"));
}
