"""The firmware itself: the bytes the plain commands make, and that it runs."""

import os
import pty
import select
import shutil
import signal
import subprocess
import time
import unittest

from project import Case, HERE, UNO


class Blink(Case):
    """tests/projects/blink for three boards at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.blink = cls.project({})
        shutil.copytree(os.path.join(HERE, "../projects/blink"), cls.blink.dir, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(".*", "build.ninja", "compile_commands.json"))
        cls.blink.gen()
        cls.first = cls.blink.ninja("uno", "leonardo", "megaatmega2560")

    def test_same_bytes_as_the_plain_commands(self):
        builds = {}
        for board in ("uno", "leonardo", "megaatmega2560"):
            out = os.path.join(self.temporary, "plain-" + board)
            self.blink.run([os.path.join(HERE, "plain-build.sh"), board, out], env={"PATH": "/usr/bin:/bin"})
            with open(out + "/firmware.hex", "rb") as file:
                builds[board] = file.read()
        for board, plain in builds.items():
            with self.subTest(board):
                self.assertGreater(len(plain), 1000)
                self.assertEqual(self.blink.firmware(board), plain)
        self.assertEqual(len(set(builds.values())), 3)

    def test_sizes_are_reported(self):
        self.assertRegex(self.first.out, r"RAM:   \[= {9}\]   9\.\d% \(used \d+ bytes from 2048 bytes\)")
        self.assertRegex(self.first.out, r"Flash: \[= {9}\]   6\.\d% \(used \d+ bytes from 32256 bytes\)")
        self.assertRegex(self.first.out, r"from 253952 bytes\)")

    def test_nothing_to_do(self):
        self.assertTrue(self.blink.idle("uno", "leonardo", "megaatmega2560"))
        self.assertTrue(self.blink.idle())

    def emulate(self, environment, wanted, seconds=30):
        """What <env>/emulate prints until all of `wanted` were seen."""
        master, slave = pty.openpty()
        process = subprocess.Popen(["ninja", environment + "/emulate"], cwd=self.blink.dir, env=self.blink.env,
                                   stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        text, end = "", time.monotonic() + seconds
        try:
            while time.monotonic() < end and not all(word in text for word in wanted):
                if select.select([master], [], [], 0.2)[0]:
                    try:
                        text += os.read(master, 4096).decode("utf-8", "replace")
                    except OSError:
                        break
        finally:
            # simavr may have a process group of its own, but not a session.
            for pid in self.session(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.wait()
            os.close(master)
        return text

    @staticmethod
    def session(leader):
        out = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getsid(int(name)) == leader:
                    out.append(int(name))
            except OSError:
                pass
        return out

    def test_uno_runs(self):
        text = self.emulate("uno", ["on", "off"])
        self.assertRegex(text, r"(?s)on\W.*off\W")

    def test_mega_runs(self):
        text = self.emulate("megaatmega2560", ["on", "off"])
        self.assertRegex(text, r"(?s)on\W.*off\W")


class Mixed(Case):
    """C, C++ and assembly, a library, and flags from all three options."""

    FILES = {
        "platformio.ini": UNO + """\
build_flags =
    -DLEVEL=3
    -O2
    -DNAME=two_words ; a comment
build_unflags = -Os
build_src_flags = -DONLY_HERE=7
""",
        "include/limits.hpp": "#define LIMIT 40\n",
        "src/main.cpp": """\
#include <Arduino.h>
#include <Gauge.h>
#include "limits.hpp"
extern "C" int scaled(int);
extern "C" int two_added(int);
#ifndef ONLY_HERE
#error build_src_flags are missing
#endif
void setup() { Serial.begin(9600); }
void loop() { Serial.println(gauge(two_added(scaled(analogRead(0)))) + LIMIT + ONLY_HERE); }
""",
        "src/deep/scaled.c": "#include <limits.hpp>\nint scaled(int x) { return x * LEVEL % LIMIT; }\n",
        "src/two_added.S": "#include <avr/io.h>\n.global two_added\ntwo_added:\n  adiw r24, 2\n  ret\n",
        "lib/Gauge/src/Gauge.h": "int gauge(int);\n",
        "lib/Gauge/src/Gauge.cpp": """\
#include "Gauge.h"
#include <Arduino.h>
#ifdef ONLY_HERE
#error build_src_flags reach a library
#endif
int gauge(int x) { return constrain(x, LEVEL, 999); }
""",
        "lib/Gauge/src/more.c": "int unused_by_all(void) { return 0; }\n",
    }

    def test_same_bytes_as_the_plain_commands(self):
        for board, environment in (("uno", "uno"), ("megaatmega2560", "mega")):
            project = self.project(self.FILES)
            project.edit("platformio.ini", "board = uno", "board = " + board)
            project.edit("platformio.ini", "[env:uno]", "[env:" + environment + "]")
            project.build()
            out = os.path.join(self.temporary, "plain-mixed-" + board)
            project.run([os.path.join(HERE, "plain-build.sh"), board, out],
                        env={"PATH": "/usr/bin:/bin", "DEFINES": "-DLEVEL=3 -DNAME=two_words", "CCFLAGS": "-O2",
                             "OPTIMIZE": "", "SRC_FLAGS": "-DONLY_HERE=7", "LIBRARIES": "lib/Gauge"})
            with open(out + "/firmware.hex", "rb") as file:
                self.assertEqual(project.firmware(environment), file.read(), board)
            self.assertTrue(project.idle())

    def test_each_command_line(self):
        project = self.project(self.FILES)
        project.build()
        lines = project.runs()
        link = next(line for line in lines if "firmware.elf" in line and "-Wl,--gc-sections" in line)
        self.assertNotIn("-Os", link)
        for line in lines:
            if " -c " in line:
                self.assertNotIn(" -Os ", line)
                self.assertIn("-DPLATFORMIO=60118 -DARDUINO_AVR_UNO -DLEVEL=3 -DNAME=two_words -DF_CPU=16000000L", line)
                self.assertEqual("-DONLY_HERE=7" in line, " src/" in line, line)
                self.assertEqual("-Iinclude -Isrc" in line, " src/" in line, line)
        c = next(line for line in lines if line.endswith("scaled.c"))
        self.assertTrue(c.startswith("avr-gcc -std=gnu11 -fno-fat-lto-objects -O2 -mmcu=atmega328p -Wall"), c)
        assembly = next(line for line in lines if line.endswith("two_added.S"))
        self.assertTrue(assembly.startswith("avr-gcc -mmcu=atmega328p -x assembler-with-cpp -DPLATFORMIO"), assembly)


if __name__ == "__main__":
    unittest.main()
