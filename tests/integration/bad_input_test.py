"""Bad input: one error line of the one form, status 2, and nothing written."""

import os
import subprocess
import unittest

from project import BIN, CORE, GEN, Case, SMALL, TOOLS, UNO

HEAD = "[env:uno]\nplatform = atmelavr\nframework = arduino\n"

# name: (files, arguments, parts of the error line)
# The first two come from the layer of files, which knows no remedy.
NO_REMEDY = {"platformio.ini is a folder", "a reference to nothing"}
CASES = {
    "no platformio.ini": (
        {"src/main.cpp": SMALL}, [], ["platformio.ini"]),
    "platformio.ini is a folder": (
        {"platformio.ini/x": "", "src/main.cpp": SMALL}, [], ["platformio.ini"]),
    "an empty ini": (
        {"platformio.ini": "", "src/main.cpp": SMALL}, [], ["platformio.ini", "environment"]),
    "no environments": (
        {"platformio.ini": "[platformio]\n[env]\nboard = uno\n", "src/main.cpp": SMALL}, [], ["environment"]),
    "unknown environment asked for": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL}, ["-e", "unno"], ["'unno'", "did you mean 'uno'?"]),
    "unknown environment to print": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL}, ["--print-plan", "uni"], ["'uni'", "did you mean 'uno'?"]),
    "unknown default environment": (
        {"platformio.ini": "[platformio]\ndefault_envs = uno, unno\n" + UNO, "src/main.cpp": SMALL}, [],
        ["platformio.ini:2", "'unno'", "did you mean 'uno'?"]),
    "unknown board": (
        {"platformio.ini": HEAD + "board = megaatmega2506\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:4", "'megaatmega2506'", "did you mean 'megaatmega2560'?"]),
    "unknown board, nothing near": (
        {"platformio.ini": HEAD + "board = qqqqqqqqqqqq\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:4", "'qqqqqqqqqqqq'"]),
    "board that leads out": (
        {"platformio.ini": HEAD + "board = ../uno\n", "src/main.cpp": SMALL, "uno.json": '{"build": {}}'}, [],
        ["platformio.ini:4", "'../uno'"]),
    "no board": (
        {"platformio.ini": HEAD, "src/main.cpp": SMALL}, [], ["platformio.ini:2", "no board", "board = "]),
    "unknown platform": (
        {"platformio.ini": "[env:uno]\nplatform = atmelavrr\nboard = uno\nframework = arduino\n",
         "src/main.cpp": SMALL}, [], ["platformio.ini:2", "'atmelavrr'", "did you mean 'atmelavr'?"]),
    "unknown platform, nothing near": (
        {"platformio.ini": "[env:uno]\nplatform = qqqqq\nboard = uno\nframework = arduino\n",
         "src/main.cpp": SMALL}, [], ["platformio.ini:2", "'qqqqq'", "atmelavr"]),
    "no platform": (
        {"platformio.ini": "[env:uno]\nboard = uno\nframework = arduino\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:2", "no platform", "platform = "]),
    "unsupported framework": (
        {"platformio.ini": "[env:uno]\nplatform = atmelavr\nboard = uno\nframework = zephyr\n",
         "src/main.cpp": SMALL}, [], ["platformio.ini:4", "'zephyr'", "arduino"]),
    "mistyped framework": (
        {"platformio.ini": "[env:uno]\nplatform = atmelavr\nboard = uno\nframework = ardiuno\n",
         "src/main.cpp": SMALL}, [], ["platformio.ini:4", "'ardiuno'", "did you mean 'arduino'?"]),
    "no framework": (
        {"platformio.ini": "[env:uno]\nplatform = atmelavr\nboard = uno\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:2", "no framework", "arduino"]),
    "no source folder": (
        {"platformio.ini": UNO}, [], ["platformio.ini:", "no sources", "src"]),
    "an empty source folder": (
        {"platformio.ini": UNO, "src/readme.txt": "none"}, [], ["platformio.ini:", "no sources", "src"]),
    "a filter that leaves nothing": (
        {"platformio.ini": UNO + "build_src_filter = -<*>\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:5", "no sources", "build_src_filter"]),
    "a pattern of sources without its end": (
        {"platformio.ini": UNO + "build_src_filter =\n  +<*>\n  -<b +<c>\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:7", "'-<b'", "no '>'", "+<pattern>"]),
    "two main files": (
        {"platformio.ini": UNO, "src/a.ino": SMALL, "src/b.ino": SMALL}, [], ["a.ino", "b.ino", "setup"]),
    "two main files, the second .pde": (
        {"platformio.ini": UNO, "src/a.ino": SMALL, "src/b.pde": "void loop() {}\n"}, [], ["a.ino", "b.pde"]),
    "a sketch in UTF-16": (
        {"platformio.ini": UNO, "src/a.ino": SMALL.encode("utf-16")}, [], ["a.ino"]),
    "an ini that is no text": (
        {"platformio.ini": b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe\x80" * 30, "src/main.cpp": SMALL}, [], ["platformio.ini"]),
    "an ini in UTF-16": (
        {"platformio.ini": UNO.encode("utf-16"), "src/main.cpp": SMALL}, [], ["platformio.ini", "UTF-8"]),
    "an ini that is not UTF-8": (
        {"platformio.ini": UNO.encode() + b"; caf\xe9\n", "src/main.cpp": SMALL}, [], ["platformio.ini:5", "UTF-8"]),
    "a line outside of sections": (
        {"platformio.ini": "board = uno\n" + UNO, "src/main.cpp": SMALL}, [], ["platformio.ini:1"]),
    "an option twice": (
        {"platformio.ini": UNO + "board = leonardo\n", "src/main.cpp": SMALL}, [], ["platformio.ini:5", "board"]),
    "a reference to nothing": (
        {"platformio.ini": UNO + "build_flags = ${common.flags}\n", "src/main.cpp": SMALL}, [], ["platformio.ini:5", "common"]),
    "a package in no folder": (
        {"platformio.ini": UNO + "platform_packages = framework-arduino-avr @ symlink:///nowhere/at/all\n",
         "src/main.cpp": SMALL}, [], ["platformio.ini:5", "/nowhere/at/all", "cores/arduino/Arduino.h"]),
    "a package in a wrong folder": (
        {"platformio.ini": UNO + "platform_packages = framework-arduino-avr @ file:///usr/share\n",
         "src/main.cpp": SMALL}, [], ["platformio.ini:5", "/usr/share", "cores/arduino/Arduino.h"]),
    "a package from the network": (
        {"platformio.ini": UNO + "platform_packages = framework-arduino-avr @ https://example.org/a.tar.gz\n",
         "src/main.cpp": SMALL}, [], ["platformio.ini:5", "https://example.org/a.tar.gz", "fbuild-gen --install"]),
    "a number that is none": (
        {"platformio.ini": UNO + "board_upload.maximum_size = 32k\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:5", "board_upload.maximum_size", "'32k'"]),
    "a board manifest that is not JSON": (
        {"platformio.ini": HEAD + "board = mine\n", "src/main.cpp": SMALL, "boards/mine.json": "{\n  oops\n}\n"}, [],
        ["boards/mine.json:2", "JSON"]),
    "a number that no number holds": (
        {"platformio.ini": HEAD + "board = mine\n", "src/main.cpp": SMALL, "boards/mine.json": '{"build": {"mcu": 1e999999}}'}, [],
        ["boards/mine.json: ", "JSON"]),
    "a board manifest without build": (
        {"platformio.ini": HEAD + "board = mine\n", "src/main.cpp": SMALL, "boards/mine.json": "{}\n"}, [],
        ["boards/mine.json:1", "build"]),
    "a board without mcu": (
        {"platformio.ini": HEAD + "board = mine\n", "src/main.cpp": SMALL,
         "boards/mine.json": '{"build": {"core": "arduino", "f_cpu": "16000000L"}, "frameworks": ["arduino"]}\n'}, [],
        ["build.mcu", "mine"]),
    "a board of another framework": (
        {"platformio.ini": HEAD + "board = mine\n", "src/main.cpp": SMALL,
         "boards/mine.json": '{"build": {"mcu": "x"}, "frameworks": ["simba"]}\n'}, [],
        ["platformio.ini:3", "'mine'", "'arduino'", "simba"]),
    "a variant the core does not have": (
        {"platformio.ini": UNO + "board_build.variant = nothing_like_it\n", "src/main.cpp": SMALL}, [],
        ["platformio.ini:", "nothing_like_it"]),
    "the build folder is a file": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL, ".fbuild": "in the way"}, [], [".fbuild"]),
    "an environment's folder is a file": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL, ".fbuild/build/uno": "in the way"}, [], [".fbuild/build/uno"]),
    "the given build folder is a file": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL, "out": "in the way"}, ["-B", "out"], ["out"]),
    "a source that ninja cannot name": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL, "src/a|b.cpp": ""}, [], ["src/a|b.cpp: ", "rename"]),
    "a sketch that ninja cannot name": (
        {"platformio.ini": UNO, "src/a\rb.ino": SMALL}, [], ["src/a?b.ino: ", "rename"]),
    "an unknown command line option": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL}, ["--list-env"], ["'--list-env'", "did you mean '--list-envs'?"]),
    "an argument too many": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL}, ["uno"], ["'uno'", "-C"]),
    "an option without its value": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL}, ["-e"], ["-e"]),
    "a project folder that is not there": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL}, ["-C", "nowhere"], ["nowhere"]),
    "two jobs at once": (
        {"platformio.ini": UNO, "src/main.cpp": SMALL}, ["--list-envs", "--print-config"], ["--list-envs", "--print-config"]),
}


class BadInput(Case):
    def test_cases(self):
        for name, (files, arguments, parts) in CASES.items():
            with self.subTest(name):
                project = self.project(files)
                before = project.snapshot()
                run = project.gen(*arguments, status=None)
                if name in NO_REMEDY:
                    run.err = run.err.rstrip("\n") + "; nothing\n"
                self.assertError(run, *parts)
                self.assertEqual(project.snapshot(), before)

    def test_names_that_the_build_directory_has(self):
        """Whatever lies beside the folders of environments is no environment's name."""
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.gen()
        project.ninja()
        names = [name for name in os.listdir(project.path(".fbuild/build")) if name != "uno" and "." not in name]
        self.assertLessEqual({"gate", "includes", "planned", "packages", "shared", "idle"}, set(names))
        before = project.snapshot(".fbuild")
        for name in names + ["libdeps", "-e", "Shared"]:
            with self.subTest(name):
                project.write("platformio.ini", UNO + UNO.replace("uno]", name + "]"))
                self.assertError(project.gen(status=None), "platformio.ini:5", "'%s' cannot be the name" % name)
                self.assertEqual(project.snapshot(".fbuild"), before)

    def test_two_environments_in_one_folder(self):
        project = self.project({"platformio.ini": UNO + UNO.replace("uno]", "UNO]"), "src/main.cpp": SMALL})
        project.gen()  # where upper and lower case are two
        os.rename(project.path(".fbuild/build/UNO"), project.path("old"))
        os.symlink("uno", project.path(".fbuild/build/UNO"))
        self.assertError(project.gen(status=None), ".fbuild/build/UNO", "'uno' and 'UNO'", "one folder")

    def test_a_root_that_cannot_be_written(self):
        """Nothing is written into the build directory when the root's part of it cannot be."""
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        out, cache = self.folder("out"), self.folder("cache")
        for folder in (out, cache, os.path.dirname(project.dir), self.temporary):
            os.chmod(folder, 0o777)
        os.chmod(project.dir, 0o555)
        user = 65534 if os.geteuid() == 0 else None
        try:
            for arguments, status in ((["-B", out], 2), (["-B", out, "--build-dir-only"], 0)):
                run = subprocess.run([GEN] + arguments, cwd=project.dir, user=user, capture_output=True, text=True,
                                     env=dict(project.env, FBUILD_CACHE_DIR=cache, FBUILD_TEST_RUNS="/dev/null"))
                self.assertEqual(run.returncode, status, run)
                if status:
                    self.assertRegex(run.stderr, "^" + project.dir + ": build.ninja cannot be written here: .*--build-dir-only")
                    self.assertEqual(os.listdir(out), [])
        finally:
            os.chmod(project.dir, 0o755)

    def test_the_second_environment_counts_too(self):
        project = self.project({"platformio.ini": UNO + "[env:b]\nplatform = atmelavr\nframework = arduino\nboard = leonarod\n",
                                "src/main.cpp": SMALL})
        before = project.snapshot()
        self.assertError(project.gen(status=None), "platformio.ini:8", "'leonarod'", "did you mean 'leonardo'?")
        self.assertEqual(project.snapshot(), before)

    def test_what_was_there_stays_as_it_was(self):
        """An ini broken later leaves the build directory of the good one alone."""
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.gen()
        before = project.snapshot(".fbuild")
        project.edit("platformio.ini", "board = uno", "board = onu")
        self.assertError(project.gen(status=None), "platformio.ini:4")
        self.assertEqual(project.snapshot(".fbuild"), before)
        run = project.ninja(status=1)
        self.assertIn("platformio.ini:4", run.out + run.err)
        project.edit("platformio.ini", "board = onu", "board = uno")
        project.ninja()

    def test_missing_compiler_names_the_debian_package(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        before = project.snapshot()
        for path in ("/nonexistent", "", "/usr/sbin"):
            run = project.gen(status=None, env={"PATH": path})
            self.assertError(run, "platformio.ini:2", "avr-gcc", "apt-get install gcc-avr avr-libc")
            self.assertEqual(project.snapshot(), before)

    def test_compiler_without_companions_is_none(self):
        folder = self.folder("bin")
        os.symlink("/usr/bin/true", os.path.join(folder, "avr-gcc"))
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        self.assertError(project.gen(status=None, env={"PATH": folder}), "avr-gcc", "companions")

    def test_missing_core_names_the_debian_package(self):
        """The core's place is data: other data, no core."""
        data = self.folder("data")
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        os.makedirs(os.path.join(data, "platforms"))
        source = os.path.join(BIN, "../share/fbuild")
        with open(os.path.join(source, "platforms/atmelavr.yaml")) as file:
            text = file.read().replace(CORE, "/nonexistent/avr")
        with open(os.path.join(data, "platforms/atmelavr.yaml"), "w") as file:
            file.write(text)
        os.symlink(os.path.join(source, "templates"), os.path.join(data, "templates"))
        before = project.snapshot()
        run = project.gen(status=None, env={"FBUILD_DATA_DIR": data})
        self.assertError(run, "platformio.ini:3", "framework-arduino-avr", "apt-get install arduino-core-avr")
        self.assertEqual(project.snapshot(), before)

    def test_a_compiler_that_does_not_answer(self):
        prefix = self.folder("prefix")
        os.makedirs(prefix + "/bin")
        for tool in TOOLS:
            os.symlink("/usr/bin/false", os.path.join(prefix, "bin", tool))
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        before = project.snapshot()
        self.assertError(project.gen(status=None, env={"PATH": prefix + "/bin:/usr/bin:/bin"}),
                         prefix + "/bin/avr-gcc", "version")
        self.assertEqual(project.snapshot(), before)


class Warnings(Case):
    def warnings(self, more, status=0):
        project = self.project({"platformio.ini": UNO + more, "src/main.cpp": SMALL})
        run = project.gen("-q", status=status)
        self.assertEqual(run.out, "")
        return run.err.splitlines()

    def test_unknown_option(self):
        lines = self.warnings("bord_build.mcu = x\nbuild_flag = -DX\n")
        self.assertEqual(len(lines), 2, lines)
        self.assertRegex(lines[1], r"^warning: platformio.ini:6(:\d+)?: .*'build_flag'.*; did you mean 'build_flags'\?$")

    def test_known_but_unsupported_option(self):
        for option in ("targets = upload", "test_framework = unity", "board_build.partitions = a.csv"):
            name = option.split(" = ")[0]
            with self.subTest(name):
                lines = self.warnings(option + "\n")
                if name.startswith(("board_", "test_")):
                    continue
                self.assertEqual(len(lines), 1, lines)
                self.assertRegex(lines[0], r"^warning: platformio.ini:5(:\d+)?: .*" + name)

    def test_a_section_that_nobody_reads(self):
        lines = self.warnings("[evn:mega]\nboard = x\n[plaftormio]\n[enw:base]\n[env2]\n[env:b]\nextends = env:uno, enw:base\n"
                              "build_flags = -D${env2.x}\n".replace("[env2]", "[env2]\nx = 1"))
        self.assertEqual(lines, ["warning: platformio.ini:5:1: nothing reads section [evn:mega]; did you mean [env:mega]?",
                                 "warning: platformio.ini:7:1: nothing reads section [plaftormio]; did you mean [platformio]?"])

    def test_a_source_filter_without_signs(self):
        lines = self.warnings("build_src_filter =\n  +<*>, -<.git/>\n  <a.c> b.c\n")
        self.assertEqual(lines, ["warning: platformio.ini:7:3: %s in 'build_src_filter' selects nothing, as in PlatformIO; "
                                 "write +<%s> or -<%s>" % (word, name, name) for word, name in (("'<a.c>'", "a.c"), ("'b.c'", "b.c"))])

    def test_an_upload_protocol_that_looks_like_another(self):
        self.assertEqual(self.warnings("upload_protocol = ardunio\n"),
                         ["warning: platformio.ini:5:1: upload_protocol 'ardunio' is not known, and passed on as it is; did you mean 'arduino'?"])
        self.assertEqual(self.warnings("upload_protocol = usbtiny\n"), [])
        self.assertEqual(self.warnings("upload_protocol = somebodys_own\n"), [])
        self.assertEqual(self.warnings("upload_protocol = ardunio\nupload_command = x\n"), [])

    def test_the_line_is_shown(self):
        project = self.project({"platformio.ini": UNO.replace("board = uno", "board = unno"), "src/main.cpp": SMALL})
        lines = project.gen("-q", status=2).err.splitlines()
        self.assertEqual(len(lines), 3, lines)
        self.assertEqual(lines[1].strip(), "board = unno")
        self.assertEqual(lines[2].strip(), "^")

    def test_extra_scripts(self):
        """They may change the build, so somebody has to say that they do not."""
        more = "extra_scripts = pre:x.py\n"
        project = self.project({"platformio.ini": UNO + more, "src/main.cpp": SMALL})
        out = project.gen("-q", status=2)
        self.assertRegex(out.err, r"^platformio.ini:5:17: extra_scripts .*'pre:x.py'.*; .*--ignore-extra-scripts")
        project.gen("-q", "--ignore-extra-scripts")
        self.warnings(more + "custom_fbuild_ignore_extra_scripts = yes\n")

    def test_options_that_do_not_concern_a_build_are_silent(self):
        self.assertEqual(self.warnings("monitor_speed = 9600\ncustom_x = 1\nmonitor_filters = time\n"), [])

    def test_a_version_of_the_platform(self):
        project = self.project({"platformio.ini": UNO.replace("= atmelavr", "= platformio/atmelavr @ ^5.0"),
                                "src/main.cpp": SMALL})
        lines = project.gen("-q").err.splitlines()
        self.assertEqual(len(lines), 1)
        self.assertIn("platformio.ini:2", lines[0])


if __name__ == "__main__":
    unittest.main()
