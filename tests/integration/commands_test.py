"""The command line of fbuild-gen and the targets people call."""

import json
import os
import re
import subprocess
import unittest

from project import GEN, MAIN, SMALL, UNO, Case

TWO = UNO + UNO.replace("uno", "nanoatmega328")


def is_record(name):
    """What may be written although nothing changed: times that have settled meanwhile."""
    return "watch.table" in name or name.endswith("/includes")


class CommandLine(Case):
    def test_help_and_version(self):
        project = self.project({})
        text = project.gen("--help").out
        for option in ("-C", "-B", "-e", "--list-envs", "--print-config", "--print-plan", "--compiledb", "-q", "--version", "--help"):
            self.assertIn(option, text)
        self.assertRegex(project.gen("--version").out, r"^fbuild-gen \d+\.\d+\.\d+\n$")
        self.assertEqual(project.snapshot(), {})

    def test_list_environments_needs_nothing_but_the_ini(self):
        project = self.project({"platformio.ini": TWO + "[env:c]\nplatform = unheard_of\n"})
        before = project.snapshot()
        self.assertEqual(project.gen("--list-envs", env={"PATH": "/nonexistent"}).out, "uno\nnanoatmega328\nc\n")
        self.assertEqual(project.snapshot(), before)

    def test_print_config(self):
        project = self.project({"platformio.ini": TWO + "build_flags = -DX='\"ä\"'\n"})
        before = project.snapshot()
        json.loads(project.gen("--print-config").out)
        self.assertEqual(project.snapshot(), before)

    def test_print_plan(self):
        project = self.project({"platformio.ini": TWO, "src/main.cpp": SMALL, 'src/a "b"\\c.cpp': ""})
        before = project.snapshot()
        plan = project.plan("uno")
        self.assertEqual(project.snapshot(), before)
        self.assertEqual(plan["board"], "uno")
        sources = [unit["source"] for group in plan["groups"] if group["name"] == "src" for unit in group["units"]]
        self.assertEqual(sources, ['src/a "b"\\c.cpp', "src/main.cpp"])
        self.assertIn("-mmcu=atmega328p", plan["link"]["flags"])

    def test_only_some_environments(self):
        project = self.project({"platformio.ini": TWO, "src/main.cpp": SMALL})
        self.assertIn("nanoatmega328", project.gen("-e", "nanoatmega328").out)
        self.assertFalse(project.exists(".fbuild/build/uno"))
        project.ninja("-n", "-f", ".fbuild/build/all.ninja", "nanoatmega328")
        self.assertIn("unknown target", project.ninja("uno", status=1).err)
        project.edit("platformio.ini", "board = uno", "board = uno ; a comment")
        project.ninja()  # regenerates, for the same environment
        self.assertFalse(project.exists(".fbuild/build/uno"))
        self.assertTrue(project.exists(".fbuild/build/nanoatmega328/firmware.hex"))
        project.gen("-e", "uno", "-e", "nanoatmega328")
        project.ninja("-n", "-f", ".fbuild/build/all.ninja", "uno")

    def test_default_environments(self):
        project = self.project({"platformio.ini": "[platformio]\ndefault_envs = nanoatmega328\n" + TWO, "src/main.cpp": SMALL})
        project.gen("-q")
        out = project.ninja("-n", "-f", ".fbuild/build/all.ninja").out
        self.assertIn(".fbuild/build/nanoatmega328/firmware.hex", out)
        self.assertNotIn(".fbuild/build/uno/firmware.hex", out)
        self.assertEqual(os.readlink(project.path("compile_commands.json")), ".fbuild/build/nanoatmega328/compile_commands.json")
        project.edit("platformio.ini", "[platformio]\ndefault_envs = nanoatmega328\n", "")
        project.gen("-q")
        out = project.ninja("-n", "-f", ".fbuild/build/all.ninja").out
        self.assertIn(".fbuild/build/uno/firmware.hex", out)
        self.assertIn(".fbuild/build/nanoatmega328/firmware.hex", out)

    def test_quiet_is_silent(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        run = project.gen("-q")
        self.assertEqual(run.out + run.err, "")

    def test_from_elsewhere(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        out = project.gen("-C", project.dir, cwd="/").out
        self.assertIn("ninja -C " + project.dir, out)
        self.assertIn("no work to do", project.run(["ninja", "-C", project.dir, "-t", "targets"], cwd="/").out + "no work to do")
        self.assertTrue(project.exists("build.ninja"))

    def test_generating_again_writes_nothing(self):
        project = self.project({"platformio.ini": TWO, "src/main.cpp": SMALL})
        project.gen("-q")
        # The table may learn that files written just now have settled.
        before = {name: time for name, time in project.mtimes().items() if not is_record(name)}
        project.gen("-q")
        self.assertEqual({name: time for name, time in project.mtimes().items() if not is_record(name)}, before)

    def test_git_users_get_a_hint(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.run(["git", "init", "-q"])
        hint = re.search(r".gitignore:(.*)", project.gen().out)
        self.assertTrue(hint)
        self.assertEqual(sorted(hint.group(1).split()), [".fbuild/", "build.ninja", "compile_commands.json"])
        self.assertFalse(project.exists(".gitignore"))
        project.write(".gitignore", "\n".join(hint.group(1).split()) + "\n")
        self.assertEqual(project.run(["git", "status", "--porcelain", "-uall"]).out.split(),
                         ["??", ".gitignore", "??", "platformio.ini", "??", "src/main.cpp"])
        project.run(["rm", "-rf", ".fbuild", "build.ninja"])
        self.assertNotIn("gitignore", project.gen().out)

    def test_no_hint_without_git(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        self.assertNotIn("gitignore", project.gen().out)


class BuildDirectory(Case):
    def check(self, *arguments, where, name="project", files=None):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL, **(files or {})}, name)
        project.gen("-q", *arguments)
        project.ninja()
        self.assertTrue(os.path.exists(os.path.join(project.dir, where, "uno/firmware.hex")))
        self.assertFalse(project.exists(".fbuild"))
        self.assertTrue(project.idle())
        project.compiled()
        project.edit("src/main.cpp", "loop() {}", "loop() { delay(1); }")
        project.ninja()
        self.assertEqual(project.compiled(), ["src/main.cpp"])
        project.edit("platformio.ini", "board = uno", "board = uno\nbuild_src_flags = -DX")
        project.ninja()
        self.assertEqual(project.compiled(), ["src/main.cpp"])
        self.assertFalse(project.exists(".fbuild"))
        self.assertTrue(project.idle())
        return project

    def test_relative(self):
        self.check("-B", "out/of it", where="out/of it")

    def test_above(self):
        self.check("-B", "../elsewhere", where="../elsewhere")

    def test_absolute(self):
        folder = self.folder("out: $x (1)")
        self.check("-B", folder, where=folder)

    def test_given_absolutely_but_inside(self):
        folder = self.folder("inside")
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.gen("-q", "-B", project.path("out"))
        self.assertIn("include out/build.ninja", project.read("build.ninja"))

    def test_an_environment_by_itself(self):
        project = self.project({"platformio.ini": TWO, "src/main.cpp": SMALL})
        project.gen("-q")
        file = ".fbuild/build/uno/build.ninja"
        project.ninja("-f", file)
        self.assertTrue(project.exists(".fbuild/build/uno/firmware.hex"))
        self.assertFalse(project.exists(".fbuild/build/nanoatmega328/firmware.hex"))
        self.assertTrue(project.idle("-f", file))
        # What was built outside the gate proves nothing to it: it begins with its own build,
        # and from then on either finds the other's work done.
        project.ninja("uno")
        self.assertTrue(project.idle("uno"))
        self.assertTrue(project.idle("-f", file))
        project.edit("src/main.cpp", "loop() {}", "loop() { delay(1); }")
        project.compiled()
        project.ninja("-f", file)
        self.assertEqual(project.compiled(), ["src/main.cpp"])
        # The gate cannot know which content that build read, and makes sure.
        project.ninja("uno")
        project.compiled()
        self.assertTrue(project.idle("uno"))
        project.write("src/added.cpp", "int added;\n")
        project.ninja("-f", file)
        self.assertEqual(project.compiled(), ["src/added.cpp"])
        project.edit("platformio.ini", "board = uno", "board = uno\nbuild_src_flags = -DX")
        project.ninja("-f", file)
        self.assertEqual(project.compiled(), ["src/added.cpp", "src/main.cpp"])
        self.assertTrue(project.idle("-f", file))
        self.assertTrue(project.idle("-f", file, "uno/firmware.hex"))
        project.ninja("uno")
        self.assertTrue(project.idle("uno"))


class NotOurs(Case):
    def test_a_build_ninja_of_the_users(self):
        text = "rule x\n  command = true\nbuild y: x\n"
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL, "build.ninja": text})
        out = project.gen().out
        self.assertIn("ninja -f .fbuild/build/build.ninja", out)
        self.assertEqual(project.read("build.ninja"), text)
        project.ninja("-f", ".fbuild/build/build.ninja")
        self.assertTrue(project.exists(".fbuild/build/uno/firmware.hex"))
        self.assertTrue(project.idle("-f", ".fbuild/build/build.ninja"))
        project.edit("platformio.ini", "board = uno", "board = uno\nbuild_src_flags = -DX")
        project.compiled()
        project.ninja("-f", ".fbuild/build/build.ninja")
        self.assertEqual(project.compiled(), ["src/main.cpp"])
        self.assertEqual(project.read("build.ninja"), text)

    def test_a_dangling_link_is_not_ours(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        os.symlink("nowhere", project.path("build.ninja"))
        self.assertIn("-f .fbuild/build/build.ninja", project.gen().out)
        self.assertEqual(os.readlink(project.path("build.ninja")), "nowhere")

    def test_a_compile_commands_json_of_the_users(self):
        for make in (lambda p: p.write("compile_commands.json", "[]\n"),
                     lambda p: os.symlink("build/compile_commands.json", p.path("compile_commands.json"))):
            project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
            make(project)
            before = project.snapshot()["compile_commands.json"]
            out = project.gen().out
            self.assertIn("compile_commands.json is not ours", out)
            self.assertEqual(project.snapshot()["compile_commands.json"], before)
            self.assertTrue(project.exists(".fbuild/build/uno/compile_commands.json"))


class CompileCommands(Case):
    FILES = {
        "platformio.ini": UNO + "build_flags = -DTEXT='\"a b\"' -DQUOTE=\\\"x\\\" -I\"inc dir\"\n",
        "src/main.cpp": "#include <Arduino.h>\n#include <part.h>\n#include <extra.h>\nconst char* t = TEXT; void setup() { part(); } void loop() {}\n",
        "src/c source.c": "int in_c(void) { return 1; }\n",
        "src/asm.S": "#include <avr/io.h>\nnop\n",
        "inc dir/extra.h": "",
        "lib/Part/part.h": "#pragma once\nvoid part();\n",
        "lib/Part/part.cpp": '#include "part.h"\n#include <Arduino.h>\nvoid part() {}\n',
        "lib/Unused/unused.h": "",
        "lib/Unused/unused.cpp": "#error not to be compiled\n",
    }

    def test_every_entry_compiles(self):
        project = self.project(self.FILES)
        out = project.gen("--compiledb").out
        self.assertIn(".fbuild/build/uno/compile_commands.json", out)
        self.assertFalse(project.exists("build.ninja"))
        self.assertFalse(project.exists(".fbuild/build/uno/build.ninja"))
        self.assertEqual(os.readlink(project.path("compile_commands.json")), ".fbuild/build/uno/compile_commands.json")
        entries = json.loads(project.read("compile_commands.json"))
        files = [entry["file"] for entry in entries]
        for name in ("src/main.cpp", "src/c source.c", "src/asm.S", "lib/Part/part.cpp"):
            self.assertIn(name, files)
        self.assertEqual(len([name for name in files if "/cores/arduino/" in name]), 25)
        self.assertNotIn("lib/Unused/unused.cpp", files)
        running = []
        for entry in entries:
            self.assertEqual(entry["directory"], project.dir)
            arguments = [word for word in entry["arguments"] if word != "-flto"]
            arguments[arguments.index("-o"):][:2]
            at = arguments.index("-o")
            del arguments[at:at + 2]
            running.append((entry, subprocess.Popen(arguments + ["-fsyntax-only"], cwd=entry["directory"], env=project.env,
                                                    stderr=subprocess.PIPE)))
        for entry, process in running:
            _, err = process.communicate()
            self.assertEqual(process.returncode, 0, (entry, err))

    def test_the_same_as_with_the_build(self):
        project = self.project(self.FILES)
        project.gen("-q", "--compiledb")
        alone = project.read("compile_commands.json")
        project.gen("-q")
        self.assertEqual(project.read("compile_commands.json"), alone)
        project.ninja()
        for entry in json.loads(alone):
            self.assertTrue(project.exists(entry["output"]), entry["output"])


class Targets(Case):
    def test_sizes_and_cleaning(self):
        project = self.project({"platformio.ini": TWO, "src/main.cpp": MAIN})
        project.gen("-q")
        project.ninja("uno/firmware.hex", "nanoatmega328")
        report = re.compile(r"RAM:   \[.{10}\] +[\d.]+% \(used \d+ bytes from 2048 bytes\)\n"
                            r"Flash: \[.{10}\] +[\d.]+% \(used \d+ bytes from 32256 bytes\)\n")
        for _ in range(2):
            self.assertRegex(project.ninja("uno/size").out, report)
        hex_file = project.firmware()
        project.ninja("uno/firmware.eep")
        project.ninja("uno/clean")
        left = sorted(name for name in os.listdir(project.path(".fbuild/build/uno")))
        self.assertFalse([name for name in left if name.startswith("firmware") or name in ("src", "lib", "framework")], left)
        self.assertTrue(project.exists(".fbuild/build/nanoatmega328/firmware.hex"))
        project.ninja("uno")
        self.assertEqual(project.firmware(), hex_file)
        self.assertTrue(project.idle())

    def test_upload_names_the_board(self):
        project = self.project({"platformio.ini": UNO + "upload_port = /dev/none\n", "src/main.cpp": SMALL})
        project.gen("-q")
        commands = project.ninja("-t", "commands", "uno/upload").out
        self.assertIn("-p atmega328p -c arduino -b 115200 -D", commands)

    def test_a_missing_tool_is_said_when_it_is_asked_for(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        # Only the compiler's prefix and what ninja needs.
        folder = self.folder("bin")
        for name in ("sh", "rm", "ninja"):
            os.symlink("/usr/bin/" + name, os.path.join(folder, name))
        env = {"PATH": os.path.join(self.prefix, "bin") + ":" + folder}
        project.gen("-q", env=env)
        project.ninja(env=env)
        for target, package in (("uno/emulate", "simavr"), ("uno/upload", "avrdude")):
            run = project.ninja(target, status=1, env=env)
            self.assertRegex(run.out, "error: package 'tool-%s' is not installed .*apt-get install %s" % (package, package))


BIG = """\
#include <Arduino.h>
#include <avr/pgmspace.h>
const char blob[%d] PROGMEM = {1};
volatile unsigned at;
void setup() { PORTB = pgm_read_byte(&blob[at]); }
void loop() {}
"""


class TooBig(Case):
    def test_flash(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.build()
        good = project.firmware()
        project.write("src/main.cpp", BIG % 32000)
        run = project.ninja(status=1)
        self.assertRegex(run.out, r"\nerror: .* \d+ bytes .*more than the 32256 bytes of flash; ")
        used = int(re.search(r"used (\d+) bytes from 32256", run.out).group(1))
        self.assertIn(" %d bytes" % (used - 32256), run.out)
        self.assertFalse(project.exists(".fbuild/build/uno/firmware.hex"))
        # Asked for by itself it does not come either, and the failure stays.
        self.assertNotEqual(project.ninja("uno/firmware.hex", status=None).status, 0)
        self.assertFalse(project.exists(".fbuild/build/uno/firmware.hex"))
        project.write("src/main.cpp", SMALL)
        project.ninja()
        self.assertEqual(project.firmware(), good)
        self.assertTrue(project.idle())

    def test_more_than_the_linker_takes(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.build()
        for text in (BIG.replace("blob[%d]", "blob[20000]").replace("const char", "const char more[20000] PROGMEM = {2}; const char")
                     .replace("blob[at]", "(at > 3 ? blob : more)[at]"),
                     "#include <Arduino.h>\nvolatile char big[3000];\nvoid setup() { big[0] = 1; }\nvoid loop() {}\n"):
            project.write("src/main.cpp", text)
            run = project.ninja(status=1)
            self.assertRegex(run.out, r"region|not within")
            self.assertFalse(project.exists(".fbuild/build/uno/firmware.hex"))
            project.write("src/main.cpp", SMALL)
            project.ninja()
            self.assertTrue(project.exists(".fbuild/build/uno/firmware.hex"))

    def test_too_much_ram(self):
        project = self.project({"platformio.ini": UNO + "board_upload.maximum_ram_size = 4\n", "src/main.cpp": SMALL})
        project.gen()
        run = project.ninja(status=1)
        self.assertRegex(run.out, r"\nerror: the data is .* bytes .*more than the 4 bytes of RAM")
        self.assertFalse(project.exists(".fbuild/build/uno/firmware.hex"))

    def test_a_smaller_limit(self):
        project = self.project({"platformio.ini": UNO, "src/main.cpp": SMALL})
        project.build()
        project.write("platformio.ini", UNO + "board_upload.maximum_size = 100\n")
        run = project.ninja(status=1)
        self.assertIn("from 100 bytes", run.out)
        self.assertFalse(project.exists(".fbuild/build/uno/firmware.hex"))
        project.write("platformio.ini", UNO)
        project.runs()
        project.ninja()
        self.assertEqual([line.split()[0] for line in project.runs()], ["avr-objcopy"])


if __name__ == "__main__":
    unittest.main()
