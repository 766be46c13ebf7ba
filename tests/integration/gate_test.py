"""Which edit costs how many compiler runs, and that the gate never calls a change clean.

Each test starts from a copy of one built project with three environments. The compilers
are wrapped, so that every run is counted. FBUILD_BIN_DIR names the programs' folder.
"""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

BIN = os.environ["FBUILD_BIN_DIR"]
CORE = "/usr/share/arduino/hardware/arduino/avr"
TOOLS = ["avr-gcc", "avr-g++", "avr-as", "avr-gcc-ar", "avr-objcopy"]
ENVS = ["uno", "leonardo", "megaatmega2560"]

INI = """[env]
platform = atmelavr
framework = arduino
platform_packages = framework-arduino-avr @ symlink://core
monitor_speed = 9600

[env:uno]
board = uno

[env:leonardo]
board = leonardo

[env:megaatmega2560]
board = megaatmega2560
"""

FILES = {
    "platformio.ini": INI,
    "src/main.cpp": '#include <Arduino.h>\n#include "a.h"\n#include <Greeter.h>\n'
                    "void setup() { Serial.begin(9600); }\n"
                    "void loop() { Serial.println(a() + b()); greet(); }\n",
    "src/a.cpp": '#include "a.h"\nint a() { return A_VALUE; }\n',
    "src/b.cpp": '#include "b.h"\nint b() { return B_VALUE; }\n',
    "include/a.h": '#pragma once\n#include "b.h"\n#define A_VALUE 1\nint a();\n',
    "include/b.h": "#pragma once\n#define B_VALUE 2\nint b();\n",
    "include/unused.h": "#define UNUSED 1\n",
    "lib/Greeter/Greeter.h": "void greet();\n",
    "lib/Greeter/Greeter.cpp": '#include <Arduino.h>\n#include "Greeter.h"\n'
                               'void greet() { Serial.println("hello"); }\n',
}


def run(args, cwd, env, check=True):
    done = subprocess.run(args, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{args} failed with {done.returncode}:\n{done.stdout}")
    return done


class Gate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.mkdtemp(prefix="fbuild-gate-")
        cls.log = os.path.join(cls.top, "log")
        bin_dir = os.path.join(cls.top, "prefix", "bin")
        os.makedirs(bin_dir)
        for tool in TOOLS:
            path = os.path.join(bin_dir, tool)
            with open(path, "w") as f:
                f.write(f"#!/bin/sh\nprintf '%s\\n' \"{tool} $*\" >> '{cls.log}'\nexec /usr/bin/{tool} \"$@\"\n")
            os.chmod(path, 0o755)
        cls.env = dict(os.environ, PATH=f"{bin_dir}:{BIN}:/usr/bin:/bin", HOME=cls.top,
                       FBUILD_CACHE_DIR=os.path.join(cls.top, "cache"), FBUILD_RESTORE_MTIMES="0")
        cls.env.pop("CI", None)
        cls.base = os.path.join(cls.top, "base")
        for name, text in FILES.items():
            path = os.path.join(cls.base, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)
        shutil.copytree(CORE, os.path.join(cls.base, "core"),
                        ignore=shutil.ignore_patterns("bootloaders", "firmwares"))
        time.sleep(0.05)
        run(["fbuild-gen"], cls.base, cls.env)
        run(["ninja"], cls.base, cls.env)
        run(["ninja"], cls.base, cls.env)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.top)

    def setUp(self):
        self.env = dict(self.env)
        self.dir = tempfile.mkdtemp(prefix="case-", dir=self.top)
        os.rmdir(self.dir)
        subprocess.run(["cp", "-a", self.base, self.dir], check=True)
        time.sleep(0.02)  # what is younger than the run that reads it is not sealed
        self.expect(0, 0)

    # -- helpers

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(text)

    def edit(self, name, old, new):
        with open(self.path(name)) as f:
            text = f.read()
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def ninja(self, *args, check=True):
        open(self.log, "w").close()
        self.out = run(["ninja", *args], self.dir, self.env, check).stdout
        with open(self.log) as f:
            self.lines = f.read().splitlines()
        words = [line.split() for line in self.lines]
        compiles = sum(1 for w in words if w[0] in ("avr-gcc", "avr-g++") and "-c" in w)
        links = sum(1 for w in words if w[0] in ("avr-gcc", "avr-g++") and "-c" not in w and "-o" in w)
        return compiles, links

    def expect(self, compiles, links, *args):
        got = self.ninja(*args)
        self.assertEqual(got, (compiles, links), self.out + "\n".join(self.lines))

    def clean_again(self):
        self.expect(0, 0)
        for name in ENVS:
            self.assertIn(name + ": up to date", self.out)

    def images(self, directory=None):
        out = {}
        for name in ENVS:
            for kind in ("elf", "hex"):
                path = os.path.join(directory or self.dir, ".fbuild/build", name, "firmware." + kind)
                try:
                    with open(path, "rb") as f:
                        out[name, kind] = f.read()
                except FileNotFoundError:
                    out[name, kind] = None
        return out

    def fresh_images(self):
        """The images of the same sources built from nothing, without gate or table."""
        other = self.dir + "-fresh"
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(self.dir, other, symlinks=True, ignore=shutil.ignore_patterns(".fbuild", "build.ninja", "compile_commands.json"))
        env = dict(self.env, FBUILD_OBJECT_CACHE="off")
        run(["fbuild-gen", "-q"], other, env)
        run(["ninja", "-f", ".fbuild/build/all.ninja"] + ENVS, other, env)
        images = self.images(other)
        shutil.rmtree(other)
        return {key: value for key, value in images.items() if key[1] == "hex"}

    def assert_right(self):
        mine = {key: value for key, value in self.images().items() if key[1] == "hex"}
        self.assertEqual(mine, self.fresh_images())

    # -- the table of edits

    def test_nothing_and_touch(self):
        self.clean_again()
        for folder, _, names in os.walk(self.dir):
            if ".fbuild" in folder:
                continue
            for name in names:
                os.utime(os.path.join(folder, name))
        self.clean_again()

    def test_table_counters_after_a_no_op(self):
        # What was written just before it was looked at is read again until it no longer is.
        time.sleep(0.2)
        self.ninja()
        self.ninja()
        stats = run(["fbuild-stamp", "stats", "--json"], self.dir, self.env).stdout
        last = stats[stats.index('"last"'):]
        self.assertIn('"files_hashed": 0', last)
        self.assertIn('"directories_listed": 0', last)

    def test_an_edit_is_looked_for_once(self):
        # Ninja asks again when it has loaded what the plan decided; that is no second look.
        time.sleep(0.2)  # what was written just before it was generated from is not settled
        self.ninja()
        self.edit("src/a.cpp", "A_VALUE", "A_VALUE + 1")
        self.env["FBUILD_PERF_LOG"] = "1"
        self.expect(3, 3)
        self.assertEqual(self.out.count("fbuild-stamp plan: look"), 1, self.out)
        self.assertFalse(os.path.exists(self.path(".fbuild/build/plan.decided")))
        # What another ninja was told answers no question of this one.
        self.edit("src/a.cpp", "A_VALUE + 1", "A_VALUE + 2")
        self.write(".fbuild/build/plan.decided", "1 1 1\n" + "0" * 32 + "\n0\n")
        self.expect(3, 3)
        self.clean_again()
        self.assert_right()

    def test_actions_of_a_clean_environment(self):
        self.ninja("uno/size")
        self.assertIn("Flash:", self.out)
        self.ninja("uno/firmware.eep")
        self.assertTrue(os.path.exists(self.path(".fbuild/build/uno/firmware.eep")))
        self.ninja("uno/clean")
        self.assertFalse(os.path.exists(self.path(".fbuild/build/uno/firmware.hex")))
        self.assertFalse(os.path.exists(self.path(".fbuild/build/uno/src")))
        self.expect(4, 1)
        self.clean_again()

    def test_git_switch_and_back(self):
        env = dict(self.env, GIT_AUTHOR_NAME="t", GIT_AUTHOR_EMAIL="t@t", GIT_COMMITTER_NAME="t",
                   GIT_COMMITTER_EMAIL="t@t")
        self.write(".gitignore", ".fbuild/\nbuild.ninja\ncompile_commands.json\n/core/\n")
        for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "1"], ["switch", "-qc", "other"]):
            run(["git", *args], self.dir, env)
        self.edit("src/a.cpp", "A_VALUE", "A_VALUE + 3")
        run(["git", "commit", "-qam", "2"], self.dir, env)
        run(["git", "switch", "-q", "main"], self.dir, env)
        self.clean_again()

    def test_ini_edits_that_change_no_command(self):
        self.write("platformio.ini", "; a comment\n\n" + INI)
        self.clean_again()
        self.edit("platformio.ini", "monitor_speed = 9600", "monitor_speed = 115200\nupload_port = /dev/ttyX\n")
        self.clean_again()

    def test_copied_elsewhere_with_new_mtimes(self):
        other = self.dir + "-moved"
        subprocess.run(["cp", "-r", self.dir, other], check=True)
        self.dir = other
        self.clean_again()

    def test_copied_then_one_edit_with_restored_mtimes(self):
        other = self.dir + "-moved"
        subprocess.run(["cp", "-r", self.dir, other], check=True)
        self.dir = other
        self.edit("src/a.cpp", "A_VALUE", "A_VALUE + 1")
        self.env["FBUILD_RESTORE_MTIMES"] = "1"
        self.expect(3, 3)
        self.clean_again()
        self.assert_right()

    def test_source_edited(self):
        self.edit("src/a.cpp", "A_VALUE", "A_VALUE + 1")
        self.expect(3, 3)
        self.clean_again()
        self.assert_right()

    def test_source_replaced_by_an_older_one(self):
        self.write("src/a.cpp", '#include "a.h"\nint a() { return 77; }\n')
        os.utime(self.path("src/a.cpp"), (1e9, 1e9))
        self.expect(3, 3)
        self.clean_again()
        self.assert_right()

    def test_all_touched_then_one_edit_with_restored_mtimes(self):
        for name in FILES:
            os.utime(self.path(name))
        self.edit("src/b.cpp", "B_VALUE", "B_VALUE + 1")
        self.env["FBUILD_RESTORE_MTIMES"] = "1"
        self.expect(3, 3)
        self.clean_again()

    def test_header_that_two_sources_use(self):
        # a.h is included by main.cpp and a.cpp.
        self.edit("include/a.h", "A_VALUE 1", "A_VALUE 11")
        self.expect(6, 3)
        self.clean_again()
        self.assert_right()

    def test_header_nobody_includes(self):
        self.edit("include/unused.h", "UNUSED 1", "UNUSED 2")
        self.expect(0, 0)
        self.clean_again()

    def test_source_added_and_deleted(self):
        self.write("src/c.cpp", "int c() { return 5; }\n")
        self.expect(3, 3)
        self.clean_again()
        self.assertFalse([line for line in self.lines if "core" in line])
        os.unlink(self.path("src/c.cpp"))
        self.expect(0, 3)
        self.clean_again()
        self.assert_right()

    def test_define_for_one_environment(self):
        self.edit("platformio.ini", "[env:leonardo]\n", "[env:leonardo]\nbuild_flags = -DEXTRA=1\n")
        compiles, links = self.ninja()
        self.assertEqual(links, 1)
        self.assertTrue(compiles > 20)
        self.assertFalse([line for line in self.lines if "/uno/" in line or "/megaatmega2560/" in line])
        self.clean_again()

    def test_environment_variable_and_command(self):
        self.env["PLATFORMIO_BUILD_FLAGS"] = "-DA_VALUE=9"
        compiles, links = self.ninja()
        self.assertEqual(links, 3)
        del self.env["PLATFORMIO_BUILD_FLAGS"]
        compiles, links = self.ninja()
        self.assertEqual(links, 3)
        self.clean_again()
        self.write("flags.txt", "-DONE=1\n")
        self.edit("platformio.ini", "[env:uno]\n", "[env:uno]\nbuild_flags = !cat flags.txt\n")
        self.assertEqual(self.ninja()[1], 1)
        self.clean_again()
        self.write("flags.txt", "-DONE=2\n")
        self.assertEqual(self.ninja()[1], 1)
        self.clean_again()

    def test_build_src_flags(self):
        self.edit("platformio.ini", "[env]\n", "[env]\nbuild_src_flags = -DSRC_ONLY\n")
        self.expect(9, 3)
        self.clean_again()

    def test_core_header_edited(self):
        with open(self.path("core/cores/arduino/WMath.cpp"), "a") as f:
            f.write("// edited\n")
        self.expect(3, 3)
        self.clean_again()
        path = self.path("core/cores/arduino/wiring_shift.c")
        old = os.stat(path)
        with open(path, "a") as f:
            f.write("// edited\n")
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
        self.expect(3, 3)
        self.clean_again()

    def test_compiler_replaced(self):
        path = os.path.join(self.top, "prefix", "bin", "avr-gcc")
        with open(path) as f:
            text = f.read()
        try:
            with open(path, "a") as f:
                f.write("# another one\n")
            compiles, links = self.ninja()
            self.assertEqual(links, 3)
            self.assertTrue(compiles > 60, compiles)
            self.clean_again()
        finally:
            with open(path, "w") as f:
                f.write(text)

    def test_artifacts_deleted_or_overwritten(self):
        before = self.images()
        hex_path = self.path(".fbuild/build/uno/firmware.hex")
        os.unlink(hex_path)
        self.expect(0, 0)
        self.assertEqual(sum(line.startswith("avr-objcopy") for line in self.lines), 1)
        self.assertEqual(self.images(), before)
        self.clean_again()
        with open(hex_path, "w") as f:
            f.write("something else\n")
        self.expect(0, 0)
        self.assertEqual(sum(line.startswith("avr-objcopy") for line in self.lines), 1)
        self.assertEqual(self.images(), before)
        self.clean_again()
        with open(self.path(".fbuild/build/uno/firmware.elf"), "w") as f:
            f.write("something else\n")
        self.expect(0, 1)
        self.assertEqual(self.images(), before)
        self.clean_again()

    def test_environment_added(self):
        with open(self.path("platformio.ini"), "a") as f:
            f.write("\n[env:uno_mini]\nboard = uno_mini\n")
        compiles, links = self.ninja()
        self.assertEqual(links, 1)
        self.assertFalse([line for line in self.lines if "/build/uno/" in line])
        self.clean_again()

    def test_failed_build_then_edited_back(self):
        before = self.images()
        with open(self.path("src/a.cpp")) as f:
            good = f.read()
        self.write("src/a.cpp", good.replace("A_VALUE", "A_VALUE + 1"))
        self.edit("src/b.cpp", "return B_VALUE;", "return B_VALUE")
        self.ninja("-k", "0", check=False)
        old = time.time() - 1000
        self.write("src/a.cpp", good)
        os.utime(self.path("src/a.cpp"), (old, old))
        self.edit("src/b.cpp", "return B_VALUE", "return B_VALUE;")
        self.ninja()
        self.assertEqual(self.images(), before)
        self.edit("src/b.cpp", "return B_VALUE;", "return B_VALUE + 0;")
        self.ninja()
        self.assert_right()

    def test_single_targets_and_tools(self):
        self.edit("src/a.cpp", "A_VALUE", "A_VALUE + 1")
        self.expect(1, 1, "uno/firmware.hex")
        self.expect(2, 2)
        self.clean_again()
        run(["ninja", "-t", "cleandead"], self.dir, self.env)
        self.clean_again()
        self.edit("src/a.cpp", "A_VALUE + 1", "A_VALUE + 2")
        self.ninja("uno")
        run(["ninja", "-t", "cleandead"], self.dir, self.env)
        self.expect(2, 2)
        self.clean_again()
        out = run(["ninja", "-n", "-f", ".fbuild/build/all.ninja"], self.dir, self.env).stdout
        self.assertIn("no work to do", out)
        self.edit("src/a.cpp", "A_VALUE + 2", "A_VALUE + 3")
        self.expect(3, 3, "-f", self.path("build.ninja"))
        self.clean_again()

    def test_lost_table(self):
        shutil.rmtree(self.path(".fbuild/build/idle"))
        for name in ("watch.table", "watch.table.sets"):
            os.unlink(self.path(".fbuild/build/" + name))
        self.write("src/a.cpp", '#include "a.h"\nint a() { return 78; }\n')
        os.utime(self.path("src/a.cpp"), (1e9, 1e9))
        compiles, links = self.ninja()
        self.assertEqual(links, 3)
        self.assert_right()
        self.clean_again()

    def test_two_ninjas_take_turns(self):
        self.edit("src/a.cpp", "A_VALUE", "A_VALUE + 4")
        open(self.log, "w").close()
        both = [subprocess.Popen(["ninja"], cwd=self.dir, env=self.env, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True) for _ in range(2)]
        for process in both:
            out, _ = process.communicate()
            self.assertEqual(process.returncode, 0, out)
        with open(self.log) as f:
            compiles = sum(" -c " in line for line in f)
        self.assertEqual(compiles, 3)
        self.clean_again()


if __name__ == "__main__":
    unittest.main(verbosity=2)
