// Where packages are found: PATH and its traps, folders, and links to them.
#include "generator/platform/package.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/platform/package_link.h"
#include "tests/generator/temporary.h"

using namespace fbuild;
using test::TemporaryFolder;
using test::Variable;

namespace {

PackageSpec toolchain() {
  PackageSpec spec;
  spec.name = "toolchain-x";
  spec.probe = "bin/x-gcc";
  spec.program = "x-gcc";
  spec.debian = "gcc-x";
  return spec;
}

const std::vector<std::string> kPrograms = {"bin/x-gcc", "bin/x-ld"};

void install(TemporaryFolder& folder, const std::string& root) {
  folder.write(root + "/bin/x-gcc", "#!/bin/sh\n", 0755);
  folder.write(root + "/bin/x-ld", "#!/bin/sh\n", 0755);
}

}  // namespace

TEST_CASE("a toolchain is the first folder of PATH that has it with its companions") {
  TemporaryFolder folder;
  install(folder, "one");
  install(folder, "two");
  folder.write("alone/bin/x-gcc", "", 0755);
  REQUIRE(::symlink((folder / "two/bin").c_str(), (folder / "link").c_str()) == 0);
  auto root = [&](const std::string& path) {
    Variable variable("PATH", path);
    Result<Package> package = system_package(toolchain(), kPrograms);
    return package ? package->root : "";
  };
  CHECK(root(folder / "one/bin:" + folder / "two/bin") == folder / "one");
  CHECK(root(folder / "none:" + folder / "two/bin") == folder / "two");
  CHECK(root(folder / "two/bin/") == folder / "two");
  CHECK(root(folder / "alone/bin:" + folder / "two/bin") == folder / "two");
  // A folder that is not called bin, but is a link to one.
  CHECK(root(folder / "link") == folder / "two");
  CHECK(root(folder / "alone/bin") == "");
  CHECK(root("") == "");
  CHECK(root(":::") == "");
}

TEST_CASE("a package whose releases differ has one of several files") {
  TemporaryFolder folder;
  PackageSpec spec;
  spec.name = "framework-x";
  spec.probe = "new/x.h";
  spec.other_probes = {"old/x.h"};
  folder.write("a/new/x.h", "");
  folder.write("b/old/x.h", "");
  folder.write("c/other/x.h", "");
  CHECK(package_at(spec, folder / "a", "/"));
  CHECK(package_at(spec, folder / "b", "/"));
  Result<Package> none = package_at(spec, folder / "c", "/");
  REQUIRE_FALSE(none);
  CHECK(none.error().what.ends_with("it has no 'new/x.h'"));
}

TEST_CASE("a compiler cache that masquerades as the compiler is passed over") {
  TemporaryFolder folder;
  install(folder, "real");
  folder.write("usr/bin/cache", "", 0755);
  make_directories(folder / "usr/lib/cache").operator bool();
  REQUIRE(::symlink("../../bin/cache", (folder / "usr/lib/cache/x-gcc").c_str()) == 0);
  REQUIRE(::symlink("../../bin/cache", (folder / "usr/lib/cache/x-ld").c_str()) == 0);
  Variable path("PATH", folder / "usr/lib/cache:" + folder / "real/bin");
  Result<Package> package = system_package(toolchain(), kPrograms);
  REQUIRE_MESSAGE(package, package.error().text());
  CHECK(package->root == folder / "real");
}

TEST_CASE("a link to the compiler alone leads to the toolchain's own folder") {
  TemporaryFolder folder;
  install(folder, "opt/toolchain");
  make_directories(folder / "home/bin").operator bool();
  REQUIRE(::symlink((folder / "opt/toolchain/bin/x-gcc").c_str(),
                    (folder / "home/bin/x-gcc").c_str()) == 0);
  Variable path("PATH", folder / "home/bin");
  Result<Package> package = system_package(toolchain(), kPrograms);
  REQUIRE_MESSAGE(package, package.error().text());
  CHECK(package->root == folder / "opt/toolchain");
}

TEST_CASE("what is missing is named with the Debian package that brings it") {
  Variable path("PATH", "/nonexistent");
  Result<Package> package = system_package(toolchain(), kPrograms);
  REQUIRE_FALSE(package);
  CHECK(package.error().text().find("'x-gcc' is not on PATH") != std::string::npos);
  CHECK(package.error().fix.find("apt-get install gcc-x") != std::string::npos);
  CHECK(package.error().fix.find("platform_packages = toolchain-x @ symlink://") !=
        std::string::npos);
}

TEST_CASE("a package in known folders, with its version") {
  TemporaryFolder folder;
  PackageSpec spec;
  spec.name = "core";
  spec.probe = "cores/x.h";
  spec.folders = {folder / "none", folder / "empty", folder / "there", folder / "later"};
  spec.version_file = "platform.txt";
  spec.version_key = "version";
  make_directories(folder / "empty").operator bool();
  folder.write("there/cores/x.h", "");
  folder.write("later/cores/x.h", "");
  folder.write("there/platform.txt", "name=x\nversion.more=9\nversion=1.8.7 \r\nversion=2\n");
  Result<Package> package = system_package(spec, {});
  REQUIRE(package);
  CHECK(package->root == folder / "there");
  CHECK(package->version == "1.8.7");
  CHECK(package->given.empty());
}

TEST_CASE("a package where the project says") {
  TemporaryFolder folder;
  install(folder, "project/own tools");
  std::string project = folder / "project";
  for (const std::string& place :
       {std::string("symlink://own tools"), std::string("file://own tools"),
        std::string("own tools"), std::string("./x/../own tools/"),
        "symlink://" + project + "/own tools"}) {
    CAPTURE(place);
    Result<Package> package = package_at(toolchain(), place, project);
    REQUIRE_MESSAGE(package, package.error().text());
    CHECK(package->root == project + "/own tools");
    CHECK(package->given == place);
  }
  CHECK_FALSE(package_at(toolchain(), "nowhere", project));
  CHECK_FALSE(package_at(toolchain(), "own tools/bin/x-gcc", project));
  Result<Package> wrong = package_at(toolchain(), "own tools/bin", project);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().what.find("bin/x-gcc") != std::string::npos);
  CHECK_FALSE(wrong.error().fix.empty());
}

TEST_CASE("links are put in place once, and move with the project") {
  TemporaryFolder folder;
  std::string project = folder / "project";
  make_directories(project + "/.fbuild/build/packages").operator bool();
  std::string path = project + "/.fbuild/build/packages/p";
  Result<bool> made = link_package(path, project + "/tools/x", project);
  REQUIRE(made);
  CHECK(*made);
  CHECK(link_target(path) == "../../../tools/x");
  CHECK_FALSE(*link_package(path, project + "/tools/x", project));
  CHECK(*link_package(path, "/usr", project));
  CHECK(link_target(path) == "/usr");
  CHECK(*link_package(folder / "elsewhere", project + "/tools/x", project));
  CHECK(link_target(folder / "elsewhere") == project + "/tools/x");
  // Nothing that is not a link is ever replaced.
  folder.write("project/file", "mine");
  CHECK_FALSE(replace_link(project + "/file", "/usr"));
  CHECK(*read_file(project + "/file") == "mine");
  CHECK_FALSE(replace_link(project, "/usr"));
  CHECK(link_target(project + "/file").empty());
  CHECK(link_target(project + "/none").empty());
  CHECK(list_directory(project)->size() == 2);
}
