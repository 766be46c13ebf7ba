"""Local libraries: those that are included are built, into an archive each."""

import os
import unittest

from project import UNO, Case

MAIN = "#include <Arduino.h>\n%s\nvoid setup() {\n%s\n}\nvoid loop() {}\n"


def library(name, includes="", calls=""):
    """lib/<name> with sources in src/, as its sources say."""
    return {
        "lib/%s/src/%s.h" % (name, name): "#pragma once\nvoid %s_call();\n" % name,
        "lib/%s/src/%s.cpp" % (name, name):
            '#include "%s.h"\n#include <Arduino.h>\n%s\nvoid %s_call() { %s *(volatile char*)0x3e = 1; }\n' % (name, includes, name, calls),
    }


class Libraries(Case):
    def built(self, files):
        project = self.project({"platformio.ini": UNO, **files})
        project.build()
        self.lines = project.runs()
        self.compiled = sorted(line.split(" -c ", 1)[1] for line in self.lines if " -c " in line and "/packages/" not in line.split(" -c ")[1])
        self.assertTrue(project.idle())
        return project

    def link(self):
        return next(line for line in self.lines if "-Wl,--start-group" in line)

    def line_of(self, source):
        return next(line for line in self.lines if line.endswith(" -c " + source))

    def test_only_what_is_included(self):
        project = self.built({"src/main.cpp": MAIN % ("#include <A.h>", "A_call();"), **library("A"), **library("B"),
                              "lib/Broken/Broken.h": "", "lib/Broken/Broken.cpp": "#error never\n"})
        self.assertEqual(self.compiled, ["lib/A/src/A.cpp", "src/main.cpp"])
        self.assertEqual(project.plan()["libraries"], ["A"])
        self.assertTrue(project.exists(".fbuild/build/uno/lib/libA.a"))
        self.assertFalse(project.exists(".fbuild/build/uno/lib/libB.a"))
        line = self.line_of("src/main.cpp")
        self.assertIn(" -Isrc -Ilib/A/src -I.fbuild/build/packages/", line)
        self.assertIn("-Wl,--start-group .fbuild/build/uno/lib/libA.a .fbuild/build/uno/lib/libFrameworkArduinoVariant.a " + project.shared("libFrameworkArduino.a") + " -lm", self.link())
        self.assertNotIn("-Isrc", self.line_of("lib/A/src/A.cpp"))

    def test_libraries_that_include_libraries(self):
        project = self.built({"src/main.cpp": MAIN % ("#include <A.h>", "A_call();"),
                              **library("A", "#include <B.h>", "B_call();"), **library("B", "#include <C.h>", "C_call();"),
                              **library("C"), **library("D")})
        self.assertEqual(self.compiled, ["lib/%s/src/%s.cpp" % (x, x) for x in "ABC"] + ["src/main.cpp"])
        self.assertEqual(sorted(project.plan()["libraries"]), ["A", "B", "C"])
        self.assertIn("-Ilib/B/src", self.line_of("lib/A/src/A.cpp"))
        self.assertIn("-Ilib/C/src", self.line_of("lib/A/src/A.cpp"))
        self.assertNotIn("-Ilib/A/src", self.line_of("lib/C/src/C.cpp"))
        # A library that loses its user is out, and one found deeper comes in.
        project.write("lib/B/src/B.cpp", '#include "B.h"\n#include <D.h>\nvoid B_call() { D_call(); }\n')
        project.ninja()
        self.assertEqual(sorted(project.plan()["libraries"]), ["A", "B", "D"])
        self.assertTrue(project.idle())

    def test_libraries_that_include_each_other(self):
        self.built({"src/main.cpp": MAIN % ("#include <A.h>", "A_call();"),
                    **library("A", "#include <B.h>", "if (PINB) B_call();"), **library("B", "#include <A.h>", "if (PINC) A_call();")})
        self.assertEqual(self.compiled, ["lib/A/src/A.cpp", "lib/B/src/B.cpp", "src/main.cpp"])

    def test_sources_at_the_root_and_of_all_kinds(self):
        self.built({"src/main.cpp": MAIN % ("#include <part.h>", "part();"),
                    "lib/Part/part.h": "void part();\n", "lib/Part/part.cpp": '#include "part.h"\nextern "C" void c_part();\nvoid part() { c_part(); }\n',
                    "lib/Part/deep/c_part.c": "void c_part(void) { *(volatile char*)0x3e = 1; }\n",
                    "lib/Part/a.S": "nop\n", "lib/Part/examples/x/x.cpp": "#error an example\n", "lib/Part/test/t.cpp": "#error a test\n"})
        self.assertEqual(self.compiled, ["lib/Part/a.S", "lib/Part/deep/c_part.c", "lib/Part/part.cpp", "src/main.cpp"])

    def test_headers_alone(self):
        self.built({"src/main.cpp": MAIN % ("#include <only.h>", "only();"), "lib/Only/only.h": "inline void only() {}\n"})
        self.assertEqual(self.compiled, ["src/main.cpp"])
        self.assertNotIn("libOnly.a", self.link())

    def test_a_header_of_the_core_alone_brings_nothing(self):
        self.built({"src/main.cpp": MAIN % ("", ""), **library("A")})
        self.assertEqual(self.compiled, ["src/main.cpp"])

    def test_a_bundled_library(self):
        project = self.built({"src/main.cpp": MAIN % ("#include <EEPROM.h>\n#include <SPI.h>", "SPI.begin(); EEPROM.write(0, 1);")})
        self.assertEqual(sorted(project.plan()["libraries"]), ["EEPROM", "SPI"])
        self.assertIn("/libraries/SPI/src", self.line_of("src/main.cpp"))

    def test_manifest_flags(self):
        files = {"src/main.cpp": MAIN % ("#include <A.h>", "A_call();"), **library("A")}
        files["lib/A/library.json"] = """{"name": "Fancy", "version": "1.0.0", "build":
            {"flags": ["-DFANCY=2", "-Iinner"], "srcFilter": ["+<*>", "-<skipped.cpp>"], "unflags": "-Os"}}"""
        files["lib/A/src/skipped.cpp"] = "#error skipped\n"
        files["lib/A/inner/inner.h"] = ""
        project = self.built(files)
        self.assertEqual(project.plan()["libraries"], ["Fancy"])
        line = self.line_of("lib/A/src/A.cpp")
        self.assertIn("-DFANCY=2", line)
        self.assertIn("-Ilib/A/inner", line)
        self.assertNotIn(" -Os ", line)
        self.assertNotIn("-DFANCY=2", self.line_of("src/main.cpp"))

    def test_ignored(self):
        files = {"src/main.cpp": MAIN % ("#if 0\n#include <A.h>\n#endif", ""), **library("A")}
        project = self.project({"platformio.ini": UNO + "lib_ignore = A\n", **files})
        self.assertEqual(project.plan()["libraries"], [])

    def test_modes(self):
        files = {"src/main.cpp": MAIN % ("#include <A.h>", "A_call();"), **library("A")}
        for mode, wanted in (("off", []), ("chain", ["A"]), ("deep", ["A"])):
            project = self.project({"platformio.ini": UNO + "lib_ldf_mode = %s\n" % mode, **files})
            self.assertEqual(project.plan()["libraries"], wanted, mode)

    def test_deleting_a_source_takes_its_code(self):
        files = {"src/main.cpp": MAIN % ("#include <A.h>", "A_call();"), **library("A"),
                 "lib/A/src/extra.cpp": "int extra_part;\n"}
        project = self.built(files)
        project.remove("lib/A/src/extra.cpp")
        project.ninja()
        self.assertEqual(project.run(["/usr/bin/avr-ar", "t", ".fbuild/build/uno/lib/libA.a"]).out, "A.cpp.o\n")
        self.assertEqual(project.compiled(), [])

    def test_two_folders_of_one_name(self):
        project = self.project({"platformio.ini": UNO + "lib_extra_dirs = more\n",
                                "src/main.cpp": MAIN % ("#include <A.h>\n#include <other.h>", "A_call();"), **library("A"),
                                "more/A/other.h": "", "more/A/other.cpp": "int other;\n"})
        project.build()
        self.assertEqual(len([name for name in project.compiled() if name.endswith(("A.cpp", "other.cpp"))]), 2)
        self.assertTrue(project.idle())

    def test_a_broken_manifest_is_as_none(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": MAIN % ("#include <A.h>", "A_call();"), **library("A"),
                                "lib/A/library.json": "{\n\n]\n"})
        run = project.gen()
        self.assertIn("lib/A/library.json:3: the manifest is ignored: not valid JSON", run.err)
        self.assertEqual(project.plan()["libraries"], ["A"])

    def test_conditions(self):
        files = {"src/main.cpp": MAIN % ('#include "config.h"\n#if USE == 2\n#include <A.h>\n#else\n#include <B.h>\n#endif', ""),
                 "src/config.h": "#ifndef USE\n#define USE 1\n#endif\n", **library("A"), **library("B")}
        project = self.project({"platformio.ini": UNO + "lib_ldf_mode = chain+\n", **files})
        project.build()
        self.assertEqual(project.plan()["libraries"], ["B"])
        # An edit of a #define alone decides anew, one of anything else generates nothing.
        project.write("src/config.h", "#ifndef USE\n#define USE 2\n#endif\n")
        project.ninja()
        self.assertEqual(project.plan()["libraries"], ["A"])
        self.assertIn("lib/A/src/A.cpp", project.compiled())
        self.assertTrue(project.idle())
        project.write("platformio.ini", UNO + "lib_ldf_mode = chain+\nbuild_flags = -DUSE=3\n")
        project.ninja()
        self.assertEqual(project.plan()["libraries"], ["B"])
        self.assertTrue(project.idle())

    def test_why(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": MAIN % ("#include <A.h>", "A_call();"),
                                **library("A", "#include <B.h>", "B_call();"), **library("B"), **library("C"),
                                "lib/B/library.json": '{"name": "Bee", "version": "1.2.3", "dependencies": {"C": "*"}}'})
        run = project.gen("--print-libraries", "uno")
        self.assertEqual(run.out.splitlines()[0].split(" of ")[0], "uno: 3 libraries")
        self.assertEqual(run.out.splitlines()[1:], [
            "|-- A (lib/A): src/main.cpp includes lib/A/src/A.h",
            "|   |-- Bee @ 1.2.3 (lib/B): lib/A/src/A.cpp includes lib/B/src/B.h",
            "|   |   |-- C (lib/C): lib/B/library.json names it"])
        self.assertFalse(project.exists("build.ninja"))

    def test_compatibility(self):
        files = {"src/main.cpp": MAIN % ("#include <A.h>\n#include <B.h>", ""), **library("A"), **library("B"), "src/A.h": "", "src/B.h": "",
                 "lib/A/library.json": '{"name": "A", "frameworks": "espidf"}', "lib/B/library.properties": "name=B\narchitectures=samd\n"}
        for mode, wanted in (("off", True, ), ("soft", False), ("strict", False)):
            project = self.project({"platformio.ini": UNO + "lib_compat_mode = %s\nlib_ldf_mode = off\nlib_deps =\n  A\n  B\n" % mode, **files})
            self.assertEqual("A" in project.plan()["libraries"], wanted, mode)
            self.assertEqual("B" in project.plan()["libraries"], mode != "strict", mode)

    def test_bundled_ones_are_compiled_once(self):
        two = UNO + UNO.replace("[env:uno]", "[env:other]")
        project = self.project({"platformio.ini": two, "src/main.cpp": MAIN % ("#include <SPI.h>", "SPI.begin();")})
        project.build()
        self.assertEqual(len([name for name in project.compiled() if name.endswith("SPI.cpp")]), 1)
        self.assertTrue(project.idle())

    def test_flags_reach_the_link(self):
        """A manifest's libraries and linker flags come first in the link; its folders are searched by those who use it."""
        project = self.built({"src/main.cpp": MAIN % ("#include <A.h>\n#include <more.h>", "A_call();"), **library("A"), "lib/A/extra/more.h": "",
                              "lib/A/library.json": '{"build": {"flags": ["-Iextra", "-lm", "-Wl,--defsym=mine=1", "-Lprebuilt"], "libArchive": false}}',
                              **library("B"), "lib/B/library.properties": "name=B\nprecompiled=true\nldflags=-lpre\n",
                              "lib/A/src/B.cpp": "#include <B.h>\n", "lib/B/src/atmega328p/libpre.a": "!<arch>\n", "lib/A/prebuilt/x": ""})
        link = self.link()
        self.assertIn(" -Wl,--defsym=mine=1 -mmcu=atmega328p ", link)
        self.assertIn(" -Llib/A/prebuilt", link)
        self.assertIn("-Llib/B/src/atmega328p", link)
        self.assertIn(" -Wl,--start-group -lpre ", link)
        self.assertIn("-Isrc -Ilib/A/src -Ilib/B/src -Ilib/A/extra", self.line_of("src/main.cpp"))
        self.assertLess(link.index("lib/A/A.cpp.o"), link.index("src/main.cpp.o"))


if __name__ == "__main__":
    unittest.main()
