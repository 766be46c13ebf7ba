"""Editing the project is enough: the next plain `ninja` does what is needed and no more."""

import os
import shutil
import unittest

from project import BIN, CORE, Case, SMALL, UNO

USER = """\
#include <Arduino.h>
#include "part.h"
void setup() { part(); }
void loop() {}
"""


CORE_SOURCES = len([name for name in os.listdir(CORE + "/cores/arduino") if name.endswith((".c", ".cpp", ".S"))])
ALL = CORE_SOURCES + 2


class Regenerate(Case):
    """One project, built once; each test works on a copy of it with all its times."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.built = cls.project({
            "platformio.ini": UNO + "build_flags =\n  -DONE=1\n",
            "src/main.cpp": SMALL,
            "src/second.cpp": "__attribute__((constructor, noinline)) void second_value() { *(volatile char*)0x3e = 2; }\n",
        })
        cls.built.build()
        cls.first_compiled = cls.built.compiled()
        cls.built.ninja()

    def setUp(self):
        self.p = self.project({})
        os.rmdir(self.p.dir)
        self.p.run(["cp", "-a", self.built.dir, self.p.dir], cwd="/")

    def test_a_copy_is_as_warm(self):
        self.assertEqual(len(self.first_compiled), ALL)
        self.assertTrue(self.p.idle())

    def test_first_ninja_needs_no_second(self):
        self.assertTrue(self.p.idle())
        self.assertIn("no work to do", self.p.ninja().out)

    def test_one_source_edited(self):
        self.p.write("src/second.cpp", "__attribute__((constructor, noinline)) void second_value() { *(volatile char*)0x3e = 3; }\n")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/second.cpp"])
        self.assertTrue(self.p.idle())

    def test_an_edited_header_recompiles_who_includes_it(self):
        self.p.write("src/part.h", "inline void part() {}\n")
        self.p.write("src/main.cpp", USER)
        self.p.ninja()
        self.p.compiled()
        self.p.write("src/part.h", "inline void part() { Serial.begin(9600); }\n")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/main.cpp"])

    def test_comments_compile_nothing(self):
        for edit in (lambda: self.p.edit("platformio.ini", "board = uno", "; a comment\nboard = uno"),
                     lambda: self.p.edit("platformio.ini", "board = uno", "board    =   uno ; my board"),
                     lambda: self.p.write("platformio.ini", self.p.read("platformio.ini") + "\n# the end\n")):
            edit()
            self.p.ninja()
            self.assertEqual(self.p.runs(), [])
            self.assertTrue(self.p.idle())

    def test_a_flag_recompiles_all(self):
        self.p.edit("platformio.ini", "-DONE=1", "-DONE=2")
        self.p.ninja()
        self.assertEqual(len(self.p.compiled()), ALL)
        self.assertTrue(self.p.idle())

    def test_a_source_flag_recompiles_the_project_alone(self):
        self.p.write("platformio.ini", self.p.read("platformio.ini") + "build_src_flags = -DTWO\n")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/main.cpp", "src/second.cpp"])

    def test_a_source_added_and_deleted(self):
        before = self.p.firmware()
        self.p.write("src/deep/er/third.cpp", "__attribute__((constructor, noinline)) void third_value() { *(volatile char*)0x3e = 3; }\n")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/deep/er/third.cpp"])
        self.assertNotEqual(self.p.firmware(), before)
        self.assertIn(b"third_value", self.p.elf_text())
        self.assertIn("third.cpp", self.p.read("compile_commands.json"))
        self.p.remove("src/deep/er/third.cpp")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), [])
        self.assertEqual(self.p.firmware(), before)
        self.assertNotIn(b"third_value", self.p.elf_text())
        self.assertNotIn("third.cpp", self.p.read("compile_commands.json"))
        self.assertTrue(self.p.idle())

    def test_a_source_renamed(self):
        os.rename(self.p.path("src/second.cpp"), self.p.path("src/zweite.cpp"))
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/zweite.cpp"])
        self.assertIn(b"second_value", self.p.elf_text())

    def test_a_source_folder_moved_away_whole(self):
        self.p.write("src/more/a.cpp", "__attribute__((constructor, noinline)) void more_value() { *(volatile char*)0x3e = 3; }\n")
        self.p.ninja()
        shutil.rmtree(self.p.path("src/more"))
        self.p.ninja()
        self.assertNotIn(b"more_value", self.p.elf_text())

    def test_a_folder_of_headers(self):
        """A new folder that only has headers, and a header that starts to shadow another."""
        self.p.write("src/inner/part.h", "inline void part() {}\n")
        self.p.write("src/main.cpp", USER.replace('"part.h"', '"inner/part.h"'))
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/main.cpp"])
        self.assertTrue(self.p.idle())

    def test_an_include_folder_appears(self):
        self.p.write("include/part.h", "inline void part() {}\n")
        self.p.write("src/main.cpp", USER)
        self.p.ninja()
        self.assertIn("src/main.cpp", self.p.compiled())
        self.assertTrue(self.p.idle())

    def test_a_library_appears(self):
        self.p.write("src/main.cpp", USER)
        self.p.ninja(status=1)
        self.p.write("lib/Part/part.h", "void part();\n")
        self.p.write("lib/Part/part.cpp", '#include "part.h"\nvoid part() {}\n')
        self.p.compiled()
        self.p.ninja()
        self.assertIn("lib/Part/part.cpp", self.p.compiled())
        self.assertTrue(self.p.idle())

    def test_extra_configs(self):
        self.p.write("platformio.ini", "[platformio]\nextra_configs = more/*.ini\n" + self.p.read("platformio.ini"))
        self.p.ninja()
        self.assertEqual(self.p.compiled(), [])
        os.makedirs(self.p.path("more"))
        self.p.write("more/a.ini", "[env:uno]\nbuild_src_flags = -DFROM_A\n")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/main.cpp", "src/second.cpp"])
        self.p.write("more/a.ini", "[env:uno]\nbuild_src_flags = -DFROM_A=2\n")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/main.cpp", "src/second.cpp"])
        self.p.remove("more/a.ini")
        self.p.ninja()
        self.assertEqual(self.p.compiled(), ["src/main.cpp", "src/second.cpp"])
        self.assertTrue(self.p.idle())

    def test_an_environment_added_and_removed(self):
        old = self.p.read("platformio.ini")
        self.p.write("platformio.ini", old + UNO.replace("uno", "nanoatmega328"))
        self.p.ninja("nanoatmega328")
        self.assertTrue(self.p.exists(".fbuild/build/nanoatmega328/firmware.hex"))
        self.assertEqual([name for name in self.p.compiled() if name.startswith("src/")], ["src/main.cpp", "src/second.cpp"])
        self.p.write("platformio.ini", old)
        self.p.ninja()
        self.assertEqual(self.p.compiled(), [])
        self.assertIn("unknown target", self.p.ninja("nanoatmega328", status=1).err)

    def test_a_board_of_the_projects_own(self):
        board = """{"name": "Mine", "build": {"mcu": "atmega328p", "f_cpu": "%s", "core": "arduino",
            "variant": "standard", "extra_flags": "-DARDUINO_MINE"},
            "upload": {"maximum_size": 32256, "maximum_ram_size": 2048}, "frameworks": ["arduino"]}"""
        self.p.write("boards/mine.json", board % "8000000L")
        self.p.edit("platformio.ini", "board = uno", "board = mine")
        self.p.ninja()
        runs = self.p.runs()
        self.assertTrue(runs)
        for line in runs:
            if " -c " in line:
                self.assertIn("-DARDUINO_MINE", line)
                self.assertIn("-DF_CPU=8000000L", line)
        self.p.write("boards/mine.json", board % "20000000L")
        self.p.ninja()
        lines = [line for line in self.p.runs() if " -c " in line]
        self.assertEqual(len(lines), ALL)
        self.assertIn("-DF_CPU=20000000L", lines[0])
        # One of the platform's own names: the project's is found first.
        self.p.write("boards/uno.json", board % "1000000L")
        self.p.edit("platformio.ini", "board = mine", "board = uno")
        self.p.ninja()
        self.assertIn("-DF_CPU=1000000L", self.p.runs()[0])

    def test_broken_then_repaired(self):
        good = self.p.read("src/second.cpp")
        before = self.p.firmware()
        self.p.write("src/second.cpp", "oops\n")
        out = self.p.ninja(status=1)
        self.assertIn("src/second.cpp:1:1: error", out.out + out.err)
        self.p.write("src/second.cpp", good)
        self.p.ninja()
        self.assertEqual(self.p.firmware(), before)
        self.assertTrue(self.p.idle())

    def test_a_debug_build_has_its_own_folder(self):
        release = self.p.firmware()
        release_ini = self.p.read("platformio.ini")
        self.p.write("platformio.ini", release_ini + "build_type = debug\n")
        self.p.ninja()
        lines = [line for line in self.p.runs() if " -c " in line]
        self.assertEqual(len(lines), ALL)
        for line in lines:
            self.assertIn("-D__PLATFORMIO_BUILD_DEBUG__", line)
            self.assertNotIn(" -Os ", line)
        self.assertEqual(self.p.firmware(), release)
        self.assertTrue(self.p.exists(".fbuild/build/uno/debug/firmware.hex"))
        self.assertNotEqual(self.p.bytes(".fbuild/build/uno/debug/firmware.hex"), release)
        self.p.write("platformio.ini", release_ini)
        self.p.ninja()
        self.assertEqual(self.p.runs(), [])
        self.p.write("platformio.ini", release_ini + "build_type = debug\n")
        self.p.ninja()
        self.assertEqual(self.p.runs(), [])

    def test_artifacts_deleted(self):
        for name in ("firmware.hex", "firmware.elf", "firmware.size.json"):
            with self.subTest(name):
                before = self.p.firmware()
                self.p.remove(".fbuild/build/uno/" + name)
                self.p.ninja()
                self.assertTrue(self.p.exists(".fbuild/build/uno/" + name))
                self.assertEqual(self.p.firmware(), before)

    def test_objects_deleted(self):
        """What an image was made from is not missed before it has to be made again."""
        before = self.p.firmware()
        self.p.remove(".fbuild/build/uno/src/main.cpp.o")
        self.p.remove(self.p.shared("libFrameworkArduino.a"))
        self.p.ninja()
        self.assertEqual(self.p.runs(), [])
        self.p.write("src/second.cpp", self.p.read("src/second.cpp") + "// edited\n")
        self.p.ninja()
        self.assertTrue(self.p.exists(".fbuild/build/uno/src/main.cpp.o"))
        self.assertEqual(self.p.firmware(), before)

    def test_build_files_deleted(self):
        for name in ("build.ninja", "generate.ninja", "generate.d", "uno/build.ninja", "uno/graph.ninja"):
            with self.subTest(name):
                path = ".fbuild/build/" + name
                if not self.p.exists(path):
                    continue
                self.p.remove(path)
                self.p.ninja(status=None)  # ninja cannot always load what is left
                self.p.gen("-q")
                self.p.ninja()
                self.assertEqual(self.p.compiled(), [])
                self.assertTrue(self.p.idle())


class Upgrades(Case):
    def test_a_newer_fbuild(self):
        """A copy of the installation is upgraded: the next ninja generates with it."""
        home = self.folder("installed")
        shutil.copytree(BIN, home + "/bin")
        shutil.copytree(os.path.join(BIN, "../share"), home + "/share")
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.run([home + "/bin/fbuild-gen", "-q"])
        project.ninja()
        self.assertTrue(project.idle())
        with open(home + "/share/fbuild/templates/gcc.ninja") as file:
            template = file.read()
        with open(home + "/share/fbuild/templates/gcc.ninja", "w") as file:
            file.write(template + "\n# a newer template\n")
        project.ninja()
        self.assertIn("a newer template", project.read(".fbuild/build/uno/graph.ninja"))
        self.assertEqual(project.runs(), [])
        with open(home + "/share/fbuild/platforms/atmelavr.yaml") as file:
            platform = file.read()
        with open(home + "/share/fbuild/platforms/atmelavr.yaml", "w") as file:
            file.write(platform.replace("ARDUINO=10808", "ARDUINO=10819"))
        project.ninja()
        self.assertIn("-DARDUINO=10819", project.runs()[0])
        # The same program with a new time: nothing is compiled.
        mtimes = project.mtimes(".fbuild/build/uno")
        os.utime(home + "/bin/fbuild-gen")
        project.ninja()
        self.assertEqual(project.runs(), [])
        self.assertEqual(project.mtimes(".fbuild/build/uno"), mtimes)
        self.assertTrue(project.idle())

    def test_a_changed_core(self):
        core = self.folder("core")
        shutil.copytree(CORE, core, dirs_exist_ok=True, ignore=shutil.ignore_patterns("bootloaders", "firmwares", "libraries"))
        project = self.project({"platformio.ini": UNO + "platform_packages = framework-arduino-avr @ symlink://" + core + "\n",
                                "src/main.cpp": SMALL})
        project.build()
        project.compiled()
        self.assertTrue(project.idle())
        with open(core + "/cores/arduino/Tone.cpp", "a") as file:
            file.write("__attribute__((constructor, noinline)) void marker_of_the_core() { *(volatile char*)0x3e = 1; }\n")
        project.ninja()
        self.assertEqual([os.path.basename(name) for name in project.compiled()], ["Tone.cpp"])
        with open(core + "/cores/arduino/Added.cpp", "w") as file:
            file.write("__attribute__((constructor, noinline)) void added_to_the_core() { *(volatile char*)0x3e = 1; }\n")
        project.ninja()
        self.assertEqual([os.path.basename(name) for name in project.compiled()], ["Added.cpp"])
        os.unlink(core + "/cores/arduino/Added.cpp")
        project.ninja()
        self.assertEqual(project.compiled(), [])
        members = project.run(["/usr/bin/avr-ar", "t", project.shared("libFrameworkArduino.a")]).out
        self.assertIn("Tone.cpp.o", members)
        self.assertNotIn("Added.cpp.o", members)

    def test_another_core_with_old_files(self):
        core = self.folder("core")
        self.project({}).run(["cp", "-a", CORE + "/.", core])
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.build()
        project.runs()
        project.write("platformio.ini", UNO + "platform_packages = framework-arduino-avr @ symlink://" + core + "\n")
        project.ninja()
        self.assertEqual(len(project.compiled()), CORE_SOURCES + 1)
        self.assertTrue(project.idle())

    def test_a_changed_compiler(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        prefix = self.folder("prefix")
        shutil.copytree(os.path.join(self.prefix, "bin"), prefix + "/bin")
        env = {"PATH": prefix + "/bin:/usr/bin:/bin"}
        project.gen("-q", env=env)
        project.ninja(env=env)
        self.assertEqual(len(project.compiled()), CORE_SOURCES + 1)
        self.assertGreater(len(project.questions), 0)
        # A warm run asks no compiler who it is.
        project.gen("-q", env=env)
        self.assertEqual(project.runs() + project.questions, [])
        with open(prefix + "/bin/avr-gcc", "a") as file:
            file.write("# changed\n")
        project.ninja(env=env)
        self.assertEqual(len(project.compiled()), CORE_SOURCES + 1)
        project.ninja(env=env)
        self.assertEqual(project.runs(), [])


if __name__ == "__main__":
    unittest.main()
