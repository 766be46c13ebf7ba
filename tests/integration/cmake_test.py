"""A CMake project around two firmware projects and a host tool that packs their images."""

import os
import re
import unittest

from project import BIN, MAIN, SMALL, UNO, Case

BUILD = os.path.dirname(BIN)
SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
CORE_FILES = 24  # at least; the exact number is the core's affair

OUTER = """\
cmake_minimum_required(VERSION 3.25)
project(outer C)
enable_testing()
if(FBUILD_FETCHED)
  include(FetchContent)
  FetchContent_Declare(fbuild GIT_REPOSITORY https://fbuild.invalid/fbuild.git GIT_TAG main)
  FetchContent_MakeAvailable(fbuild)
elseif(FBUILD_SOURCE)
  add_subdirectory(${FBUILD_SOURCE} fbuild)
else()
  find_package(fbuild CONFIG REQUIRED)
endif()
fbuild_add_project(NAME one SOURCE_DIR "fw/the one" ENVIRONMENTS uno)
fbuild_add_project(NAME two SOURCE_DIR fw/two OPTIONS build_src_flags+=-DTWO=2 env:nano:build_src_flags+=-DNANO)
fbuild_add_project(NAME spare SOURCE_DIR fw/two EXCLUDE_FROM_ALL)
add_subdirectory(host)
fbuild_add_emulator_test(NAME says PROJECT one ENVIRONMENT uno PASS_REGULAR_EXPRESSION "^loop" TIMEOUT 60)
fbuild_add_emulator_test(NAME hangs TARGET one-uno PASS_REGULAR_EXPRESSION "never|uno|check|^other" TIMEOUT 3)
fbuild_add_emulator_test(NAME fails TARGET one-uno PASS_REGULAR_EXPRESSION "never" FAIL_REGULAR_EXPRESSION "lo+p" TIMEOUT 60)
"""

HOST = """\
add_executable(pack pack.c)
set(files)
foreach(target one-uno two-nano)
  foreach(property FBUILD_ELF FBUILD_IMAGE FBUILD_SIZE_JSON)
    get_target_property(file ${target} ${property})
    list(APPEND files ${file})
  endforeach()
endforeach()
add_custom_command(OUTPUT packed.bin COMMAND pack packed.bin ${files}
  DEPENDS pack ${files} one-uno two-nano COMMENT packing VERBATIM)
add_custom_target(packed ALL DEPENDS packed.bin)
"""

PACK = """\
#include <stdio.h>
int main(int argc, char** argv) {
  FILE* out = fopen(argv[1], "wb");
  for (int i = 2; i < argc; ++i) {
    FILE* in = fopen(argv[i], "rb");
    int c;
    if (!in) return perror(argv[i]), 1;
    while ((c = getc(in)) != EOF) putc(c, out);
    fclose(in);
  }
  return fclose(out);
}
"""

TWO = "[env:nano]\nplatform = atmelavr\nframework = arduino\nboard = nanoatmega328\nbuild_src_flags = -DOWN\n"
TWO_MAIN = SMALL + "#ifndef OWN\n#error not added\n#endif\n"
# What would ruin every compile if it got through.
HOSTILE = {"CC": "gcc", "CFLAGS": "-O1", "CPATH": "/nonexistent", "C_INCLUDE_PATH": "/usr/include", "LDEMULATION": "elf_x86_64",
           "COMPILER_PATH": "/nonexistent", "CROSS_COMPILE": "nothing-"}


class CMake(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.installed = os.path.join(cls.folder("a prefix"), "p")
        here = cls.project({})
        here.run(["cmake", "--install", BUILD, "--prefix", cls.installed])

    def outer(self, **changed):
        files = {
            "CMakeLists.txt": OUTER, "host/CMakeLists.txt": HOST, "host/pack.c": PACK,
            "fw/the one/platformio.ini": UNO + UNO.replace("uno", "leonardo"), "fw/the one/src/main.cpp": MAIN,
            "fw/two/platformio.ini": TWO, "fw/two/src/main.cpp": TWO_MAIN,
        }
        files.update(changed)
        p = self.project(files, "outer tree")
        p.env["FBUILD_OBJECT_CACHE"] = "1G"
        p.tree = os.path.join(os.path.dirname(p.dir), "a tree")
        return p

    def configure(self, p, generator, *arguments, **options):
        arguments = arguments or ("-DCMAKE_PREFIX_PATH=" + self.installed,)
        return p.run(["cmake", "-G", generator, "-S", p.dir, "-B", p.tree, *arguments], **options)

    def build(self, p, *arguments, **options):
        return p.run(["cmake", "--build", p.tree, *arguments], **options)

    def packed(self, p):
        with open(p.tree + "/host/packed.bin", "rb") as file:
            return file.read()

    def artifacts(self, p):
        out = b""
        for folder in ("one.fbuild/uno", "two.fbuild/nano"):
            for name in ("firmware.elf", "firmware.hex", "firmware.size.json"):
                with open(os.path.join(p.tree, folder, name), "rb") as file:
                    out += file.read()
        return out

    def check_generator(self, generator, *arguments):
        p = self.outer()
        p.env.update(HOSTILE)
        if generator == "Ninja":  # once with nothing ready-made
            p.env["FBUILD_OBJECT_CACHE"] = "off"
        before = p.snapshot()
        self.configure(p, generator, *arguments)
        self.assertEqual(p.runs(), [])
        self.build(p, "-j", "3")
        compiled = p.compiled()
        self.assertEqual(len([name for name in compiled if name == "src/main.cpp"]), 2)
        if generator == "Ninja":
            self.assertGreater(len(compiled), 2 * CORE_FILES)
        self.assertFalse(os.path.exists(p.tree + "/one.fbuild/leonardo"))  # not among ENVIRONMENTS
        self.assertFalse(os.path.exists(p.tree + "/spare.fbuild/nano/firmware.elf"))
        self.assertEqual(self.packed(p), self.artifacts(p))
        self.assertEqual(p.snapshot(), before)  # nothing in the sources

        # Nothing to do: no compiler, and the host tool is not run.
        out = self.build(p).out
        self.assertEqual(p.runs(), [])
        self.assertNotIn("packing", out)
        self.assertNotIn("fbuild-gen", out)

        # One edit: one compile, and what is made of it.
        p.edit("fw/the one/src/main.cpp", '"loop"', '"loops"')
        out = self.build(p).out
        self.assertEqual(p.compiled(), ["src/main.cpp"])
        self.assertIn("packing", out)
        self.assertEqual(self.packed(p), self.artifacts(p))
        self.assertNotIn("packing", self.build(p).out)
        # A comment is compiled and changes nothing that is packed.
        p.edit("fw/two/src/main.cpp", "void setup", "/* */ void setup")
        out = self.build(p).out
        self.assertEqual(p.compiled(), ["src/main.cpp"])

        # One environment alone, by its target; by its project's.
        p.edit("fw/the one/src/main.cpp", '"loops"', '"loop"')
        p.edit("fw/two/src/main.cpp", "/* */", "")
        self.build(p, "--target", "two-nano")
        self.assertEqual(p.compiled(), ["src/main.cpp"])
        self.build(p, "--target", "one")
        self.assertEqual(p.compiled(), ["src/main.cpp"])
        self.build(p)
        self.assertEqual(p.runs(), [])
        self.assertEqual(self.packed(p), self.artifacts(p))

        # An image somebody removed, or overwrote, is made again.
        os.unlink(p.tree + "/one.fbuild/uno/firmware.hex")
        self.build(p)
        self.assertEqual(p.compiled(), [])
        self.assertEqual(self.packed(p), self.artifacts(p))
        return p

    def test_ninja(self):
        p = self.check_generator("Ninja")
        # The same program as fbuild alone makes of it.
        alone = self.project({"platformio.ini": UNO, "src/main.cpp": MAIN})
        alone.build()
        with open(p.tree + "/one.fbuild/uno/firmware.hex", "rb") as file:
            self.assertEqual(file.read(), alone.firmware())

    def test_ninja_multi_config(self):
        p = self.check_generator("Ninja Multi-Config")
        self.build(p, "--config", "Release")
        self.assertEqual(p.runs(), [])

    def test_makefiles(self):
        self.check_generator("Unix Makefiles")

    @unittest.skipUnless(os.path.exists(BUILD + "/build.ninja"), "fbuild was not built with ninja")
    def test_subdirectory(self):
        # Its programs are built elsewhere already, or this would take minutes.
        p = self.check_generator("Unix Makefiles", "-DFBUILD_SOURCE=" + SOURCE, "-DFBUILD_PROGRAMS_DIR=" + BUILD)
        self.assertIn("fbuild-gen", self.build(p, "--target", "help").out)
        self.build(p, "--target", "fbuild-gen")

    @unittest.skipUnless(os.path.exists(BUILD + "/build.ninja"), "fbuild was not built with ninja")
    def test_fetch_content(self):
        """Of a checkout that is there. FBUILD_TEST_ALL=1: its programs are built, which takes minutes."""
        p = self.outer()
        arguments = ["-DFBUILD_FETCHED=ON", "-DFETCHCONTENT_SOURCE_DIR_FBUILD=" + SOURCE]
        if os.environ.get("FBUILD_TEST_ALL") != "1":
            arguments.append("-DFBUILD_PROGRAMS_DIR=" + BUILD)
        elif os.path.exists("/usr/bin/ccache"):
            arguments.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        self.configure(p, "Ninja", *arguments, timeout=1800)
        self.build(p)
        self.assertEqual(self.packed(p), self.artifacts(p))
        p.runs()
        out = self.build(p).out
        self.assertEqual(p.runs(), [])
        self.assertNotIn("packing", out)
        # What a project is generated with is built anew when its source is newer: here it is not.
        self.assertNotIn("Building CXX", out)

    def test_a_subdirectory_that_cannot_be_built(self):
        p = self.outer()
        out = self.configure(p, "Ninja", "-DFBUILD_SOURCE=" + SOURCE, "-DFBUILD_HOST_CXX_COMPILER=/bin/false", status=1)
        self.assertIn("fbuild cannot be configured", out.err)
        self.assertIn("/bin/false", out.err)

    def test_emulator(self):
        p = self.outer()
        self.configure(p, "Ninja")
        self.build(p)
        out = p.run(["ctest", "--output-on-failure"], cwd=p.tree, status=8).out
        self.assertRegex(out, r"says \.+ +Passed")
        self.assertRegex(out, r"hangs \.+\*+Failed +3\.\d")
        self.assertIn("was not seen within 3 seconds", out)
        self.assertRegex(out, r"fails \.+\*+Failed")
        self.assertIn("'lo+p' was seen", out)
        # Nothing is left running, and what is stale is built first.
        self.assertNotIn(p.tree, p.run(["ps", "-eo", "args"]).out)
        p.edit("fw/the one/src/main.cpp", '"loop"', '"other"')
        p.run(["ctest", "-R", "hangs"], cwd=p.tree)

    def test_cache_variables(self):
        p = self.outer()
        self.configure(p, "Ninja", "-DCMAKE_PREFIX_PATH=" + self.installed, "-DFBUILD_one_ENVIRONMENTS=uno;leonardo",
                       "-DFBUILD_two_OPTIONS=build_src_flags=-DOWN -DEXTRA=\"a b\"")
        self.build(p, "--target", "two", "one-leonardo")
        self.assertEqual(len([line for line in p.runs() if "-DEXTRA=a b" in line]), 1)
        self.assertFalse(os.path.exists(p.tree + "/one.fbuild/uno/firmware.elf"))
        self.configure(p, "Ninja", "-DFBUILD_two_OPTIONS=", "-DFBUILD_one_ENVIRONMENTS=")
        self.build(p, "--target", "two")
        self.assertEqual(p.compiled(), ["src/main.cpp"])
        self.assertIn("unknown target", self.build(p, "--target", "one-leonardo", status=1).err)

    def test_the_ini_is_edited(self):
        p = self.outer()
        self.configure(p, "Ninja")
        self.build(p)
        p.runs()
        p.edit("fw/two/platformio.ini", "-DOWN", "-DOWN -DMORE")
        out = self.build(p).out
        self.assertEqual(p.compiled(), ["src/main.cpp"])
        # Another environment is another target.
        p.write("fw/two/platformio.ini", TWO + TWO.replace("nano", "nono", 1))
        self.build(p)
        self.assertTrue(os.path.exists(p.tree + "/two.fbuild/nono/firmware.hex"))
        self.build(p, "--target", "two-nono")
        # What is wrong in it is CMake's error, with its place.
        p.edit("fw/two/platformio.ini", "board = nanoatmega328", "board = nanoatmega32")
        out = self.build(p, status=1)
        self.assertIn("CMake Error", out.out + out.err)
        self.assertRegex((out.out + out.err).replace("\n", " "), r"platformio\.ini:4:1: +unknown board +'nanoatmega32'")
        p.edit("fw/two/platformio.ini", "board = nanoatmega32\n", "board = nanoatmega328\n")
        self.build(p)

    def test_errors_of_the_functions(self):
        head = "cmake_minimum_required(VERSION 3.25)\nproject(outer NONE)\nfind_package(fbuild CONFIG REQUIRED)\nenable_testing()\n"
        good = "fbuild_add_project(NAME one SOURCE_DIR fw/two)\n"
        for text, *parts in (
                ("fbuild_add_project(SOURCE_DIR fw/two)", "NAME is missing"),
                ("fbuild_add_project(NAME a SOURCE_DIR fw/none)", "there is no folder", "fw/none"),
                ("fbuild_add_project(NAME a SOURCE_DIR fw/two OPTION x=y)", "cannot use: OPTION x=y", "did you mean 'OPTIONS'?"),
                ("fbuild_add_project(NAME a SOURCEDIR fw/two)", "did you mean 'SOURCE_DIR'?"),
                ("fbuild_add_project(NAME a fw/two)", "cannot use: fw/two; there are NAME, SOURCE_DIR,"),
                ("fbuild_add_project(NAME a SOURCE_DIR)", "SOURCE_DIR has no value"),
                (good + "fbuild_add_emulator_test(NAME t TARGET one-nano PASS_REGEX x)", "did you mean 'PASS_REGULAR_EXPRESSION'?"),
                (good + "fbuild_add_emulator_test(NAME t TARGET one-nano PASS_REGULAR_EXPRESSION x TIMEOUT 1.5)", "give whole seconds"),
                ("fbuild_add_project(NAME a SOURCE_DIR fw/two ENVIRONMENTS nanu)", "did you mean 'nano'?"),
                ("fbuild_add_project(NAME a SOURCE_DIR fw/two OPTIONS bord=x)", "did you mean 'board'?"),
                ("fbuild_add_project(NAME a SOURCE_DIR host)", "there is no platformio.ini"),
                (good + good, "there is a target of this name already"),
                (good + "fbuild_add_emulator_test(NAME t TARGET one-uno PASS_REGULAR_EXPRESSION x)", "there is no firmware one-uno"),
                (good + "fbuild_add_emulator_test(NAME t PROJECT one PASS_REGULAR_EXPRESSION x)", "either PROJECT and ENVIRONMENT"),
                (good + "fbuild_add_emulator_test(NAME t TARGET one-nano)", "PASS_REGULAR_EXPRESSION is missing")):
            p = self.outer(**{"CMakeLists.txt": head + text + "\n"})
            err = self.configure(p, "Ninja", status=1).err
            for part in ("CMake Error", *parts):
                self.assertIn(part.replace(" ", ""), re.sub(r"\s", "", err), err)

    def test_nested_builds_take_turns(self):
        """make -j8 with two projects: at most so many compilers as were asked for."""
        p = self.outer()
        count = p.path("..", "running")
        os.makedirs(count)
        for tool in ("avr-gcc", "avr-g++"):
            path = os.path.join(p.dir, "..", "bin", tool)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as out:
                out.write('#!/bin/sh\ncase " $* " in *" -c "*) : >"%s/$$"; ls "%s" | wc -l >>"%s.log"; sleep 0.02;; esac\n'
                          '/usr/bin/%s "$@"; s=$?\nrm -f "%s/$$"\nexit $s\n' % (count, count, count, tool, count))
            os.chmod(path, 0o755)
        for tool in ("avr-as", "avr-gcc-ar", "avr-gcc-ranlib", "avr-objcopy"):
            os.symlink("/usr/bin/" + tool, os.path.join(p.dir, "..", "bin", tool))
        p.env["PATH"] = os.path.join(p.dir, "..", "bin") + ":" + p.env["PATH"]
        p.env["FBUILD_OBJECT_CACHE"] = "off"
        self.configure(p, "Unix Makefiles")
        self.build(p, "-j", "3", "--target", "one", "two")
        with open(count + ".log") as log:
            most = [int(line) for line in log]
        self.assertGreater(len(most), 2 * CORE_FILES)
        self.assertLessEqual(max(most), 3)
        self.assertGreater(max(most), 1)

    def test_the_job_server_is_shared_by_a_ninja_that_can(self):
        p = self.project({})
        log = p.path("log")
        p.write("ninja", '#!/bin/sh\ncase $1 in --version) echo "$VERSION";; *) echo "$# $1 [$MAKEFLAGS]" >>%s;; esac\n' % log)
        os.chmod(p.path("ninja"), 0o755)
        fifo = "  -j8 --jobserver-auth=fifo:/tmp/x"
        for version, flags, expected in (("1.13.0", fifo, "1 a [%s]" % fifo), ("1.11.1", fifo, "2 -j8 []"),
                                         ("1.13.0", " -j4 --jobserver-auth=3,4 -- A=-j9", "2 -j4 []"),
                                         ("1.13.0", "", "1 a []"), ("1.13.0", "ks", "1 a []")):
            p.run([os.path.join(BIN, "fbuild-gen"), "--nested", "lock", "--", "./ninja", "a"], env={"VERSION": version, "MAKEFLAGS": flags})
            self.assertEqual(p.read("log").splitlines()[-1], expected)
        p.run([os.path.join(BIN, "fbuild-gen"), "--nested", "lock", "--", "./ninja", "a"], env={"CMAKE_BUILD_PARALLEL_LEVEL": "5"})
        self.assertEqual(p.read("log").splitlines()[-1], "2 -j5 []")


if __name__ == "__main__":
    unittest.main()
