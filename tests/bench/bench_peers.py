#!/usr/bin/env python3
"""Times other tools beside fbuild on the same sources (tests/projects/blink for an Uno), as
far as they are installed: PlatformIO (pio), arduino-cli, arduino-mk, arduino-builder. Prints
medians, and how many times as long as fbuild each takes.

The tools take turns in each round, so that what else the machine does hits all of them. All
use the same core and compiler where they can be told to (Debian's, in /usr/share/arduino);
PlatformIO and arduino-cli use what they have installed themselves, and are left out when
they cannot build the project without the network.

  cold             nothing is built, no cache of compiled cores
  no-op            nothing changed
  touch            src/main.cpp has a new time
  edit             src/main.cpp has other code
  ini edit         a comment in platformio.ini (arduino-mk: in its Makefile)
  added file       one more source
  three            uno, leonardo and megaatmega2560 from nothing

Started by scripts/bench --peers, which sees to it that fbuild is built."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(ROOT, "build", "bin")
BLINK = os.path.join(ROOT, "tests/projects/blink")
ARDUINO = "/usr/share/arduino"
# The core of Debian needs this with Debian's compiler; fbuild knows.
CURE = "-DDECIMAL_DIG=__DECIMAL_DIG__"
BOARDS = {"uno": ("uno", None), "leonardo": ("leonardo", None), "megaatmega2560": ("mega", "atmega2560")}


class Peer:
    """One tool and its copy of the project."""

    name = ""
    source = "src/main.cpp"
    settings = None  # the file an "ini edit" edits

    def __init__(self, folder):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder)
        self.removed = self.edits = self.added = 0
        self.log = self.folder + ".log"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("FBUILD_", "PLATFORMIO_", "NINJA_")) and name != "CI"}
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
            raise RuntimeError(open(self.log).read().strip().splitlines()[-1:] or [f"exit status {done.returncode}"])
        return wall * 1000

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
    program = "pio"
    settings = "platformio.ini"

    def forget(self):
        self.put_aside(".pio")

    def build(self, board="uno"):
        return self.run("pio", "run", "-e", board)


class ArduinoMk(Peer):
    name = "arduino-mk"
    program = ARDUINO + "/Arduino.mk"
    source = "main.cpp"
    settings = "Makefile"

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

    @staticmethod
    def fqbn(board):
        tag, cpu = BOARDS[board]
        return f"arduino:avr:{tag}" + (f":cpu={cpu}" if cpu else "")


class ArduinoBuilder(Sketch):
    name = "arduino-builder"
    program = "arduino-builder"

    def build(self, board="uno"):
        os.makedirs(self.path("build-" + board), exist_ok=True)
        return self.run("arduino-builder", "-compile", "-hardware", ARDUINO + "/hardware", "-tools", ARDUINO + "/hardware/tools", "-fqbn", self.fqbn(board),
                        "-build-path", self.path("build-" + board), "-prefs=compiler.cpp.extra_flags=" + CURE, "blink/blink.ino")


class ArduinoCli(Sketch):
    name = "arduino-cli"
    program = "arduino-cli"

    def build(self, board="uno"):
        # A cache of cores would make what is called cold warm.
        return self.run("arduino-cli", "compile", "-b", self.fqbn(board), "--build-path", self.path("build-" + board),
                        "--build-property", "compiler.cpp.extra_flags=" + CURE, "blink")


PEERS = [PlatformIO, ArduinoCli, ArduinoMk, ArduinoBuilder]


def is_installed(peer):
    return os.path.exists(peer.program) if peer.program.startswith("/") else shutil.which(peer.program) is not None


def three(peer):
    if hasattr(peer, "three"):
        return peer.three()
    return sum(peer.first(board) for board in BOARDS)


# Name, what is done before, what is timed.
CASES = [("cold", Peer.forget, lambda p: p.first()),
         ("no-op", None, lambda p: p.build()),
         ("touch", Peer.touch, lambda p: p.build()),
         ("edit", Peer.edit, lambda p: p.build()),
         ("ini edit", Peer.edit_settings, lambda p: p.build()),
         ("added file", Peer.add_file, lambda p: p.build()),
         ("three", Peer.forget, three)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--json", action="store_true", help="print the medians in milliseconds as JSON")
    arguments = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="fbuild-peers-")
    try:
        peers, notes = [Fbuild(folder)], []
        for kind in PEERS:
            if not is_installed(kind):
                notes.append(f"{kind.name} is not installed")
                continue
            peer = kind(folder)
            try:
                peer.first()
                peers.append(peer)
            except (RuntimeError, OSError) as error:
                notes.append(f"{kind.name} cannot build the project here: {error}")
        peers[0].first()
        times = {}
        for _ in range(arguments.runs):
            for case, before, timed in CASES:
                for peer in peers:
                    if case == "ini edit" and not peer.settings:
                        continue
                    if before:
                        getattr(peer, before.__name__)()
                    times.setdefault((case, peer.name), []).append(timed(peer))
            for peer in peers:  # what the next round begins with
                peer.build()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    medians = {key: statistics.median(values) for key, values in times.items()}
    if arguments.json:
        print(json.dumps({case: {peer.name: medians[case, peer.name] for peer in peers if (case, peer.name) in medians} for case, _, _ in CASES}, indent=1))
        return
    print(f"blink for uno, medians of {arguments.runs} rounds, {os.cpu_count()} processors, load {os.getloadavg()[0]:.0f}\n")
    others = peers[1:]
    print("| case | fbuild |" + "".join(f" {peer.name} | ratio |" for peer in others))
    print("|---|--:|" + "--:|--:|" * len(others))
    for case, _, _ in CASES:
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
