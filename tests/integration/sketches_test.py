"""Sketches: joined in the build directory, compiled once, errors in the .ino."""

import os
import re
import unittest

from project import UNO, Case

FILES = {
    "platformio.ini": UNO,
    "src/main.ino": """\
#define LIMIT 3
struct Point { int x; };
void setup() {
  Serial.begin(9600);
  Serial.println(helper(LIMIT));
  show(Point{1});
}
void loop() { other(); }
int helper(int n, int m = 2) { return n * m; }
void show(const Point& p) { Serial.println(p.x); }
""",
    "src/other.ino": "void other() { late(); }\nvoid late() { delay(10); }\n",
    "src/plain.cpp": "int plain;\n",
}


class Sketches(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.built = cls.project(FILES)
        cls.sources = cls.built.snapshot("src")
        cls.built.build()
        cls.first = cls.built.compiled()

    def setUp(self):
        self.p = self.project({})
        os.rmdir(self.p.dir)
        self.p.run(["cp", "-a", self.built.dir, self.p.dir], cwd="/")

    def sketch(self):
        return [name for name in self.p.compiled() if name.startswith(".fbuild/build/uno/sketch/")]

    def test_nothing_is_written_beside_the_sources(self):
        self.assertEqual(self.built.snapshot("src"), self.sources)
        self.assertEqual(sorted(os.listdir(self.built.dir)), [".fbuild", "build.ninja", "compile_commands.json", "platformio.ini", "src"])
        self.assertEqual([name for name in self.first if "sketch" in name], [".fbuild/build/uno/sketch/main.ino.cpp"])

    def test_an_unchanged_sketch_is_not_compiled_again(self):
        self.assertTrue(self.p.idle())
        for name in ("src/main.ino", "src/other.ino"):
            os.utime(self.p.path(name))
            self.p.ninja()
            self.assertEqual(self.p.compiled(), [], name)
            self.assertTrue(self.p.idle())

    def test_a_changed_tab_compiles_the_sketch_alone(self):
        self.p.edit("src/other.ino", "delay(10)", "delay(20)")
        self.p.ninja()
        self.assertEqual(len(self.sketch()), 1)
        self.assertNotEqual(self.p.firmware(), self.built.firmware())
        self.assertTrue(self.p.idle())

    def test_errors_point_into_the_ino(self):
        self.p.edit("src/other.ino", "delay(10)", "delay(ten)")
        out = self.p.ninja(status=1).out
        self.assertRegex(out, r"(?m)^src/other\.ino:2:21: error: .*ten")
        self.p.edit("src/other.ino", "delay(ten)", "delay(10)")
        self.p.edit("src/main.ino", "  Serial.println(p.x); }".strip(), "Serial.println(p.y); }")
        out = self.p.ninja(status=1).out
        self.assertRegex(out, r"(?m)^src/main\.ino:10:46: error: .*y")

    def test_the_debugger_finds_the_ino(self):
        # avr-gcc 5.4 keeps no lines of what was optimized at link time.
        self.p.write("platformio.ini", UNO + "build_type = debug\nbuild_unflags = -flto\n")
        self.p.ninja()
        elf = ".fbuild/build/uno/debug/firmware.elf"
        symbols = {words[2]: words[0] for words in map(str.split, self.p.run(["avr-nm", elf]).out.splitlines()) if len(words) == 3}
        for name, file in (("loop", "main"), ("_Z5otherv", "other")):
            self.assertRegex(self.p.run(["avr-addr2line", "-e", elf, symbols[name]]).out, r"src/%s\.ino:\d+" % file)

    def test_a_tab_added_and_deleted(self):
        before = self.p.firmware()
        self.p.write("src/third.ino", "ISR(INT0_vect) { late(); }\n")
        self.p.ninja()
        self.assertEqual(len(self.sketch()), 1)
        self.assertNotEqual(self.p.firmware(), before)
        self.p.remove("src/third.ino")
        self.p.ninja()
        self.assertEqual(len(self.sketch()), 1)
        self.assertEqual(self.p.firmware(), before)
        self.assertTrue(self.p.idle())

    def test_a_second_main_file_is_said(self):
        self.p.write("src/third.ino", "void setup() {}\n")
        run = self.p.ninja(status=1)
        self.assertRegex(run.out, r"(?m)^src/(third|main)\.ino:\d+(:\d+)?: .*; ")
        self.p.remove("src/third.ino")
        self.p.ninja()
        self.assertTrue(self.p.idle())

    def test_a_sketch_becomes_a_program(self):
        self.p.remove("src/main.ino")
        self.p.remove("src/other.ino")
        self.p.write("src/main.cpp", "#include <Arduino.h>\nvoid setup() {}\nvoid loop() {}\n")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/main.cpp"])
        self.assertTrue(self.p.idle())

    def test_a_library_included_by_a_tab(self):
        self.p.write("lib/Part/part.h", "void part();\n")
        self.p.write("lib/Part/part.cpp", '#include "part.h"\nvoid part() {}\n')
        self.p.edit("src/other.ino", "void other() {", "#include <part.h>\nvoid other() { part();")
        self.p.ninja()
        compiled = self.p.compiled()
        self.assertEqual(len(compiled), 3, compiled)  # src/plain.cpp gets the include folder too
        self.assertIn("lib/Part/part.cpp", compiled)

    def test_the_same_as_the_same_code_in_cpp(self):
        plain = self.project({"platformio.ini": UNO, "src/plain.cpp": "int plain;\n", "src/main.ino.cpp": """\
#include <Arduino.h>
#define LIMIT 3
struct Point { int x; };
int helper(int n, int m = 2);
void show(const Point& p);
void other();
void late();
""" + FILES["src/main.ino"].split("\n", 2)[2].replace("int m = 2)", "int m)") + FILES["src/other.ino"]})
        plain.build()
        self.assertEqual(self.built.firmware(), plain.firmware())


if __name__ == "__main__":
    unittest.main()
