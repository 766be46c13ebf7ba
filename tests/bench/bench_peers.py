#!/usr/bin/env python3
"""Times other tools beside fbuild on the same sources (tests/projects/blink for an Uno), as
far as they are installed: PlatformIO (pio), arduino-cli, arduino-mk, arduino-builder. Prints
medians, and how many times as long as fbuild each takes.

The tools take turns in each round, so that what else the machine does hits all of them. All
but arduino-cli, which has no other core than what it installed itself, are given the core and
compiler that fbuild uses; PlatformIO by platform_packages. One that cannot build the project
without the network is left out, and said to be. PlatformIO is `pio` or `platformio` of the
PATH, or what FBUILD_BENCH_PIO names.

  cold             nothing is built, no cache of compiled cores
  no-op            nothing changed
  touch            src/main.cpp has a new time
  edit             src/main.cpp has other code
  ini comment      a comment in platformio.ini (arduino-mk: in its Makefile)
  ini option       another -D for the project's own sources of uno
  added file       one more source
  three            uno, leonardo and megaatmega2560 from nothing

Started by scripts/bench --peers, which sees to it that fbuild is built."""
import argparse
import difflib
import filecmp
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("FBUILD_BIN_DIR", os.path.join(ROOT, "build", "bin"))
BLINK = os.path.join(ROOT, "tests/projects/blink")
ARDUINO = "/usr/share/arduino"
# The core of Debian needs this with Debian's compiler; fbuild knows.
CURE = "-DDECIMAL_DIG=__DECIMAL_DIG__"
BOARDS = {"uno": ("uno", None), "leonardo": ("leonardo", None), "megaatmega2560": ("mega", "atmega2560")}


class Peer:
    """One tool and its copy of the project."""

    name = ""
    source = "src/main.cpp"
    settings = None  # the file an "ini comment" edits
    option = None  # a line of it, for the nth "ini option"
    hex = None  # what it makes, where that should be the same bytes as fbuild's

    def __init__(self, folder):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder)
        self.removed = self.edits = self.added = 0
        self.log = self.folder + ".log"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("FBUILD_", "PLATFORMIO_BUILD", "NINJA_")) and name != "CI"}
        self.env.update(PATH=BIN + ":" + os.environ["PATH"], FBUILD_CACHE_DIR=self.path("..", self.name + "-cache"))
        self.prepare()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def prepare(self):
        shutil.copytree(BLINK, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".fbuild", ".pio", "build.ninja", "compile_commands.json"))

    def run(self, *argv):
        """Milliseconds of one command."""
        with open(self.log, "w") as log:
            begin = time.perf_counter()
            done = subprocess.run(argv, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
            wall = time.perf_counter() - begin
        if done.returncode:
            raise RuntimeError(self.reason() or f"exit status {done.returncode}")
        return wall * 1000

    def reason(self):
        """Of what a command said when it failed, the line that tells most."""
        with open(self.log, errors="replace") as log:
            lines = [line.strip() for line in log if line.strip(" -=\n")]
        return next((line for line in lines if re.search(r"\berror\b", line, re.I)), lines[-1] if lines else "")

    def version(self):
        return ""

    def put_aside(self, *names):
        """ext4 is slow to make files where some were deleted just before."""
        for name in names:
            if os.path.lexists(self.path(name)):
                self.removed += 1
                os.rename(self.path(name), f"{self.folder}-removed{self.removed}")

    def edit(self):
        self.edits += 1
        with open(os.path.join(BLINK, "src/main.cpp")) as file:
            text = file.read()
        with open(self.path(self.source), "w") as file:
            file.write(text.replace("delay(500)", f"delay({500 + self.edits})"))

    def touch(self):
        os.utime(self.path(self.source))

    def edit_settings(self):
        with open(self.path(self.settings), "a") as file:
            file.write("# a comment\n")

    def edit_option(self):
        with open(self.path(self.settings)) as file:
            text = re.sub(r"(?m)^build_src_flags = .*\n", "", file.read())
        self.edits += 1
        with open(self.path(self.settings), "w") as file:
            file.write(text.replace("board = uno\n", f"board = uno\nbuild_src_flags = -DTIMES={self.edits}\n"))

    def add_file(self):
        self.added += 1
        with open(self.path(os.path.dirname(self.source), f"more{self.added}.cpp"), "w") as file:
            file.write(f"int more{self.added}() {{ return {self.added}; }}\n")

    def forget(self):
        """As if nothing had been built."""

    def build(self, board="uno"):
        raise NotImplementedError

    def first(self, board="uno"):
        """The first build of a board."""
        return self.build(board)


class Fbuild(Peer):
    name = "fbuild"
    settings = "platformio.ini"
    hex = ".fbuild/build/uno/firmware.hex"

    def forget(self):
        self.put_aside(".fbuild", "build.ninja", "compile_commands.json")
        cache = self.env["FBUILD_CACHE_DIR"]
        if os.path.exists(cache + "/objects-v1"):
            self.removed += 1
            os.rename(cache + "/objects-v1", f"{self.folder}-removed{self.removed}")

    def build(self, board="uno"):
        return self.run("ninja", board)

    def first(self, board="uno"):
        return self.run("sh", "-c", f"fbuild-gen -q && ninja {board}")

    def three(self):
        return self.run("sh", "-c", "fbuild-gen -q && ninja " + " ".join(BOARDS))


class PlatformIO(Peer):
    name = "PlatformIO"
    settings = "platformio.ini"
    hex = ".pio/build/uno/firmware.hex"

    @classmethod
    def find(cls):
        named = os.environ.get("FBUILD_BENCH_PIO")
        return shutil.which(named) if named else shutil.which("pio") or shutil.which("platformio")

    def prepare(self):
        super().prepare()
        # A folder of packages of its own, so that what the bench names gets into nobody's; of
        # what the user has only SCons is needed.
        self.program = self.find()
        info = json.loads(self.output("system", "info", "--json-output"))
        packages = self.path("..", "PlatformIO-packages")
        os.makedirs(packages)
        have = os.environ.get("PLATFORMIO_PACKAGES_DIR") or os.path.join(info["core_dir"]["value"], "packages")
        for name in os.listdir(have) if os.path.isdir(have) else []:
            if name.startswith("tool-scons"):
                os.symlink(os.path.join(have, name), os.path.join(packages, name))
        self.env["PLATFORMIO_PACKAGES_DIR"] = packages
        lines = []
        for name, links in (("toolchain-atmelavr", {"bin": os.path.dirname(shutil.which("avr-gcc") or "/usr/bin/avr-gcc")}),
                            ("framework-arduino-avr", {part: f"{ARDUINO}/hardware/arduino/avr/{part}" for part in ("cores", "libraries", "variants")})):
            folder = self.path("..", "PlatformIO-" + name)
            os.makedirs(folder)
            for link, target in links.items():
                os.symlink(target, os.path.join(folder, link))
            with open(os.path.join(folder, "package.json"), "w") as file:
                json.dump({"name": name, "version": "1.0.0"}, file)
            lines.append(f"  {name} @ symlink://{os.path.abspath(folder)}\n")
        with open(self.path("platformio.ini")) as file:
            text = file.read()
        with open(self.path("platformio.ini"), "w") as file:
            file.write(text.replace("[env]\n", f"[env]\nbuild_flags = {CURE}\nplatform_packages =\n" + "".join(lines), 1))

    def output(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True).stdout

    def version(self):
        return self.output("--version").split()[-1]

    def forget(self):
        self.put_aside(".pio")

    def build(self, board="uno"):
        return self.run(self.program, "run", "-e", board)

    def three(self):
        return self.run(self.program, "run", *[word for board in BOARDS for word in ("-e", board)])


class ArduinoMk(Peer):
    name = "arduino-mk"
    source = "main.cpp"
    settings = "Makefile"

    @classmethod
    def find(cls):
        path = ARDUINO + "/Arduino.mk"
        return path if os.path.exists(path) else None

    def version(self):
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "arduino-mk"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.stdout.strip()

    def prepare(self):
        shutil.copy(os.path.join(BLINK, "src/main.cpp"), self.folder)
        with open(self.path("Makefile"), "w") as file:
            file.write(f"ARDUINO_DIR = {ARDUINO}\nBOARD_TAG ?= uno\nOBJDIR = build-$(BOARD_TAG)$(BOARD_SUB)\nCPPFLAGS += {CURE}\ninclude {ARDUINO}/Arduino.mk\n")

    def forget(self):
        self.put_aside(*[name for name in os.listdir(self.folder) if name.startswith("build-")])

    def build(self, board="uno"):
        tag, sub = BOARDS[board]
        return self.run("make", f"-j{os.cpu_count()}", "BOARD_TAG=" + tag, *(["BOARD_SUB=" + sub] if sub else []))


class Sketch(Peer):
    """Tools that want a sketch: an empty .ino beside the source."""

    source = "blink/main.cpp"

    def prepare(self):
        os.makedirs(self.path("blink"))
        shutil.copy(os.path.join(BLINK, "src/main.cpp"), self.path("blink"))
        open(self.path("blink/blink.ino"), "w").close()

    def forget(self):
        self.put_aside(*[name for name in os.listdir(self.folder) if name.startswith("build-")])

    @classmethod
    def find(cls):
        return shutil.which(cls.name)

    @staticmethod
    def fqbn(board):
        tag, cpu = BOARDS[board]
        return f"arduino:avr:{tag}" + (f":cpu={cpu}" if cpu else "")


class ArduinoBuilder(Sketch):
    name = "arduino-builder"

    def version(self):
        done = subprocess.run(["arduino-builder", "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout.splitlines()[0].split()[-1]

    def build(self, board="uno"):
        os.makedirs(self.path("build-" + board), exist_ok=True)
        return self.run("arduino-builder", "-compile", "-hardware", ARDUINO + "/hardware", "-tools", ARDUINO + "/hardware/tools", "-fqbn", self.fqbn(board),
                        "-build-path", self.path("build-" + board), "-prefs=compiler.cpp.extra_flags=" + CURE, "blink/blink.ino")


class ArduinoCli(Sketch):
    name = "arduino-cli"

    def prepare(self):
        super().prepare()
        # Older ones keep compiled cores even with --build-path.
        self.env["ARDUINO_BUILD_CACHE_PATH"] = self.path("build-cache")

    def version(self):
        done = subprocess.run(["arduino-cli", "version", "--format", "json"], stdout=subprocess.PIPE, check=True, text=True)
        return json.loads(done.stdout)["VersionString"]

    def build(self, board="uno"):
        return self.run("arduino-cli", "compile", "-b", self.fqbn(board), "--build-path", self.path("build-" + board),
                        "--build-property", "compiler.cpp.extra_flags=" + CURE, "blink")


PEERS = [PlatformIO, ArduinoCli, ArduinoMk, ArduinoBuilder]



def three(peer):
    if hasattr(peer, "three"):
        return peer.three()
    return sum(peer.first(board) for board in BOARDS)


# Name, what is done before, what is timed.
CASES = [("cold", Peer.forget, lambda p: p.first()),
         ("no-op", None, lambda p: p.build()),
         ("touch", Peer.touch, lambda p: p.build()),
         ("edit", Peer.edit, lambda p: p.build()),
         ("ini comment", Peer.edit_settings, lambda p: p.build()),
         ("ini option", Peer.edit_option, lambda p: p.build()),
         ("added file", Peer.add_file, lambda p: p.build()),
         ("three", Peer.forget, three)]


def parse_names(parser, option, text, known):
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            parser.error(f"{option}: there is no '{name}'; " + (f"did you mean '{near[0]}'?" if near else "there are " + ", ".join(known)))
    return names or known


def takes_part(peer, case):
    return peer.settings == "platformio.ini" if case == "ini option" else peer.settings is not None if case == "ini comment" else True


def start(kinds, folder):
    """Those of them that can build the project, fbuild first, and what is to be said."""
    peers, notes = [Fbuild(folder)], []
    peers[0].first()
    for kind in kinds:
        if not kind.find():
            notes.append(f"{kind.name} is not installed")
            continue
        try:
            peer = kind(folder)
            peer.first()
            peers.append(peer)
            notes.append(f"{kind.name} is {peer.version()}")
        except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as error:
            notes.append(f"{kind.name} cannot build the project here: {error}")
            continue
        if peer.hex:
            same = filecmp.cmp(peer.path(peer.hex), peers[0].path(Fbuild.hex), shallow=False)
            notes[-1] += ", and makes the same firmware as fbuild, byte for byte" if same else ", and makes OTHER firmware than fbuild"
    return peers, notes


def measure(peers, cases, runs):
    """Milliseconds: {(case, peer): [one a round]}"""
    times = {}
    for _ in range(runs):
        for peer in peers:  # as the round before left it, and not touched since
            peer.build()
        for case, before, timed in CASES:
            if case not in cases:
                continue
            for peer in peers:
                if not takes_part(peer, case):
                    continue
                if before:
                    getattr(peer, before.__name__)()
                times.setdefault((case, peer.name), []).append(timed(peer))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--cases", default="", metavar="A,B", help="only these cases")
    parser.add_argument("--tools", default="", metavar="A,B", help="only these tools beside fbuild")
    parser.add_argument("--json", action="store_true", help="print the medians in milliseconds as JSON")
    arguments = parser.parse_args()
    cases = parse_names(parser, "--cases", arguments.cases, [case for case, _, _ in CASES])
    tools = parse_names(parser, "--tools", arguments.tools, [peer.name for peer in PEERS])

    folder = tempfile.mkdtemp(prefix="fbuild-peers-")
    try:
        peers, notes = start([peer for peer in PEERS if peer.name in tools], folder)
        times = measure(peers, cases, arguments.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    medians = {key: statistics.median(values) for key, values in times.items()}
    if arguments.json:
        table = {case: {peer.name: medians[case, peer.name] for peer in peers if (case, peer.name) in medians} for case in cases}
        print(json.dumps({"runs": arguments.runs, "milliseconds": table, "notes": notes}, indent=1))
        return
    print(f"blink for uno, medians of {arguments.runs} rounds, {os.cpu_count()} processors, load {os.getloadavg()[0]:.0f}\n")
    others = peers[1:]
    print("| case | fbuild |" + "".join(f" {peer.name} | ratio |" for peer in others))
    print("|---|--:|" + "--:|--:|" * len(others))
    for case in cases:
        ours = medians[case, "fbuild"]
        line = f"| {case} | {ours:.1f} ms |"
        for peer in others:
            theirs = medians.get((case, peer.name))
            line += f" {theirs:.0f} ms | {theirs / ours:.1f} |" if theirs else " | |"
        print(line)
    for note in notes:
        print(f"\n{note}.", end="")
    if notes:
        print()


if __name__ == "__main__":
    main()
