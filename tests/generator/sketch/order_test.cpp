#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include "generator/sketch/sketch.h"
#include "support/files.h"
#include "support/process.h"

using namespace fbuild;

namespace {

const char* kBoth = "void setup() {}\nvoid loop() {}\n";

std::string names(std::vector<SketchFile> files) {
  Result<std::vector<SketchFile>> ordered = order_sketch(std::move(files));
  if (!ordered) return ordered.error().text();
  std::string out;
  for (const SketchFile& file : *ordered) out += file.path + " ";
  return out;
}

}  // namespace

TEST_CASE("the file with setup and loop comes first, the others by name") {
  CHECK(names({{"src/b.ino", ""}, {"src/m.ino", kBoth}, {"src/a.ino", ""}}) ==
        "src/m.ino src/a.ino src/b.ino ");
  CHECK(names({{"src/z.ino", kBoth}, {"src/b.pde", ""}, {"src/c.ino", ""}}) ==
        "src/z.ino src/c.ino src/b.pde ");
  CHECK(names({{"src/B.ino", ""}, {"src/a.ino", kBoth}}) == "src/a.ino src/B.ino ");
}

TEST_CASE("the order in which files are handed over does not matter") {
  std::vector<SketchFile> files = {{"a.ino", "int a;"}, {"b.ino", kBoth}, {"c.ino", "int c;"}};
  Result<std::string> text = join_sketch(files);
  std::swap(files[0], files[2]);
  Result<std::string> other = join_sketch(files);
  REQUIRE(text);
  REQUIRE(other);
  CHECK(*text == *other);
}

TEST_CASE("setup and loop in different files") {
  // PlatformIO: the last by name leads.
  CHECK(names({{"src/a.ino", "void setup() {}"},
               {"src/b.ino", ""},
               {"src/c.ino", "void loop() {}"}}) == "src/c.ino src/a.ino src/b.ino ");
  // Arduino: the file named like its folder leads.
  CHECK(names({{"Robot/Robot.ino", "void setup() {}"},
               {"Robot/a.ino", ""},
               {"Robot/z.ino", "void loop() {}"}}) == "Robot/Robot.ino Robot/a.ino Robot/z.ino ");
}

TEST_CASE("neither setup nor loop: the file named like its folder leads, else the first by name") {
  CHECK(names({{"Robot/a.ino", ""}, {"Robot/Robot.ino", ""}}) == "Robot/Robot.ino Robot/a.ino ");
  CHECK(names({{"src/b.ino", ""}, {"src/a.ino", ""}}) == "src/a.ino src/b.ino ");
}

TEST_CASE("only a definition of setup or loop counts") {
  const char* other =
      "// void setup() {}\n/* void loop() { */\nconst char* s = \"void setup() {\";\n"
      "struct S { void setup() {} void loop() {} };\nvoid setup();\nvoid loop(int n) {}\n"
      "namespace n { void setup() {} }\n#if 0\nvoid setup() {}\n#endif\n"
      "const char* r = R\"(\nvoid setup() {\n)\";\n";
  CHECK(names({{"src/a.ino", other}, {"src/b.ino", kBoth}}) == "src/b.ino src/a.ino ");
}

TEST_CASE("two definitions of setup or loop are one error that names both places") {
  CHECK(names({{"src/a.ino", "\n\nvoid setup() {}\n"},
               {"src/b.ino", "int x;\nvoid setup() {}\nvoid loop() {}\n"}}) ==
        "src/b.ino:2: two definitions of main file: setup() is also defined at src/a.ino:3; keep "
        "setup() and loop() in one sketch file and move the other out of this folder");
  CHECK(names({{"src/a.ino", "void setup() {}\nvoid loop()\n{\n}\n"},
               {"src/b.ino", "void loop(void) {}\n"}}) ==
        "src/b.ino:1: two definitions of main file: loop() is also defined at src/a.ino:2; keep "
        "setup() and loop() in one sketch file and move the other out of this folder");
}

TEST_CASE("definitions in #if are left to the compiler") {
  CHECK(names({{"src/a.ino", "#ifdef SELFTEST\nvoid setup() {}\n#endif\n"},
               {"src/b.ino", kBoth}}) == "src/b.ino src/a.ino ");
}

TEST_CASE("no files, and text that is not for a compiler") {
  CHECK(names({}) == "no sketch files; at least one .ino or .pde file");
  CHECK(names({{"src/a.ino", std::string("\xff\xfev\0o\0", 6)}}) ==
        "src/a.ino: is UTF-16 text; save it as UTF-8");
}

TEST_CASE("output name") {
  CHECK(sketch_output_name("src/main.ino") == "main.ino.cpp");
  CHECK(sketch_output_name("main.pde") == "main.pde.cpp");
  CHECK(sketch_output_name("src/it's \"new\";.ino") == "its new.ino.cpp");
}

TEST_CASE("sketch files of a folder") {
  std::string root = "/tmp/fbuild-order-XXXXXX";
  REQUIRE(mkdtemp(root.data()) != nullptr);
  REQUIRE(make_directories(root + "/sub.ino"));
  for (const char* name :
       {"/b.ino", "/a.pde", "/c.ino", "/.hidden.ino", "/x.cpp", "/sub.ino/d.ino"}) {
    REQUIRE(replace_file(root + name, ""));
  }
  Result<std::vector<std::string>> found = find_sketch_files(root);
  REQUIRE(found);
  CHECK(*found == std::vector<std::string>{root + "/b.ino", root + "/c.ino", root + "/a.pde"});
  CHECK_FALSE(find_sketch_files(root + "/absent"));
  Result<ProcessOutput> removed = run_process({"rm", "-rf", root});
  CHECK(removed);
}
