"""Reports of finished builds: sizes, growth, and warnings that are kept beside the objects."""

import json
import os
import re
import unittest
import xml.etree.ElementTree

from project import Case

INI = """\
[env]
platform = atmelavr
framework = arduino

[env:uno]
board = uno

[env:nano]
board = nanoatmega328
"""

MAIN = """\
#include <Arduino.h>
#include "shared.h"
void setup() { int unused; }
void loop() { shared(); }
"""


class Report(Case):
    def setUp(self):
        self.p = self.project({"platformio.ini": INI, "src/main.cpp": MAIN, "src/other.cpp": "int other() { int x; return 1; }\n",
                               "include/shared.h": "inline void shared() { int in_header; }\n"})
        self.p.gen("-q", "--keep-diagnostics")

    def report(self, form="json", *arguments, **options):
        out = self.p.gen("--report", form, *arguments, **options).out
        return {e["name"]: e for e in json.loads(out)["environments"]} if form == "json" else out

    def warnings(self, environment="uno"):
        return sorted((d["file"], d["line"]) for d in self.report()[environment]["diagnostics"])

    WARNINGS = [("include/shared.h", 1), ("src/main.cpp", 3), ("src/other.cpp", 1)]

    def test_warnings_outlive_the_build_that_showed_them(self):
        first = self.p.ninja().out
        self.assertIn("unused variable 'unused'", first.replace("‘", "'").replace("’", "'"))
        self.assertEqual(self.warnings(), self.WARNINGS)
        self.assertTrue(self.p.idle())
        self.assertEqual(self.warnings(), self.WARNINGS)
        # One compile, and the warnings of the others are still there.
        self.p.runs()
        self.p.edit("src/other.cpp", "int x; ", "")
        self.p.ninja()
        self.assertEqual(len([line for line in self.p.runs() if " -c " in line]), 2)
        self.assertEqual(self.warnings(), self.WARNINGS[:2])
        self.p.remove("src/other.cpp")
        self.p.edit("include/shared.h", "int in_header; ", "")
        self.p.ninja()
        self.assertEqual(self.warnings(), [("src/main.cpp", 3)])

    def test_what_the_user_sees_is_the_same(self):
        plain = self.project({name: self.p.read(name) for name in ("platformio.ini", "src/main.cpp", "src/other.cpp", "include/shared.h")})
        plain.env["CLICOLOR_FORCE"] = self.p.env["CLICOLOR_FORCE"] = "1"  # or ninja takes them out
        plain.env["PLATFORMIO_BUILD_FLAGS"] = self.p.env["PLATFORMIO_BUILD_FLAGS"] = "-fdiagnostics-color=always"
        plain.gen("-q")
        self.p.gen("-q", "--keep-diagnostics")
        shown = [sorted(line for line in project.ninja("-j1").out.splitlines() if not re.match(r"\[\d+/\d+\]", line)) for project in (plain, self.p)]
        self.assertEqual(*shown)
        self.assertIn("\033[", "".join(shown[1]))
        self.assertEqual(plain.firmware(), self.p.firmware())
        self.assertEqual(self.warnings(), self.WARNINGS)  # without the colors

    def test_a_build_that_failed(self):
        self.p.ninja()
        self.p.edit("src/other.cpp", "return 1", "return undeclared")
        self.p.ninja(status=1)
        entry = self.report()["uno"]
        self.assertEqual(entry["state"], "not built")
        self.assertNotIn("flash", entry)
        self.assertIn(("src/other.cpp", 1, "error"), [(d["file"], d["line"], d["severity"]) for d in entry["diagnostics"]])
        self.assertRegex(self.report("github"), r"(?m)^::error file=src/other.cpp,line=1,col=\d+,title=uno%2C nano::")
        suite = xml.etree.ElementTree.fromstring(self.report("junit").encode()).find("testsuite[@name='uno']")
        self.assertEqual(suite.get("failures"), "1")
        self.assertIn("undeclared", suite.find("testcase/failure").text)
        # The edit is taken back: nothing is compiled, and nothing is wrong.
        self.p.edit("src/other.cpp", "return undeclared", "return 1")
        self.p.runs()
        self.p.ninja()
        self.assertEqual([line for line in self.p.runs() if " -c " in line], [])
        self.assertEqual(self.report()["uno"]["state"], "built")
        self.assertEqual(self.warnings(), self.WARNINGS)

    def test_sizes_and_growth(self):
        self.p.ninja()
        self.p.write("base.json", self.p.gen("--report", "json").out)
        size = json.loads(self.p.read(".fbuild/build/uno/firmware.size.json"))
        self.assertEqual(self.report()["uno"]["flash"], {"used": size["flash"]["used"], "max": 32256})
        self.p.edit("src/main.cpp", "shared();", "shared(); Serial.begin(9600); Serial.println(millis());")
        self.p.ninja()
        entry = self.report("json", "--base", "base.json")["uno"]
        grown = json.loads(self.p.read(".fbuild/build/uno/firmware.size.json"))["flash"]["used"] - size["flash"]["used"]
        self.assertGreater(grown, 100)
        self.assertEqual(entry["flash"]["growth"], grown)
        self.assertGreater(entry["seconds"], 0)
        out = self.report("github", "--base", "base.json", env={"GITHUB_STEP_SUMMARY": self.p.path("summary.md")})
        self.assertRegex(out, r"(?m)^::warning file=include/shared\.h,line=1,col=\d+,title=uno%2C nano::unused variable .*\[-Wunused-variable\]$")
        self.assertRegex(out, r"(?m)^::notice title=uno::flash \d+ of 32256 bytes \(\d+\.\d%%25\), \+%d; RAM" % grown)
        self.assertIn("| uno | built |", self.p.read("summary.md"))
        junit = xml.etree.ElementTree.fromstring(self.report("junit", "--base", "base.json").encode())
        suite = junit.find("testsuite[@name='uno']")
        self.assertEqual((junit.get("failures"), suite.get("tests"), len(suite.findall("testcase"))), ("0", "3", 3))
        properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
        self.assertEqual(properties["flash_growth"], str(grown))

    def test_without_keeping(self):
        plain = self.project({"platformio.ini": INI, "src/main.cpp": "#include <Arduino.h>\nvoid setup() { int u; }\nvoid loop() {}\n"})
        plain.build("uno")
        data = json.loads(plain.gen("--report", "json").out)
        self.assertFalse(data["diagnostics_kept"])
        self.assertEqual([(e["state"], e["warnings"]) for e in data["environments"]], [("built", 0), ("not built", 0)])
        self.assertEqual(list(e["name"] for e in json.loads(plain.gen("--report", "json", "-e", "nano").out)["environments"]), ["nano"])
        self.assertIn("file=firmware/src", self.p.gen("-C", self.move(), "--report", "github", cwd=os.path.dirname(self.p.dir)).out)

    def test_the_option_compiles_nothing(self):
        p = self.p
        p.ninja()
        self.assertEqual(self.report()["uno"]["unknown"], 0)
        p.runs()
        p.gen("-q")
        p.ninja()
        self.assertEqual(p.runs(), [])
        self.assertEqual(self.report()["uno"]["diagnostics"], [])
        p.edit("src/other.cpp", "int x; ", "int y; ")
        p.ninja("uno")
        self.assertEqual(len([line for line in p.runs() if ' -c ' in line]), 1)
        p.gen("-q", "--keep-diagnostics")
        p.ninja("uno")
        self.assertEqual(p.runs(), [])
        entry = self.report()["uno"]
        self.assertEqual(entry["diagnostics"], [])
        self.assertGreater(entry["unknown"], 20)
        self.assertIn("title=uno::%d files were compiled before --keep-diagnostics" % entry["unknown"], self.report("github", "-e", "uno"))
        # What is compiled from now on is kept.
        p.edit("src/main.cpp", "shared();", "shared(); other();")
        p.edit("src/main.cpp", '#include "shared.h"', '#include "shared.h"\nint other();')
        p.ninja("uno")
        self.assertEqual(self.warnings(), [("include/shared.h", 1), ("src/main.cpp", 4)])
        self.assertEqual(self.report()["uno"]["unknown"], entry["unknown"] - 2)  # main.cpp and the program
        p.ninja("uno/clean")
        p.ninja("uno")
        self.assertEqual(self.warnings(), [("include/shared.h", 1), ("src/main.cpp", 4), ("src/other.cpp", 1)])

    def test_with_a_launcher(self):
        folder = os.path.join(self.folder("o'dd $(x)"), "b in")
        os.makedirs(folder)
        with open(folder + "/ccache", "w") as out:
            out.write('#!/bin/sh\necho x >>"%s"\nexec "$@"\n' % self.p.path("..", "log"))
        os.chmod(folder + "/ccache", 0o755)
        self.p.write('src/a "b" $c.s', ".global a\na:\n")
        self.p.gen("-q", "--keep-diagnostics", "--launcher", folder + "/ccache")
        self.p.ninja("uno")
        with open(self.p.path("..", "log")) as log:
            self.assertGreater(len(log.readlines()), 20)
        self.assertEqual(self.warnings(), self.WARNINGS)
        self.assertEqual(self.report()["uno"]["unknown"], 0)
        self.p.runs()
        self.p.gen("-q", "--keep-diagnostics", "--launcher", "none")
        self.p.ninja("uno")
        self.assertEqual(self.p.runs(), [])
        self.assertEqual(self.warnings(), self.WARNINGS)

    def move(self):
        self.p.ninja()
        os.rename(self.p.dir, os.path.join(os.path.dirname(self.p.dir), "firmware"))
        self.p.dir = os.path.join(os.path.dirname(self.p.dir), "firmware")
        return "firmware"

    def test_bad_calls(self):
        empty = self.project({"platformio.ini": INI, "src/main.cpp": MAIN})
        self.assertError(empty.gen("--report", "json", status=2), "nothing was built", "ninja")
        self.assertError(self.p.gen("--report", "junti", status=2), "did you mean 'junit'")
        self.assertError(self.p.gen("--base", "x", status=2), "--report")
        self.assertError(self.p.gen("--report", "json", "--base", "nowhere", status=2), "nowhere")
        self.p.write("x", "{}")
        self.assertError(self.p.gen("--report", "json", "--base", "x", status=2), "no report")


if __name__ == "__main__":
    unittest.main()
