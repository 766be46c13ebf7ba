"""Options on fbuild-gen's command line, and a build folder outside the project."""

import json
import os
import unittest

from project import SMALL, UNO, Case

TWO = UNO + "build_flags = -DOWN\n" + UNO.replace("uno", "nanoatmega328") + "build_flags =\n  -DA\n  -DB\n"


class Options(Case):
    def config(self, project, *arguments, **options):
        return json.loads(project.gen("--print-config", *arguments, **options).out)["resolved"]

    def test_every_environment_or_one(self):
        p = self.project({"platformio.ini": TWO + "[env]\nbuild_flags = -DALL\n"})
        found = self.config(p, "-O", "monitor_speed=9600", "--option", "env:uno:build_flags=-DX -DY")
        self.assertEqual([found[name]["monitor_speed"] for name in ("uno", "nanoatmega328")], [9600, 9600])
        self.assertEqual(found["uno"]["build_flags"], ["-DX -DY"])
        self.assertEqual(found["nanoatmega328"]["build_flags"], ["-DA", "-DB"])

    def test_adding_keeps_what_is_there(self):
        p = self.project({"platformio.ini": TWO + "[env:none]\nplatform = atmelavr\n"
                                                  "[env:heir]\nextends = env:nanoatmega328\n"})
        found = self.config(p, "-O", "build_flags+=-DX", "-O", "build_flags += -DY")
        self.assertEqual(found["uno"]["build_flags"], ["-DOWN", "-DX", "-DY"])
        self.assertEqual(found["nanoatmega328"]["build_flags"], ["-DA", "-DB", "-DX", "-DY"])
        self.assertEqual(found["none"]["build_flags"], ["-DX", "-DY"])
        # As if both lines stood in both sections.
        self.assertEqual(found["heir"]["build_flags"][:2], ["-DA", "-DB"])

    def test_above_files_and_variables(self):
        p = self.project({"platformio.ini": UNO + "src_filter = +<a>\nupload_port = /dev/a\n"})
        found = self.config(p, "-O", "build_src_filter=+<b>", "-O", "upload_port=/dev/b",
                            env={"PLATFORMIO_UPLOAD_PORT": "/dev/c", "PLATFORMIO_BUILD_FLAGS": "-DV"})["uno"]
        self.assertEqual(found["build_src_filter"], ["+<b>"])
        self.assertNotIn("src_filter", found)
        self.assertEqual(found["upload_port"], "/dev/b")
        # To a list the variable still adds.
        found = self.config(p, "-O", "build_flags=-DX", env={"PLATFORMIO_BUILD_FLAGS": "-DV"})["uno"]
        self.assertEqual(found["build_flags"], ["-DX", "-DV"])

    def test_references_and_sections(self):
        p = self.project({"platformio.ini": "[common]\nflags = -DC\n" + UNO + "build_flags = ${common.flags}\n"})
        self.assertEqual(self.config(p, "-O", "common:flags=-DD")["uno"]["build_flags"], ["-DD"])
        self.assertEqual(self.config(p, "-O", "build_flags=-DE ${common.flags}")["uno"]["build_flags"], ["-DE -DC"])
        found = json.loads(p.gen("--print-config", "-O", "platformio:src_dir=code", "-O", "env:custom_x=1").out)
        self.assertEqual(found["platformio"]["src_dir"], p.path("code"))
        self.assertEqual(found["resolved"]["uno"]["custom_x"], "1")

    def test_options_for_the_board_that_nothing_acts_upon(self):
        p = self.project({"platformio.ini": UNO + "upload_resetmethod = ck\nboard_build.mcuu = x\nboard_hardware.oscillator = internal\n"
                                                  "board_build.f_cpu = 8000000L\nboard_upload.maximum_size = 30000\nboard_build.extra_flags = -DX\n",
                          "src/main.cpp": SMALL})
        lines = [line for line in p.gen().err.splitlines() if line.startswith("warning: ")]
        self.assertEqual(lines, [
            "warning: platformio.ini:5:1: 'upload_resetmethod' has no effect: nothing of platform 'atmelavr' looks at it",
            "warning: platformio.ini:6:1: 'board_build.mcuu' has no effect: nothing of platform 'atmelavr' looks at it; did you mean 'board_build.mcu'?",
            "warning: platformio.ini:7:1: 'board_hardware.oscillator' of platform 'atmelavr' is known but not acted upon yet; it is ignored"])

    def test_errors(self):
        p = self.project({"platformio.ini": TWO, "src/main.cpp": SMALL})
        before = p.snapshot()
        for text, *parts in (
                ("foo", "no '='"), ("=1", "no option is named"), (":a=1", "no section stands"),
                ("env:unu:board=uno", "no section [env:unu]", "did you mean 'env:uno'?"),
                ("uno:board=uno", "did you mean 'env:uno'?"),
                ("bord=uno", "no option 'bord'", "did you mean 'board'?"),
                ("src_dir=x", "write platformio:src_dir"), ("platformio:board=x", "write board="),
                ("platformio:extra_configs=x", "write it into platformio.ini"),
                ("upload_speed+=1", "one value"), ("upload_speed=fast", "not a valid integer"),
                ("board=unno", "did you mean 'uno'?"), ("a=b\nc=d", "line end")):
            self.assertError(p.gen("-O", text, status=2), "--option", *parts)
        self.assertEqual(p.snapshot(), before)

    def test_they_survive_what_ninja_generates(self):
        p = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL + "#ifndef GIVEN\n#error not given\n#endif\n"})
        p.gen("-q", "-O", "build_flags+=-DGIVEN='\"a b\"'")
        p.ninja()
        p.compiled()
        p.edit("platformio.ini", "board = uno", "board = uno\nbuild_src_flags = -DMORE")
        p.ninja()
        self.assertEqual(p.compiled(), ["src/main.cpp"])
        p.edit("platformio.ini", "board = uno", "; comment\nboard = uno")
        p.ninja("-f", ".fbuild/build/all.ninja")
        self.assertTrue(p.idle())
        # Without it they are gone, and everything they were in is built anew.
        p.gen("-q")
        self.assertIn("not given", p.ninja(status=1).out)

    def test_nothing_outside_the_build_folder(self):
        p = self.project({"platformio.ini": TWO, "src/main.cpp": SMALL, "fbuild.lock": ""})
        p.remove("fbuild.lock")
        before = p.snapshot()
        builds = [os.path.join(self.folder("b c"), "b") for _ in range(2)]
        for number, build in enumerate(builds):
            p.gen("-q", "-B", build, "--build-dir-only", "-O", "build_flags+=-DNUMBER=%d" % number)
            p.ninja("-f", build + "/build.ninja")
        self.assertEqual(p.snapshot(), before)
        p.compiled()
        for build in builds:  # they do not disturb each other
            self.assertIn("no work to do", p.ninja("-f", build + "/build.ninja").out)
        p.edit("platformio.ini", "-DOWN", "-DOWN -DOTHER")
        for build in builds:
            p.ninja("-f", build + "/build.ninja")
            self.assertTrue([line for line in p.compiled() if "main.cpp" in line])
        with open(builds[0] + "/targets.json") as file:
            targets = json.load(file)
        uno = targets["environments"][0]
        self.assertEqual((uno["name"], uno["board"], uno["platform"]), ("uno", "uno", "atmelavr"))
        self.assertEqual([uno["elf"], uno["image"], uno["size"]],
                         [builds[0] + "/uno/firmware" + end for end in (".elf", ".hex", ".size.json")])
        self.assertLessEqual({"upload", "emulate"}, set(uno["actions"]))
        for key in ("elf", "image", "size"):
            self.assertTrue(os.path.isfile(uno[key]))


if __name__ == "__main__":
    unittest.main()
