"""Hostile names, and projects that move."""

import json
import os
import random
import shutil
import unittest

from project import CORE, MAIN, SMALL, UNO, Case

# Everything the shell, ninja, make-style depend files and gcc could trip over.
HOSTILE = "a b (c) $d ${e} 'f' \"g\" #h :i &j ;k [l] {m} ~n !o %p @q +r ,s =t ^u äöü 漢 `v` *w ?x <y> |z \\"

# ninja 1.11 ends the names in gcc's depend files at these; it is told of them another way.
LOST_IN_DEPEND_FILES = "'\"&?`*<>|;^\\"

SOURCE_NAMES = ["a b.cpp", "c(d).cpp", "e$f.cpp", "g'h.cpp", 'i"j.cpp', "k#l.cpp", "m:n.cpp", "o&p.c", "q[r].c", "s{t}.S",
                "äöü.cpp", "-v.cpp", "w%x.cpp", "$(y).cpp", "${z}.cpp", "~.cpp", "@file.cpp", "+,=!.cpp"]


class Hostile(Case):
    def test_project_folder(self):
        """Nothing in a project's own paths depends on where it lies."""
        project = self.project({"platformio.ini": UNO, "src/main.cpp": MAIN,
                                "lib/Part/part.h": "", "src/x.cpp": "#include <part.h>\n",
                                "lib/Part/part.cpp": "int part;\n"}, HOSTILE)
        project.gen("-q")
        project.ninja()
        self.assertTrue(project.idle())
        plain = self.project({"platformio.ini": UNO, "src/main.cpp": MAIN,
                              "lib/Part/part.h": "", "src/x.cpp": "#include <part.h>\n",
                              "lib/Part/part.cpp": "int part;\n"})
        plain.build()
        self.assertEqual(project.firmware(), plain.firmware())
        project.compiled()
        project.edit("src/main.cpp", "delay(100)", "delay(200)")
        project.ninja("-f", ".fbuild/build/uno/build.ninja")
        self.assertEqual(project.compiled(), ["src/main.cpp"])
        out = project.gen("-C", project.dir, cwd="/")
        self.assertEqual(out.err, "")

    def test_project_folder_by_absolute_names(self):
        """A build directory elsewhere is named absolutely."""
        folder = self.folder("".join(c for c in HOSTILE if c not in "|<>"))
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.gen("-q", "-B", folder)
        project.ninja()
        self.assertTrue(project.idle())
        self.assertTrue(os.path.exists(os.path.join(folder, "uno/firmware.hex")))
        project.compiled()
        project.edit("src/main.cpp", "loop() {}", "loop() { delay(200); }")
        project.ninja()
        self.assertEqual(project.compiled(), ["src/main.cpp"])

    def test_core_folder(self):
        core = self.folder("".join(c for c in HOSTILE if c not in "|<>"))
        shutil.copytree(CORE, core, dirs_exist_ok=True, ignore=shutil.ignore_patterns("bootloaders", "firmwares", "libraries"))
        os.symlink(core, os.path.join(os.path.dirname(core), "core"))
        # The ini file's own syntax takes '#' and ';' as comments and $ as a reference.
        project = self.project({"platformio.ini": UNO + "platform_packages = framework-arduino-avr @ symlink://../" +
                                os.path.relpath(os.path.join(os.path.dirname(core), "core"), os.path.dirname(self.temporary)) + "\n",
                                "src/main.cpp": SMALL})
        project.edit("platformio.ini", "symlink://../" + os.path.relpath(os.path.join(os.path.dirname(core), "core"), os.path.dirname(self.temporary)),
                     "symlink://" + os.path.join(os.path.dirname(core), "core"))
        project.build()
        self.assertTrue(project.idle())

    def test_sources(self):
        files = {"platformio.ini": UNO, "src/main.cpp": SMALL}
        for i, name in enumerate(SOURCE_NAMES):
            if name.endswith(".cpp"):
                files["src/" + name] = '#include "shared (1) $x.h"\n__attribute__((constructor)) void from_%d() { *(volatile char*)0x3e = %d; }\n' % (i, i)
            elif name.endswith(".c"):
                files["src/" + name] = "int from_%d(void) { return 1; }\n" % i
            else:
                files["src/" + name] = ".global from_%d\nfrom_%d: ret\n" % (i, i)
        self.assertGreater(len([name for name in SOURCE_NAMES if set(name) & set(LOST_IN_DEPEND_FILES)]), 2)
        files["src/shared (1) $x.h"] = "#pragma once\n"
        files["src/plain.cpp"] = "#include \"it's & <more>;.h\"\n"
        files["src/it's & <more>;.h"] = "#pragma once\n"
        files["src/a/shared (1) $x.h"] = "#pragma once\n"
        project = self.project(files)
        project.build()
        self.assertEqual(len([name for name in project.compiled() if name.startswith("src/")]), len(SOURCE_NAMES) + 2)
        self.assertTrue(project.idle())
        for name in SOURCE_NAMES:
            with self.subTest(name):
                path = "src/" + name
                project.write(path, project.read(path) + "\n")
                project.ninja()
                self.assertEqual(project.compiled(), [path])
        project.write("src/it's & <more>;.h", "#pragma once\nextern int also;\n")
        self.assertNotIn("including file", project.ninja().out)
        self.assertEqual(project.compiled(), ["src/plain.cpp"])
        project.write("src/shared (1) $x.h", "#pragma once\nextern int changed;\n")
        project.ninja()
        self.assertEqual(len(project.compiled()), len([name for name in SOURCE_NAMES if name.endswith(".cpp")]))
        self.assertTrue(project.idle())
        for entry in json.loads(project.read("compile_commands.json")):
            self.assertTrue(project.exists(entry["file"]), entry["file"])

    def test_folders(self):
        name = "it (1) #2 $3 äö"
        project = self.project({
            "platformio.ini": "[platformio]\nsrc_dir = s %s\n" % name.replace("#", "") + UNO,
            "s it (1) 2 $3 äö/main.cpp": "#include <part.h>\n#include <own.h>\n" + SMALL,
            "s it (1) 2 $3 äö/own.h": "",
            "include/x.h": "",
            "lib/" + name + "/part.h": "void part();\n",
            "lib/" + name + "/part.cpp": '#include "part.h"\nvoid part() {}\n',
        })
        project.build()
        compiled = project.compiled()
        self.assertIn("s it (1) 2 $3 äö/main.cpp", compiled)
        self.assertIn("lib/" + name + "/part.cpp", compiled)
        self.assertTrue(project.idle())

    def test_sketch(self):
        project = self.project({"platformio.ini": UNO,
                                "src/my 'sketch' (1) $x.ino": "void setup() { helper(); }\nvoid loop() {}\n",
                                "src/b & c.ino": "void helper() {}\n"})
        project.build()
        project.runs()
        project.ninja()
        self.assertEqual(project.runs(), [])
        project.write("src/b & c.ino", "void helper() { delay(1); }\n")
        project.ninja()
        self.assertEqual(len(project.compiled()), 1)
        project.write("src/b & c.ino", "void helper() { oops; }\n")
        self.assertIn("src/b & c.ino:1:17: error", project.ninja(status=1).out)

    def test_defines(self):
        """What PlatformIO makes of these, seen by the compiler itself."""
        flags = {
            "-DA='\"it is\"'": ("A", '"it is"'),
            "-DB=\\\"b\\\"": ("B", '"b"'),
            "'-DC=\"c#c\"'": ("C", '"c#c"'),
            "-DE='(1 + 2)'": ("E", "(1 + 2)"),
            # Four become two where the flags are read, and one where they are put together;
            # the backslash keeps it from the shell.
            '-DD=\\"d\\\\$$$$d\\"': ("D", '"d$d"'),
            "-DH=\\\"h:h&h\\\"": ("H", '"h:h&h"'),
            "-DG=\\\"äö\\\"": ("G", '"äö"'),
        }
        text = "#include <Arduino.h>\n"
        for name, value in flags.values():
            text += "static_assert(sizeof(%s) == sizeof(%s), \"%s\");\n" % (name, value, name)
        project = self.project({"platformio.ini": UNO + "build_flags =\n" + "".join("  %s\n" % flag for flag in flags),
                                "src/main.cpp": text + "void setup() {}\nvoid loop() {}\n"})
        project.build()
        self.assertTrue(project.idle())

    def test_random_names(self):
        """Any name a file can have that ninja can write."""
        rng = random.Random(20260)
        alphabet = [chr(c) for c in range(32, 127) if chr(c) not in "/|"] + list("äßÿ€漢")
        files = {"platformio.ini": UNO, "src/main.cpp": SMALL}
        for i in range(40):
            name = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 12))).strip(" .") or "x"
            files["src/" + name + "_%d.c" % i] = "int random_%d(void) { return %d; }\n" % (i, i)
        project = self.project(files)
        project.build()
        self.assertEqual(len([name for name in project.compiled() if name.startswith("src/")]), 41)
        self.assertTrue(project.idle())


class Moved(Case):
    def test_a_moved_project_is_warm(self):
        project = self.project({"platformio.ini": UNO + "build_flags = -Iextra -DX -include extra/x.h\n", "src/main.cpp": SMALL,
                                "lib/Part/part.h": "", "src/x.cpp": "#include <part.h>\n", "extra/x.h": "",
                                "lib/Part/part.cpp": "int part;\n", "src/main.cpp": SMALL})
        project.build()
        project.ninja()
        project.runs()
        before = project.mtimes()
        new = os.path.join(self.folder("new home"), "moved")
        os.rename(project.dir, new)
        project.dir = new
        self.assertTrue(project.idle())
        project.gen("-q")
        after = project.mtimes()
        changed = sorted(name for name in after if after[name] != before.get(name))
        # What names the place, and what only keeps records; nothing that commands are in.
        records = ("ninja_log", "ninja_deps", "ninja.lock", "watch.table", "/gate", "/planned", "/build/build.ninja")
        changed = [name for name in changed if not any(record in name for record in records)]
        self.assertEqual([name for name in changed if not name.endswith(("all.ninja", "uno/build.ninja"))],
                         [".fbuild/build/uno/compile_commands.json"])
        self.assertTrue(project.idle())
        for entry in json.loads(project.read("compile_commands.json")):
            self.assertEqual(entry["directory"], project.dir)

    def test_with_a_core_inside(self):
        project = self.project({"platformio.ini": UNO + "platform_packages = framework-arduino-avr @ file://packages/core\n",
                                "src/main.cpp": SMALL})
        shutil.copytree(CORE, project.path("packages/core"), ignore=shutil.ignore_patterns("bootloaders", "firmwares", "libraries"))
        project.build()
        project.ninja()
        project.runs()
        link = os.readlink(project.path(".fbuild/build/packages/framework-arduino-avr"))
        self.assertFalse(link.startswith("/"), link)
        new = os.path.join(self.folder("new home"), "moved")
        os.rename(project.dir, new)
        project.dir = new
        self.assertTrue(project.idle())
        project.gen("-q")
        self.assertTrue(project.idle())


if __name__ == "__main__":
    unittest.main()
