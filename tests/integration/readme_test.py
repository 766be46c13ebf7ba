"""Every command block of the README, and of the chapters below, is run as it stands there.

Commands that begin with scripts/ or cmake are run in this repository's own folder, which
is built already, so that they find nothing to do; all others in a copy of
tests/projects/blink that is a git repository. HOME, the cache and PATH are the test's own.

A block that cannot be run is named in NOT_RUN with the reason. A block that is neither
runnable nor named there fails the test: say here what it is.
"""

import os
import re
import shlex
import shutil
import subprocess
import unittest

from project import BIN, Case

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENTS = ["README.md", "docs/ci.md", "docs/from-platformio.md", "docs/commands.md", "docs/launchers.md", "docs/libraries.md", "CONTRIBUTING.md"]
PROGRAMS = {"fbuild-gen", "fbuild-stamp", "fbuild-lnk", "fbuild-image", "ninja", "cmake", "ctest", "git", "export", "man"}

# How a command begins: why it is not run.
NOT_RUN = {
    "apt install": "needs root; the packages are compared with scripts/install-deps",
    "sudo ": "needs root",
    "scripts/test": "runs this test",
    "scripts/bench": "measures for minutes; CTest knows nothing of it",
    "scripts/quickstart": "also in test_quickstart",
    "scripts/try-cores": "needs cores of other vendors",
    "cmake --preset": "builds everything anew, for minutes; scripts/build is the same and is run",
    "ninja uno/upload": "needs a board",
    "git clone": "needs the network",
    "ctest": "runs this test",
    "fbuild-stamp plan": "called by ninja, with arguments",
    "fbuild-stamp once": "called by ninja, with arguments",
    "fbuild-stamp keep": "called by ninja, with arguments",
}

# Blocks that are no commands, by how their first line begins.
LISTINGS = {
    "RAM:   [": "what scripts/quickstart prints: compared in test_quickstart",
    "$ fbuild-gen --print-libraries uno": "what --print-libraries prints of a project that the chapter does not show",
    "build.ninja  ": "files of the build directory: looked for in test_the_build_directory",
}


def blocks_of(text):
    """(line number, lines) of each indented or fenced block."""
    out, lines = [], text.split("\n")
    at = 0
    while at < len(lines):
        if lines[at].startswith("```"):
            language, first, block = lines[at][3:].strip(), at + 2, []
            at += 1
            while not lines[at].startswith("```"):
                block.append(lines[at])
                at += 1
            if language in ("", "sh", "bash", "shell", "console"):
                out.append((first, block))
        elif lines[at].startswith("    ") and at and not lines[at - 1].strip():
            first, block = at + 1, []
            while at < len(lines) and (lines[at].startswith("    ") or not lines[at].strip()):
                block.append(lines[at][4:])
                at += 1
            while block and not block[-1].strip():
                block.pop()
            out.append((first, block))
            continue
        at += 1
    return out


class Readme(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = cls.folder("home")
        cls.work = os.path.join(cls.folder("work"), "blink")
        shutil.copytree(os.path.join(ROOT, "tests/projects/blink"), cls.work,
                        ignore=shutil.ignore_patterns(".fbuild", "build.ninja", "compile_commands.json"))
        cls.env = {name: value for name, value in os.environ.items() if not name.startswith(("PLATFORMIO_", "FBUILD_", "NINJA_", "XDG_"))}
        cls.env.update(HOME=cls.home, PATH=BIN + ":/usr/bin:/bin", LC_ALL="C.UTF-8", FBUILD_OFFLINE="1")
        cls.shell("git init -q -b main && git config user.email a@example.com && git config user.name A && "
                  "printf '.fbuild\\nbuild.ninja\\ncompile_commands.json\\n*.json\\n' >.gitignore && git add -A && git commit -qm all")

    @classmethod
    def shell(cls, line, cwd=None):
        done = subprocess.run(["bash", "-e", "-c", line], cwd=cwd or cls.work, env=cls.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        if done.returncode:
            raise AssertionError("%s: exit status %d\n%s" % (line, done.returncode, done.stdout))
        return done.stdout

    def text(self, name):
        with open(os.path.join(ROOT, name)) as file:
            return file.read()

    def reason(self, command):
        return next((why for begin, why in NOT_RUN.items() if command.startswith(begin)), None)

    def run_block(self, name, number, block):
        first = block[0]
        if any(first.startswith(begin) for begin in LISTINGS):
            return 0
        shown = first.startswith("$ ")  # a command, and what it prints
        done, at = 0, 0
        while at < len(block):
            command = block[at][2:] if shown else block[at]
            at += 1
            expected = []
            if shown:
                while at < len(block) and not block[at].startswith("$ "):
                    expected.append(block[at])
                    at += 1
            while command.endswith("\\") and at < len(block):
                command = command[:-1] + block[at]
                at += 1
            command = re.sub(r"\s{2,}#.*", "", command).strip()
            if not command or command.startswith("#") or self.reason(command):
                continue
            word = re.sub(r"^([A-Z_]+=\S* +)+", "", command).split()[0]
            self.assertTrue(word in PROGRAMS or word.startswith("scripts/"),
                            "%s:%d: what is '%s'? Say it in tests/integration/readme_test.py" % (name, number, command))
            own = word.startswith("scripts/") or word == "cmake"
            if own and os.path.realpath(BIN) != os.path.join(os.path.realpath(ROOT), "build", "bin"):
                continue  # a build elsewhere: scripts/build would make another one
            out = self.shell(command, ROOT if own else None)
            done += 1
            if expected:
                figures = lambda text: re.sub(r"\d+(\.\d+)?", "0", text)
                self.assertIn(figures("\n".join(expected)), figures(out), "%s:%d" % (name, number))
        return done

    def test_blocks(self):
        self.shell("fbuild-gen -q && ninja")  # "nothing to do" is said of what was built
        for name in DOCUMENTS:
            if not os.path.exists(os.path.join(ROOT, name)):
                continue
            done = 0
            for number, block in blocks_of(self.text(name)):
                with self.subTest("%s:%d" % (name, number)):
                    done += self.run_block(name, number, block)
            if name == "README.md":
                self.assertGreater(done, 4)

    def test_commands_in_the_text(self):
        """`ninja -t ...` and the like in the running text; a word in capitals is a place."""
        self.shell("fbuild-gen -q && ninja")
        done = 0
        for name in ("README.md", "docs/ci.md"):
            for span in re.findall(r"(?<!`)`((?:ninja -|fbuild-stamp |fbuild-gen -)[^`]*)`", self.text(name)):
                command = re.sub(r"\s+", " ", span)
                if re.search(r"\b[A-Z]{3,}\b|\.\.\.|--(offline|locked)$", command) or self.reason(command):
                    continue
                with self.subTest(command):
                    # What is printed only, nothing that removes what other tests build.
                    self.shell(command if "-t clean" not in command else command.replace("ninja", "ninja -n", 1))
                    done += 1
        self.assertGreater(done, 3)

    def test_quickstart(self):
        if os.path.realpath(BIN) != os.path.join(os.path.realpath(ROOT), "build", "bin"):
            self.skipTest("quickstart builds into build/")
        text = self.text("README.md")
        block = next((block for _, block in blocks_of(text) if block[0].startswith("RAM:   [")), None)
        self.assertIsNotNone(block, "the README shows what scripts/quickstart prints")
        out = self.shell("scripts/quickstart", ROOT)
        figures = lambda lines: [re.sub(r"\d+(\.\d+)?", "0", line).rstrip() for line in lines]
        shown, printed = figures(block), figures(out.splitlines())
        start = printed.index(shown[0])
        self.assertEqual(printed[start:start + len(shown)], shown)

    def test_the_cmake_project(self):
        """The first example of docs/cmake.md, and the commands below it, as they stand there."""
        text = self.text("docs/cmake.md")
        example = re.search(r"```cmake\n(.*?)```\n\n    (cmake [^\n]*)\n", text, re.S)
        folder = os.path.join(self.folder("a product"), "x")
        os.makedirs(folder + "/firmware/sensor/src")
        for name, content in (("CMakeLists.txt", example.group(1)),
                              ("firmware/sensor/platformio.ini", "[env:uno]\nplatform = atmelavr\nframework = arduino\nboard = uno\n"),
                              ("firmware/sensor/src/main.cpp", "#include <Arduino.h>\nvoid setup() { Serial.begin(9600); Serial.println(\"ready\"); }\nvoid loop() {}\n")):
            with open(os.path.join(folder, name), "w") as file:
                file.write(content)
        prefix = self.folder("prefix")
        self.shell("cmake --install '%s' --prefix '%s'" % (os.path.dirname(BIN), prefix))
        self.assertIn("100% tests passed", self.shell("export CMAKE_PREFIX_PATH='%s'; %s" % (prefix, example.group(2)), folder))
        self.assertIn("firmware.hex", self.shell("unzip -l build/sensor.zip", folder))

    def test_the_build_directory(self):
        self.shell("fbuild-gen -q && ninja")
        block = next((block for _, block in blocks_of(self.text("README.md")) if block[0].startswith("build.ninja  ")), [])
        names = [re.split(r"\s{2,}", line)[0] for line in block if line and line[0] != " "]
        self.assertGreater(len(names), 5)
        import glob
        for name in names:
            optional = name.endswith(("lnk/", "embed/"))  # there when the project has such files
            self.assertTrue(optional or glob.glob(os.path.join(self.work, name)), name)

    def test_packages_to_install(self):
        deps = self.text("scripts/install-deps")
        for line in re.findall(r"(?m)^\s*(?:sudo )?apt install ([^#\n]*)", self.text("README.md")):
            for package in line.split():
                self.assertIn(package, re.split(r"[\s']+", deps))

    def test_chapters_that_are_linked_exist(self):
        for name in ["README.md", "CONTRIBUTING.md"] + sorted("docs/" + f for f in os.listdir(os.path.join(ROOT, "docs")) if f.endswith(".md")):
            if not os.path.exists(os.path.join(ROOT, name)):
                continue
            for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", self.text(name)):
                self.assertTrue(os.path.exists(os.path.join(ROOT, os.path.dirname(name), target)), "%s links to %s" % (name, target))


if __name__ == "__main__":
    unittest.main()
