#include "support/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

using namespace fbuild;

namespace {

struct TemporaryDirectory {
  TemporaryDirectory() {
    char name[] = "/tmp/fbuild-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryDirectory() { (void)!std::system(("rm -rf '" + path + "'").c_str()); }
  std::string path;
};

}  // namespace

TEST_CASE("paths are normalized by text alone") {
  CHECK(normalize_path("") == ".");
  CHECK(normalize_path("/") == "/");
  CHECK(normalize_path("/../a") == "/a");
  CHECK(normalize_path("a//b/./c/../d/") == "a/b/d");
  CHECK(normalize_path("../../a") == "../../a");
  CHECK(path_inside("src/x", "/p") == "src/x");
  CHECK(path_inside("/p/src", "/p/") == "src");
  CHECK(path_inside("/pq", "/p") == "/pq");
  CHECK(path_inside("/p", "/p") == ".");
  CHECK(path_inside("../q", "/p") == "/q");
  CHECK(join_path("a", "b") == "a/b");
  CHECK(join_path("a/", "/b") == "/b");
  CHECK(join_path("", "b") == "b");
  CHECK(base_name("a/b.c") == "b.c");
  CHECK(dir_name("a/b.c") == "a");
  CHECK(dir_name("b.c") == ".");
  CHECK(dir_name("/b") == "/");
}

TEST_CASE("a file is replaced whole, keeps its mode, and is left alone when equal") {
  TemporaryDirectory dir;
  std::string path = dir.path + "/f";
  CHECK(replace_file(path, "one"));
  ::chmod(path.c_str(), 0600);
  Result<bool> wrote = write_if_changed(path, "one");
  REQUIRE(wrote);
  CHECK_FALSE(*wrote);
  wrote = write_if_changed(path, "two");
  REQUIRE(wrote);
  CHECK(*wrote);
  CHECK(*read_file(path) == "two");
  struct stat st;
  ::stat(path.c_str(), &st);
  CHECK((st.st_mode & 0777) == 0600);
  CHECK(list_directory(dir.path)->size() == 1);
}

TEST_CASE("what cannot be read or written says so and leaves nothing") {
  TemporaryDirectory dir;
  CHECK_FALSE(read_file(dir.path));
  CHECK_FALSE(read_file(dir.path + "/none"));
  CHECK_FALSE(replace_file(dir.path, "x"));
  CHECK_FALSE(replace_file(dir.path + "/no/f", "x"));
  CHECK(list_directory(dir.path)->empty());
  ::mkfifo((dir.path + "/fifo").c_str(), 0600);
  CHECK_FALSE(read_file(dir.path + "/fifo"));
  CHECK(make_directories(dir.path + "/a/b/c"));
  CHECK(make_directories(dir.path + "/a/b/c"));
  CHECK_FALSE(make_directories(dir.path + "/fifo/x"));
}
