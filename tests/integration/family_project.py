"""What the tests of families share: projects with copies of the small cores of tests/cores, and
readelf's view of what was built."""

import os
import re
import select
import shutil
import subprocess
import time

from project import GEN, Case, HERE

CORES = os.path.join(HERE, "../cores")
ROOT = os.path.join(HERE, "../..")

BLINK = """\
#include <Arduino.h>
void setup() { pinMode(LED_BUILTIN, OUTPUT); Serial.begin(9600); }
void loop() { digitalWrite(LED_BUILTIN, HIGH); delay(500); Serial.println("off"); digitalWrite(LED_BUILTIN, LOW); delay(500); }
"""


class Family(Case):
    """One project whose packages are copies, so that tests may change them."""

    @classmethod
    def packages(cls, family, *names):
        out = []
        for name in names:
            folder = os.path.join(cls.folder("packages"), name)
            shutil.copytree(os.path.join(CORES, family, name), folder)
            out.append(folder)
        return out

    def test_nothing_to_do_generates_nothing(self):
        """What the facts depend on can be watched."""
        if not hasattr(self, "blink"):
            self.skipTest("for those with a project")
        self.blink.run(["ninja"])
        found = self.blink.run([os.path.join(os.path.dirname(GEN), "fbuild-stamp"), "status"]).out.splitlines()
        self.assertIn("platformio.ini: clean", [line.split(" (")[0] for line in found])

    def elf(self, project, environment, *arguments):
        path = project.path(".fbuild/build/%s/firmware.elf" % environment)
        return subprocess.run(["readelf", *arguments, path], capture_output=True, text=True, check=True).stdout

    def sections(self, project, environment):
        """Name to (address, size) of what is loaded or cleared."""
        out = {}
        for line in self.elf(project, environment, "-SW").splitlines():
            match = re.match(r" *\[ *\d+\] (\S+) +\S+ +([0-9a-f]{8}) [0-9a-f]+ ([0-9a-f]+) \d+ +\w*A", line)
            if match:
                out[match[1]] = (int(match[2], 16), int(match[3], 16))
        return out

    def symbols(self, project, environment):
        out = {}
        for line in self.elf(project, environment, "-sW").splitlines():
            words = line.split()
            if len(words) == 8 and words[0] != "Num:" and words[6] != "UND":
                out[words[7]] = int(words[1], 16)
        return out

    def entry(self, project, environment):
        return int(re.search(r"Entry point address: +0x([0-9a-f]+)", self.elf(project, environment, "-h"))[1], 16)

    def objcopied(self, project, environment, form, *arguments, objcopy="arm-none-eabi-objcopy"):
        """The image as the vendor's objcopy makes it."""
        out = os.path.join(self.temporary, "objcopied")
        subprocess.run([objcopy, "-O", form, *arguments,
                        project.path(".fbuild/build/%s/firmware.elf" % environment), out], check=True)
        with open(out, "rb") as file:
            return file.read()

    def commands(self, project, environment):
        return project.run(["ninja", "-f", ".fbuild/build/all.ninja", "-t", "commands", environment]).out.splitlines()

    def tools(self, project, *names):
        """Programs on PATH that say how they were called."""
        folder = project.path("tools/bin")
        os.makedirs(folder, exist_ok=True)
        for name in names:
            with open(os.path.join(folder, name), "w") as out:
                out.write('#!/bin/sh\nprintf "%s" ' + name + '\nfor a; do printf " <%s>" "$a"; done\necho\n')
            os.chmod(os.path.join(folder, name), 0o755)
        if not project.env["PATH"].startswith(folder + ":"):
            project.env["PATH"] = folder + ":" + project.env["PATH"]
        project.gen("-q")

    def serial_port(self):
        """A pseudo terminal's name, for uploads."""
        port, end = os.openpty()
        self.addCleanup(os.close, port)
        self.addCleanup(os.close, end)
        return os.ttyname(end)

    def uf2(self, project, environment, family, begin):
        """The bytes that the blocks of a UF2 file put into the flash from `begin` on."""
        data = project.bytes(".fbuild/build/%s/firmware.uf2" % environment)
        self.assertEqual(len(data) % 512, 0)
        out, end = b"", begin
        for number, at in enumerate(range(0, len(data), 512)):
            words = [int.from_bytes(data[i:i + 4], "little") for i in range(at, at + 32, 4)]
            self.assertEqual(words[:3] + words[4:], [0x0A324655, 0x9E5D5157, 0x2000, 256, number, len(data) // 512, family])
            self.assertEqual(words[3], end)
            self.assertEqual(data[at + 508:at + 512], bytes.fromhex("306fb10a"))
            out += data[at + 32:at + 288]
            end += 256
        return out

    def emulated(self, project, environment, until, seconds=30):
        """What `ninja <environment>/emulate` prints up to a match; then it is ended."""
        process = subprocess.Popen(["ninja", environment + "/emulate"], cwd=project.dir, env=project.env, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text, end = "", time.monotonic() + seconds
        try:
            while time.monotonic() < end and not re.search(until, text):
                if select.select([process.stdout], [], [], 0.2)[0]:
                    data = os.read(process.stdout.fileno(), 4096)
                    if not data:
                        break
                    text += data.decode("utf-8", "replace")
        finally:
            children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout.split()
            for child in children:
                grandchildren = subprocess.run(["ps", "-o", "pid=", "--ppid", child], capture_output=True, text=True).stdout.split()
                for pid in [*grandchildren, child]:
                    try:
                        os.kill(int(pid), 15)
                    except ProcessLookupError:
                        pass
            process.kill()
            process.wait()
            process.stdout.close()
            process.stdin.close()
        return text
