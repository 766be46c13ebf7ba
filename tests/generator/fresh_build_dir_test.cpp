#include "generator/plan/fresh_build_dir.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/generator/temporary.h"

using namespace fbuild;

TEST_CASE("what a run made goes with it, unless it is kept") {
  test::TemporaryFolder folder;
  std::string build = folder / "a/b";
  auto plan = [&] {
    REQUIRE(make_directories(build + "/packages"));
    (void)!::symlink("/usr", (build + "/packages/tool").c_str());  // the second time it is there
    REQUIRE(replace_file(build + "/packages/memo", "x"));
  };
  {
    FreshBuildDir fresh(build);
    plan();
  }
  CHECK_FALSE(path_exists(folder / "a"));
  {
    FreshBuildDir fresh(build);
    plan();
    fresh.keep();
  }
  CHECK(path_exists(build + "/packages/memo"));
  {
    FreshBuildDir fresh(build);
    plan();
  }
  CHECK(path_exists(build + "/packages/memo"));
}

TEST_CASE("what was there, or came from others, stays") {
  test::TemporaryFolder folder;
  folder.write("a/mine", "x");
  {
    FreshBuildDir fresh(folder / "a/b");
    REQUIRE(make_directories(folder / "a/b/packages"));
    folder.write("a/b/theirs", "y");
  }
  CHECK(path_exists(folder / "a/mine"));
  CHECK(path_exists(folder / "a/b/theirs"));
  CHECK_FALSE(path_exists(folder / "a/b/packages"));
  { FreshBuildDir fresh(folder / "never/made"); }
  CHECK_FALSE(path_exists(folder / "never"));
}
