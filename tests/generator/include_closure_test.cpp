// Where includes lead, and that the digest tells.
#include "generator/library/include_closure.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/generator/temporary.h"

using namespace fbuild;
using Words = std::vector<std::string>;

namespace {

struct Tree {
  explicit Tree(const std::vector<std::pair<std::string, std::string>>& files) {
    for (const auto& [name, text] : files) folder.write(name, text);
  }
  struct Closure {
    std::string digest;
    Words files, data;
  };
  Closure of(const std::string& source, Words options) {
    for (std::string& word : options)
      if (size_t at = word.find('@'); at != std::string::npos) word.replace(at, 1, folder / "./");
    IncludeScans scans;
    IncludeClosure::Closure found =
        IncludeClosure(scans, include_path_of(options)).of(folder / source);
    Closure out{found.digest, {}, {}};
    for (IncludeScans::File file : found.files) out.files.push_back(scans.path(file));
    for (IncludeScans::File file : found.data) out.data.push_back(scans.path(file));
    return out;
  }
  Words files(const std::string& source, const Words& options) {
    Words out = of(source, options).files;
    for (std::string& path : out) path = path.substr((folder / "x").size() - 1);
    std::sort(out.begin(), out.end());
    return out;
  }
  test::TemporaryFolder folder;
};

}  // namespace

TEST_CASE("folders in the compiler's order") {
  IncludePath path = include_path_of({"-isystem",
                                      "s",
                                      "-Ia",
                                      "-idirafter",
                                      "z",
                                      "-I",
                                      "b",
                                      "-iquote",
                                      "q",
                                      "-iprefix",
                                      "p/",
                                      "-iwithprefixbefore",
                                      "c",
                                      "-include",
                                      "f.h",
                                      "-DX=\\\"m.h\\\"",
                                      "-D",
                                      "Y=<n.h>",
                                      "-DZ=\"text\"",
                                      "-Os",
                                      "-I"});
  CHECK(path.folders == Words{"a", "b", "p/c", "s", "z"});
  CHECK(path.quoted == Words{"q"});
  CHECK(path.forced == Words{"f.h"});
  CHECK(path.named == Words{"m.h", "n.h"});
}

TEST_CASE("a header that appears before another one changes the digest") {
  Tree tree(
      {{"src/main.cpp", "#include <x.h>\n"}, {"two/x.h", "#include \"y.h\"\n"}, {"two/y.h", ""}});
  Words options = {"-I@one", "-I@two"};
  std::string before = tree.of("src/main.cpp", options).digest;
  CHECK(tree.files("src/main.cpp", options) == Words{"src/main.cpp", "two/x.h", "two/y.h"});
  tree.folder.write("one/unrelated.h", "");
  tree.folder.write("one/y.h", "");  // "y.h" is found beside x.h before
  CHECK(tree.of("src/main.cpp", options).digest == before);
  tree.folder.write("one/x.h", "");
  CHECK(tree.of("src/main.cpp", options).digest != before);
}

TEST_CASE("names that are not found, asked for or next in line count") {
  for (std::string line :
       {"#include <late.h>\n", "#if __has_include(<late.h>)\n", "#include NAME\n"}) {
    CAPTURE(line);
    Tree tree({{"src/main.cpp", line}});
    Words options = {"-I@one", "-DNAME=<late.h>"};
    std::string before = tree.of("src/main.cpp", options).digest;
    tree.folder.write("one/late.h", "");
    CHECK(tree.of("src/main.cpp", options).digest != before);
  }
  Tree tree({{"src/main.cpp", "#include_next <x.h>\n"}, {"one/x.h", ""}});
  std::string before = tree.of("src/main.cpp", {"-I@one", "-I@two"}).digest;
  tree.folder.write("two/x.h", "");
  CHECK(tree.of("src/main.cpp", {"-I@one", "-I@two"}).digest != before);
}

TEST_CASE("circles end") {
  Tree tree({{"a.c", "#include \"b.h\"\n"},
             {"b.h", "#include \"c.h\"\n"},
             {"c.h", "#include \"b.h\"\n#include \"c.h\"\n"}});
  CHECK(tree.files("a.c", {}) == Words{"a.c", "b.h", "c.h"});
}

TEST_CASE("forced includes are followed, and data is told") {
  Tree tree({{"a.c", "asm(\".incbin \\\"logo.bin\\\"\");\n"},
             {"f.h", "#include \"g.h\"\n"},
             {"g.h", ""},
             {"logo.bin", "1"}});
  CHECK(tree.files("a.c", {"-include", "@f.h"}) == Words{"a.c", "f.h", "g.h"});
  CHECK(tree.of("a.c", {}).data == Words{tree.folder / "logo.bin"});
}

TEST_CASE("the digest says nothing of contents beyond includes") {
  Tree tree({{"a.c", "#include \"b.h\"\nint a;\n"}, {"b.h", "int b;\n"}});
  std::string before = tree.of("a.c", {}).digest;
  tree.folder.write("a.c", "#include \"b.h\"\nint a = 2;\n");
  tree.folder.write("b.h", "// nothing\n");
  CHECK(tree.of("a.c", {}).digest == before);
}
