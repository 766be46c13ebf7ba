#include "generator/plan/linker_scripts.h"

#include <doctest/doctest.h>

#include "tests/generator/temporary.h"

using namespace fbuild;
using fbuild::test::TemporaryFolder;

TEST_CASE("scripts of a link command, in every way of naming one") {
  TemporaryFolder folder;
  for (const char* name : {"a.ld", "b.ld", "c (1).ld", "d.ld", "e.map", "lib/f.ld"})
    folder.write(name, "");
  using Words = std::vector<std::string>;
  Words words = {"-Os",
                 "-T",
                 folder / "a.ld",
                 "-T" + (folder / "b.ld"),
                 "-Wl,--default-script=" + (folder / "c (1).ld"),
                 "-Wl,--gc-sections,-T," + (folder / "d.ld"),
                 "-Wl,--version-script,e.map",
                 "-Tf.ld",
                 "-T",
                 folder / "a.ld",
                 "-Ttext=0x100",
                 "-T",
                 "missing.ld",
                 "-Wl,--script=missing.ld",
                 "-Wl,",
                 "-Wl,,",
                 "-T"};
  Words found = {folder / "a.ld", folder / "b.ld",  folder / "c (1).ld",
                 folder / "d.ld", folder / "e.map", folder / "lib/f.ld"};
  CHECK(linker_scripts(words, {folder.path, folder / "lib"}) == found);
  CHECK(linker_scripts({}, {}).empty());
}

TEST_CASE("scripts that scripts include") {
  TemporaryFolder folder;
  folder.write("a.ld",
               "INCLUDE b.ld\n/* INCLUDE gone.ld */ SECTIONS { INCLUDE\t\"lib c.ld\" }\nXINCLUDE "
               "d.ld INCLUDE");
  folder.write("b.ld", "SECTIONS { } INCLUDE a.ld; INCLUDE d.ld;");
  folder.write("d.ld", "");
  folder.write("lib.ld", "INCLUDE");
  CHECK(linker_scripts({"-T", folder / "a.ld"}, {folder.path}) ==
        std::vector<std::string>{folder / "a.ld", folder / "b.ld", folder / "d.ld"});
}
