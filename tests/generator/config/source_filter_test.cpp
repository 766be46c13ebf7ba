// build_src_filter over a real tree, against what PlatformIO selects in the same tree.
#include "generator/config/source_filter.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/generator/config/case_files.h"

using namespace fbuild;
using namespace fbuild::config;
using test::Json;

namespace {

struct Tree {
  std::string path, src;
  Tree() {
    char name[] = "/tmp/fbuild-filter-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path = name;
    src = path + "/s[r]c";  // the source directory itself is never a pattern
    REQUIRE(make_directories(src));
  }
  ~Tree() { std::filesystem::remove_all(path); }
  void add(const std::string& file) {
    std::string full = src + "/" + file;
    REQUIRE(make_directories(std::string(dir_name(full))));
    REQUIRE(replace_file(full, ""));
  }
};

std::vector<std::string> texts(const Json& array) {
  std::vector<std::string> out;
  for (const Json& item : array.items) out.push_back(item.text);
  return out;
}

}  // namespace

TEST_CASE("every recorded source filter") {
  Json tree = test::parse_json(test::must_read(test::kCases + "/srcfilter/tree.json"));
  Json probes = test::parse_json(test::must_read(test::kCases + "/srcfilter/probes.json"));
  Tree files;
  for (const std::string& file : texts(tree.at("files"))) files.add(file);
  for (const std::string& file : texts(tree.at("outside"))) files.add(file);
  Variables variables;
  for (const auto& [name, value] : tree.at("vars").members) variables[name] = value.text;
  CHECK(probes.items.size() >= 30);
  for (const Json& probe : probes.items) {
    std::vector<ListItem> filter;
    for (const std::string& item : texts(probe.at("filter"))) filter.push_back({item, {}});
    std::string shown = filter.empty() ? "(none)" : filter[0].text;
    CAPTURE(shown);
    Result<SourceList> got = match_sources(files.src, filter, variables);
    REQUIRE(got);
    CHECK(got->files == texts(probe.at("match")));
  }
}

TEST_CASE("what selects nothing in a filter") {
  auto texts = [](std::string_view filter) {
    std::string out;
    for (const FilterFault& fault : filter_faults(filter))
      out += (fault.unclosed ? "!" : "") + fault.text + "@" + std::to_string(fault.at) + " ";
    return out;
  };
  CHECK(texts(kDefaultSourceFilter) == "");
  CHECK(texts("+<*>,-<a b>;\n+<c>-<d>") == "");
  CHECK(texts("") == "");
  CHECK(texts("+<*") == "!+<*@0 ");
  CHECK(texts("+<a> -<b +<c>") == "!-<b@5 ");
  CHECK(texts("<a> b.c") == "<a>@0 b.c@4 ");
  CHECK(texts("src+<a>") == "src@0 ");
  CHECK(texts("+ <a> +<>") == "+@0 <a>@2 +<>@6 ");
  CHECK(texts("<") == "!<@0 ");
}

TEST_CASE("the directories a filter depends on") {
  Tree files;
  for (const char* file : {"main.cpp", "hal/x.cpp", "hal/deep/y.cpp", "test/t.cpp"})
    files.add(file);
  CHECK(match_sources(files.src, "").directories ==
        std::set<std::string>{".", "hal", "hal/deep", "test"});
  CHECK(match_sources(files.src, "+<hal/*.cpp>").directories == std::set<std::string>{"hal"});
  CHECK(match_sources(files.src, "+<main.cpp>").directories == std::set<std::string>{"."});
  // A folder that does not exist yet shows up in the one above.
  CHECK(match_sources(files.src, "+<*> -<nope/*.c>").directories.contains("."));
}

TEST_CASE("a directory that contains itself through a link is entered once") {
  Tree files;
  files.add("a/x.c");
  std::filesystem::create_directory_symlink(files.src + "/a", files.src + "/a/again");
  CHECK(match_sources(files.src, "+<**>").files == std::vector<std::string>{"a/x.c"});
  CHECK(match_sources(files.src, "+<a/>").files == std::vector<std::string>{"a/x.c"});
}

TEST_CASE("a linked folder and an absolute pattern") {
  Tree files;
  files.add("x.c");
  files.add("../other/y.c");
  std::filesystem::create_directory_symlink(files.path + "/other", files.src + "/link");
  CHECK(match_sources(files.src, "+<*>").files == std::vector<std::string>{"link/y.c", "x.c"});
  CHECK(match_sources(files.src, "+<" + files.path + "/other/>").files ==
        std::vector<std::string>{"../other/y.c"});
}
