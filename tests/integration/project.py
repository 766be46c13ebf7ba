"""Temporary projects for the integration tests: real files, the real fbuild-gen, ninja
and compiler. Each test program is run by CTest with FBUILD_BIN_DIR set to the folder of
the programs under test.

The compiler is reached through a prefix of wrapper scripts, so that a test can count what
was run: Project.runs() gives the command lines since it was last asked.
"""

import hashlib
import json
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.abspath(os.environ.get("FBUILD_BIN_DIR", os.path.join(HERE, "../../build/bin")))
GEN = os.path.join(BIN, "fbuild-gen")
CORE = "/usr/share/arduino/hardware/arduino/avr"
TOOLS = ["avr-gcc", "avr-g++", "avr-as", "avr-gcc-ar", "avr-objcopy"]

ERROR = re.compile(r"^(?P<place>[^:\n]+:\d+(?::\d+)?: )?(?P<what>[^\n]+); (?P<fix>[^\n]+)$")

UNO = """\
[env:uno]
platform = atmelavr
framework = arduino
board = uno
"""

MAIN = """\
#include <Arduino.h>
void setup() { Serial.begin(9600); }
void loop() { Serial.println("loop"); delay(100); }
"""

# Without the Arduino API's weight: for tests that only count.
SMALL = "#include <Arduino.h>\nvoid setup() {}\nvoid loop() {}\n"


def make_prefix(folder):
    """A toolchain prefix whose programs note their command line and run the real ones."""
    os.makedirs(os.path.join(folder, "bin"))
    for tool in TOOLS:
        path = os.path.join(folder, "bin", tool)
        with open(path, "w") as out:
            out.write('#!/bin/sh\nprintf "%%s\\n" "%s $*" >>"${FBUILD_TEST_RUNS:-/dev/null}"\n'
                      'exec /usr/bin/%s "$@"\n' % (tool, tool))
        os.chmod(path, 0o755)
    return folder


class Case(unittest.TestCase):
    """A test case with temporary folders and the compiler prefix."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.mkdtemp(prefix="fbuild-test-")
        cls.addClassCleanup(shutil.rmtree, cls.temporary, ignore_errors=True)
        cls.prefix = make_prefix(os.path.join(cls.temporary, "toolchain"))
        cls.count = 0

    @classmethod
    def folder(cls, name="project"):
        cls.count += 1
        path = os.path.join(cls.temporary, str(cls.count), name)
        os.makedirs(path)
        return path

    @classmethod
    def project(cls, files, name="project"):
        return Project(cls, cls.folder(name), files)

    def assertError(self, run, *parts):
        """Exactly one line of the one form, status 2, nothing on standard output."""
        self.assertEqual(run.status, 2, run)
        self.assertEqual(run.out, "")
        # The line of the file it is about may follow, indented, with a caret below.
        lines = [line for line in run.err.splitlines() if not line.startswith(("warning: ", " "))]
        self.assertEqual(len(lines), 1, run.err)
        self.assertRegex(lines[0], ERROR)
        for part in parts:
            self.assertIn(part, lines[0])


class Output:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return "status %d\n--- out\n%s\n--- err\n%s" % (self.status, self.out, self.err)


class Project:
    def __init__(self, case, folder, files):
        self.case = case
        self.dir = folder
        self.env = dict(os.environ)
        for name in list(self.env):
            if name.startswith(("PLATFORMIO_", "FBUILD_", "NINJA_")):
                del self.env[name]
        self.env["PATH"] = os.path.join(case.prefix, "bin") + ":/usr/bin:/bin"
        self.env["LC_ALL"] = "C.UTF-8"
        # Compiler runs are counted, and nothing of the user's is touched.
        self.env["FBUILD_CACHE_DIR"] = os.path.join(case.temporary, "cache")
        self.env["FBUILD_OBJECT_CACHE"] = "off"
        self.run_log = folder.rstrip("/") + ".runs"
        self.env["FBUILD_TEST_RUNS"] = self.run_log
        for path, text in files.items():
            self.write(path, text)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, path, text):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())

    def edit(self, path, old, new):
        text = self.read(path)
        assert old in text, (path, old)
        self.write(path, text.replace(old, new))

    def shared(self, name):
        """The path of a file of the one core that was built."""
        found = glob.glob(self.path(".fbuild/build/shared/*/" + name))
        assert len(found) == 1, found
        return os.path.relpath(found[0], self.dir)

    def remove(self, path):
        os.unlink(self.path(path))

    def read(self, path):
        return self.bytes(path).decode("utf-8", "replace")

    def bytes(self, path):
        with open(self.path(path), "rb") as file:
            return file.read()

    def exists(self, path):
        return os.path.lexists(self.path(path))

    def run(self, argv, status=0, cwd=None, env=None, timeout=120):
        done = subprocess.run(argv, cwd=cwd or self.dir, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
        out = Output(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
        if status is not None and out.status != status:
            raise AssertionError("%s: expected status %d, got %r" % (argv, status, out))
        return out

    def gen(self, *arguments, **options):
        return self.run([GEN, *arguments], **options)

    def ninja(self, *arguments, **options):
        return self.run(["ninja", *arguments], **options)

    def build(self, *targets):
        """Generates and builds; what the compilers wrote is in the answer."""
        self.gen("-q")
        return self.ninja(*targets)

    def idle(self, *targets):
        """Whether a further ninja finds nothing to do and runs neither a compiler nor fbuild-gen."""
        self.runs()
        out = self.ninja("-d", "explain", *targets)
        self.why = out.err
        return not self.runs() and "fbuild-gen" not in out.out and not re.search(r"^\[\d+/\d+\] .*: (compile|assemble|link|archive|write)", out.out, re.M)

    def runs(self):
        """The command lines of toolchain programs since the last call."""
        try:
            with open(self.run_log) as log:
                lines = log.read().splitlines()
            os.unlink(self.run_log)
        except FileNotFoundError:
            lines = []
        # Asking a compiler who it is, is counted apart.
        self.questions = [line for line in lines if "-print-prog-name" in line or "-dump" in line]
        return [line for line in lines if line not in self.questions]

    def compiled(self):
        """The sources compiled since the last call, sorted."""
        out = []
        for line in self.runs():
            match = re.search(r" -c (.*)$", line)
            if match:
                out.append(match.group(1))
        return sorted(out)

    def snapshot(self, folder="."):
        """Every file below a folder with a digest of its content (a link: its target)."""
        out = {}
        for root, folders, files in os.walk(self.path(folder)):
            for name in files + folders:
                path = os.path.join(root, name)
                key = os.path.relpath(path, self.dir)
                if os.path.islink(path):
                    out[key] = "-> " + os.readlink(path)
                elif os.path.isdir(path):
                    out[key] = "folder"
                else:
                    with open(path, "rb") as file:
                        out[key] = hashlib.sha256(file.read()).hexdigest()[:12]
        return out

    def mtimes(self, folder="."):
        out = {}
        for root, folders, files in os.walk(self.path(folder)):
            for name in files:
                path = os.path.join(root, name)
                out[os.path.relpath(path, self.dir)] = os.lstat(path).st_mtime_ns
        return out

    def plan(self, environment="uno"):
        return json.loads(self.gen("--print-plan", environment).out)

    def firmware(self, environment="uno"):
        return self.bytes(".fbuild/build/%s/firmware.hex" % environment)

    def elf_text(self, environment="uno"):
        """Symbols and strings of the linked program, for 'is it in the image'."""
        return self.bytes(".fbuild/build/%s/firmware.elf" % environment)


if __name__ == "__main__":
    unittest.main()
