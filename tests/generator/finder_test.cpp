// Include lines, libraries and which of them a project uses.
#include "generator/library/finder.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "generator/plan/sources.h"
#include "tests/generator/temporary.h"

using namespace fbuild;
using Names = std::vector<std::string>;

namespace {

Names lines(std::string_view text) {
  Names out;
  for (const IncludeLine& line : scan_includes(text))
    out.push_back(std::string(1, static_cast<char>(line.kind)) + line.name);
  return out;
}

// A project on disk: src/ and libraries in lib/.
struct Tree {
  explicit Tree(const std::vector<std::pair<std::string, std::string>>& files) {
    for (const auto& [name, text] : files) folder.write(name, text);
  }

  // The names of the libraries used, in link order.
  Names used(const char* mode = "chain", const MacroTable& defines = {}) {
    libraries.clear();
    Result<std::vector<DirEntry>> entries = list_directory(folder / "lib");
    REQUIRE(entries);
    for (const DirEntry& entry : *entries)
      libraries.push_back(load_library(folder / "lib/" + entry.name, scans));
    std::vector<FinderLibrary> seen;
    auto macros = std::make_shared<const MacroTable>(defines);
    for (const Library& library : libraries) {
      FinderLibrary item{&library, library.include_dirs, *parse_finder_mode(mode), macros};
      if (library.manifest.ldf_mode) item.mode = *parse_finder_mode(*library.manifest.ldf_mode);
      seen.push_back(std::move(item));
    }
    FinderProject project;
    project.include_dirs = {folder / "src"};
    project.mode = *parse_finder_mode(mode);
    project.defines = macros;
    for (int index : declared)
      project.declared.push_back({index, true, libraries[static_cast<size_t>(index)].name});
    for (const std::string& file : listings.of(folder / "src", "").files)
      project.sources.push_back(folder / "src/" + file);
    found = find_libraries(project, seen, scans, [this](const Library& library) {
      std::string filter;
      for (const std::string& item : library.source_filter) filter += item + " ";
      Names out;
      for (const std::string& file : listings.of(library.source_dir, filter).files)
        out.push_back(join_path(library.source_dir, file));
      return out;
    });
    Names out;
    for (int index : found.used) out.push_back(libraries[static_cast<size_t>(index)].name);
    return out;
  }

  Names depends(const std::string& name) {
    for (size_t i = 0; i < libraries.size(); ++i)
      if (libraries[i].name == name) {
        Names out;
        for (int index : found.depends[i])
          out.push_back(libraries[static_cast<size_t>(index)].name);
        return out;
      }
    return {};
  }

  test::TemporaryFolder folder;
  std::vector<Library> libraries;
  IncludeScans scans;
  SourceListings listings;
  FoundLibraries found;
  std::vector<int> declared;  // by lib_deps
};

}  // namespace

TEST_CASE("include lines, the quoted first, each kind by name") {
  CHECK(lines("#include <b.h>\n#include \"z.h\"\n  #  include\t<a.h> // why\n#import \"y.h\"\n") ==
        Names{"\"y.h", "\"z.h", "<a.h", "<b.h"});
  CHECK(lines("#include <>\n#include \"open\n#include <open\n//#include <c.h>\nx "
              "#include <d.h>\n#define include <e.h>\n") == Names{});
  CHECK(lines("#if 0\n#include <in_zero.h>\n#endif\n/*\n#include <in_comment.h>\n*/") ==
        Names{"<in_comment.h", "<in_zero.h"});
  CHECK(lines("#include <dos.h>\r\n#include \"no_newline.h\"") ==
        Names{"\"no_newline.h", "<dos.h"});
  CHECK(lines("#include<tight.h>\n#include\"tight.h\"\n#include_next <n.h>\n").size() >= 2);
  CHECK(lines("") == Names{});
  CHECK(lines("#") == Names{});
  CHECK(lines(std::string_view("#include <a\0b.h>\n", 17)).size() == 1);
}

TEST_CASE("files are read once and looked for in the order given") {
  test::TemporaryFolder folder;
  std::string file = folder.write("a.cpp", "#include <x.h>\n");
  folder.write("one/x.h", "");
  folder.write("two/x.h", "");
  IncludeScans scans;
  CHECK(scans.of(file).size() == 1);
  folder.write("a.cpp", "");
  CHECK(scans.of(file).size() == 1);
  CHECK(scans.of(folder / "none").empty());
  CHECK(scans.find_path("x.h", {folder / "none", folder / "two", folder / "one"}) ==
        folder / "two/x.h");
  CHECK(scans.find_path("../one/x.h", {folder / "two"}) == folder / "one/x.h");
  CHECK(scans.find_path("x.h", {}) == "");
  CHECK(scans.find_path("one", {folder.path}) == "");  // a folder is no header
  scans.set(folder / "made.cpp", "#include <y.h>\n");
  CHECK(scans.of(folder / "made.cpp").front().name == "y.h");
}

TEST_CASE("only libraries that are included, each before nobody it needs") {
  Tree tree({{"src/main.cpp", "#include <A.h>\n"},
             {"lib/A/A.h", ""},
             {"lib/A/A.cpp", "#include <B.h>\n"},
             {"lib/B/B.h", ""},
             {"lib/B/B.cpp", ""},
             {"lib/C/C.h", ""},
             {"lib/C/C.cpp", ""}});
  CHECK(tree.used() == Names{"B", "A"});
  CHECK(tree.depends("A") == Names{"B"});
  CHECK(tree.used("deep") == Names{"B", "A"});
  CHECK(tree.used("off") == Names{});
  CHECK(tree.found.scanned.empty());
}

TEST_CASE("a header leads to the source beside it, in src too") {
  Tree tree({{"src/main.cpp", "#include \"part.h\"\n"},
             {"src/part.h", "#include \"deep/more.h\"\n"},
             {"src/deep/more.h", "#include <A.h>\n"},
             {"lib/A/A.h", ""},
             {"lib/A/A.cpp", "#include \"inner/x.h\"\n"},
             {"lib/A/inner/x.h", ""},
             {"lib/A/inner/x.cpp", "#include <B.h>\n"},
             {"lib/B/B.h", ""}});
  CHECK(tree.used() == Names{"B", "A"});
}

TEST_CASE("circles are found and end") {
  Tree tree({{"src/main.cpp", "#include <A.h>\n"},
             {"lib/A/A.h", "#include <B.h>\n"},
             {"lib/B/B.h", "#include <C.h>\n"},
             {"lib/C/C.h", "#include <A.h>\n#include <C.h>\n"},
             {"lib/A/A.cpp", "#include \"A.h\"\n"},
             {"lib/B/B.cpp", "#include \"B.h\"\n"},
             {"lib/C/C.cpp", "#include \"C.h\"\n"}});
  for (const char* mode : {"chain", "deep"}) {
    Names used = tree.used(mode);
    std::sort(used.begin(), used.end());
    CHECK(used == Names{"A", "B", "C"});
    CHECK(tree.found.circular[2] == std::vector<int>{0});
    CHECK(tree.depends("C") == Names{});
  }
}

TEST_CASE("the same header in two libraries: one of them") {
  Tree tree({{"src/main.cpp", "#include <same.h>\n"}, {"lib/A/same.h", ""}, {"lib/B/same.h", ""}});
  CHECK(tree.used() == Names{"A"});
  // One that is in use already goes before.
  Tree other({{"src/main.cpp", "#include <B.h>\n#include <same.h>\n"},
              {"lib/A/same.h", ""},
              {"lib/B/same.h", ""},
              {"lib/B/B.h", ""},
              {"src/same.h", ""}});
  CHECK(other.used() == Names{"B"});
}

TEST_CASE("a project's own header is no library's") {
  Tree tree({{"src/main.cpp", "#include \"A.h\"\n"}, {"src/A.h", ""}, {"lib/A/A.h", ""}});
  CHECK(tree.used() == Names{});
}

TEST_CASE("nothing found is in the list twice") {
  Tree tree({{"src/main.cpp", "#include <A.h>\n#include <B.h>\n"},
             {"src/b.cpp", "#include <B.h>\n#include <A.h>\n"},
             {"lib/A/A.h", "#include <B.h>\n"},
             {"lib/A/A.cpp", "#include <B.h>\n"},
             {"lib/B/B.h", ""}});
  CHECK(tree.used() == Names{"B", "A"});
}

TEST_CASE("a hundred libraries that include all others") {
  std::vector<std::pair<std::string, std::string>> files = {{"src/main.cpp", "#include <L0.h>\n"}};
  std::string all;
  for (int i = 0; i < 100; ++i) all += "#include <L" + std::to_string(i) + ".h>\n";
  for (int i = 0; i < 100; ++i)
    files.push_back({"lib/L" + std::to_string(i) + "/L" + std::to_string(i) + ".h", all});
  Tree tree(files);
  CHECK(tree.used().size() == 100);
}

TEST_CASE("a library by its folder alone") {
  test::TemporaryFolder folder;
  folder.write("Plain/x.h", "");
  IncludeScans scans;
  std::optional<Library> library = load_library(folder / "Plain", scans);
  CHECK(library->name == "Plain");
  CHECK(library->source_dir == folder / "Plain");
  CHECK(library->include_dirs == Names{folder / "Plain"});
  folder.write("WithSrc/src/x.h", "");
  folder.write("WithSrc/include/y.h", "");
  library = load_library(folder / "WithSrc", scans);
  CHECK(library->source_dir == folder / "WithSrc/src");
  CHECK(library->include_dirs == Names{folder / "WithSrc/include", folder / "WithSrc/src"});
}

TEST_CASE("library.properties") {
  test::TemporaryFolder folder;
  folder.write("A/library.properties", "name=Fancy Name\r\nversion=1\nldflags=-lm -lx\n");
  folder.write("A/utility/u.h", "");
  IncludeScans scans;
  std::optional<Library> library = load_library(folder / "A", scans);
  CHECK(library->name == "Fancy Name");
  CHECK(library->manifest.frameworks == Names{"arduino"});
  CHECK(library->manifest.linker_flags == "-lm -lx");
  CHECK(library->include_dirs == Names{folder / "A", folder / "A/utility"});
  SourceListings listings;
  folder.write("A/a.cpp", "");
  folder.write("A/utility/u.c", "");
  folder.write("A/extras/e.cpp", "");
  std::string filter;
  for (const std::string& item : library->source_filter) filter += item + " ";
  CHECK(listings.of(folder / "A", filter).files == Names{"a.cpp", "utility/u.c"});
}

TEST_CASE("library.json, and its errors with their place") {
  test::TemporaryFolder folder;
  folder.write(
      "A/library.json",
      R"({"name": "J", "frameworks": "arduino", "build": {"flags": ["-DX"], "unflags": "-Os",
    "srcDir": "code", "includeDir": "api", "srcFilter": "+<a.c>", "libArchive": false, "extraScript": "x.py"}})");
  folder.write("A/library.properties", "name=P\n");
  IncludeScans scans;
  std::optional<Library> library = load_library(folder / "A", scans);
  CHECK(library->name == "J");
  CHECK(library->source_dir == folder / "A/code");
  CHECK(library->include_dirs == Names{folder / "A/api", folder / "A/code"});
  CHECK(library->source_filter == Names{"+<a.c>"});
  CHECK(library->manifest.flags == Names{"-DX"});
  CHECK(library->manifest.unflags == Names{"-Os"});
  CHECK(library->manifest.archive == false);
  CHECK(library->notes.size() == 1);
  for (auto [text, line] : {std::pair("{\n\n oops }", 3), std::pair("[]", 1), std::pair("", 1),
                            std::pair("{\"a\": 1", 1)}) {
    CAPTURE(text);
    std::string file = folder.write("B/library.json", text);
    Library bad = load_library(folder / "B", scans);
    REQUIRE(bad.broken);
    CHECK(bad.broken->file == file);
    CHECK(bad.broken->line == line);
    CHECK(bad.name == "B");  // as if there were no manifest
    CHECK(bad.kind == Library::Kind::PlatformIO);
  }
  // Values of other types are passed over.
  folder.write("B/library.json",
               R"({"name": 3, "build": {"flags": 7, "srcDir": [], "libArchive": "no"}})");
  library = load_library(folder / "B", scans);
  CHECK(library->name == "B");
}

TEST_CASE("sources of a folder and the folders that were listed") {
  test::TemporaryFolder folder;
  for (const char* name : {"b.cpp", "a.c", "deep/er/x.S", "deep/h.h", "deep/y.asm", ".git/z.c",
                           "n.txt", "headers/only.h"})
    folder.write(name, "");
  SourceListings listings;
  const SourceListing& all = listings.of(folder.path, "");
  CHECK(all.files == Names{"a.c", "b.cpp", "deep/er/x.S", "deep/y.asm"});
  Names listed = all.directories;
  for (const std::string& path :
       {folder.path, folder / "deep", folder / "deep/er", folder / "headers"})
    CHECK_MESSAGE(std::find(listed.begin(), listed.end(), path) != listed.end(), path);
  CHECK(&listings.of(folder.path, "") == &all);
  CHECK(listings.of(folder.path, "+<deep/>").files == Names{"deep/er/x.S", "deep/y.asm"});
  CHECK(listings.of(folder / "none", "").files.empty());
}

TEST_CASE("objects stay inside their folder") {
  std::vector<CompileUnit> units = compile_units(
      "src", {"a.cpp", "deep/b.c", "../lib/c.S", "./d.s", "x/../../e.cc", "n.h", "a.c"},
      "build/src");
  REQUIRE(units.size() == 6);
  CHECK(units[0].source == "src/a.cpp");
  CHECK(units[0].object == "build/src/a.cpp.o");
  CHECK(units[0].language == Language::Cxx);
  CHECK(units[1].language == Language::C);
  CHECK(units[2].source == "lib/c.S");
  CHECK(units[2].object == "build/src/__/lib/c.S.o");
  CHECK(units[2].language == Language::AsmCpp);
  CHECK(units[3].object == "build/src/d.s.o");
  CHECK(units[3].language == Language::Asm);
  CHECK(units[4].source == "e.cc");
  CHECK(units[4].object == "build/src/x/__/__/e.cc.o");
  // Two files that differ in their extension alone have an object each.
  CHECK(units[5].object == "build/src/a.c.o");
  CHECK(compile_units("/core", {"x.c++"}, "o")[0].source == "/core/x.c++");
}

TEST_CASE("conditions count in the modes with a plus") {
  Tree tree({{"src/main.cpp",
              "#define W 1\n#if W\n#include <A.h>\n#else\n#include <B.h>\n#endif\n"
              "#ifdef SET\n#include <C.h>\n#endif\n#if NUMBER == 3 && defined(SET)\n#include "
              "<D.h>\n#elif 1\n#include <E.h>\n#endif\n"
              "#if __has_include(<F.h>)\n#include <F.h>\n#endif\n#include_next <G.h>\n"},
             {"lib/A/A.h", ""},
             {"lib/B/B.h", ""},
             {"lib/C/C.h", ""},
             {"lib/D/D.h", ""},
             {"lib/E/E.h", ""},
             {"lib/F/F.h", ""},
             {"lib/G/G.h", ""}});
  CHECK(tree.used() == Names{"A", "B", "C", "D", "E", "F"});
  CHECK(tree.used("chain+") == Names{"A", "E"});
  CHECK(tree.used("chain+", {{"SET", {}}}) == Names{"A", "C", "E"});
  CHECK(tree.used("deep+", {{"SET", python_integer(1)}, {"NUMBER", python_integer(3)}}) ==
        Names{"A", "C", "D"});
}

TEST_CASE("what a condition's macros are is remembered across the files of one scan") {
  Tree tree({{"src/main.cpp",
              "#include \"config.h\"\n#if USE_A\n#include <A.h>\n#endif\n#include HEADER\n#include "
              "NOT_KNOWN\n"},
             {"src/config.h", "#define USE_A 1\n#define HEADER <B.h>\n#endif\n"},
             {"src/other.cpp", "#if USE_A\n#include <C.h>\n#endif\n"},
             {"lib/A/A.h", "#undef USE_A\n"},
             {"lib/B/B.h", ""},
             {"lib/C/C.h", ""}});
  CHECK(tree.used("chain+") == Names{"A", "B"});
}

TEST_CASE("a scan that fails is done again without conditions") {
  Tree tree(
      {{"src/main.cpp", "#if 0\n#include <A.h>\n#endif\n#if 1 / 0\n#endif\n"}, {"lib/A/A.h", ""}});
  CHECK(tree.used("chain+") == Names{"A"});
}

TEST_CASE("libraries that are declared") {
  Tree tree({{"src/main.cpp", "#include <A.h>\n"},
             {"lib/A/A.h", ""},
             {"lib/A/library.json", R"({"dependencies": [{"name": "C"}, {"name": "none"}]})"},
             {"lib/B/B.h", "#include <D.h>\n"},
             {"lib/B/B.cpp", "#include <B.h>\n"},
             {"lib/C/C.h", ""},
             {"lib/D/D.h", ""}});
  CHECK(tree.used() == Names{"C", "A"});
  CHECK(tree.found.reasons[{0, 2}].header == "");
  CHECK(tree.found.reasons[{kFinderProject, 0}].file == tree.folder / "src/main.cpp");
  CHECK(tree.found.reasons[{kFinderProject, 0}].header == tree.folder / "lib/A/A.h");
  tree.declared = {1};
  CHECK(tree.used() == Names{"D", "B", "C", "A"});
  CHECK(tree.used("off") == Names{"B"});
}

TEST_CASE("a library may have a mode of its own") {
  Tree tree({{"src/main.cpp", "#include <A.h>\n"},
             {"lib/A/A.h", ""},
             {"lib/A/library.json", R"({"build": {"libLDFMode": " Deep+ "}})"},
             {"lib/A/x.cpp", "#if 0\n#include <B.h>\n#endif\n#include <C.h>\n"},
             {"lib/B/B.h", ""},
             {"lib/C/C.h", ""}});
  CHECK(tree.used() == Names{"C", "A"});
}

TEST_CASE("modes by name and number") {
  for (const char* name : {"off", "chain", "deep", "chain+", "deep+"})
    CHECK(finder_mode_name(*parse_finder_mode(name)) == name);
  CHECK(finder_mode_name(*parse_finder_mode("3")) == "chain+");
  CHECK_FALSE(parse_finder_mode("5"));
  CHECK_FALSE(parse_finder_mode("chains"));
}

TEST_CASE("what kind of library it is without a manifest") {
  test::TemporaryFolder folder;
  IncludeScans scans;
  folder.write("A/deep/a.cpp", "#include \"Arduino.h\"\n");
  folder.write("B/b.cpp",
               "#include <Arduino.h>\n  #include \"Arduino.h\"\n#include\"Arduino.h\"\n");
  folder.write("C/c.h", "#include <mbed.h\"\n");
  folder.write("D/keywords.txt", "");
  CHECK(load_library(folder / "A", scans).kind == Library::Kind::Arduino);
  CHECK(load_library(folder / "B", scans).kind == Library::Kind::Plain);
  CHECK(load_library(folder / "C", scans).kind == Library::Kind::Mbed);
  CHECK(load_library(folder / "D", scans).kind == Library::Kind::Arduino);
}
