#!/usr/bin/env python3
"""Times Blink with the vendors' own cores, for boards of every family whose packages lie below a
folder (as scripts/try-cores finds them), against the floor: plain ninja with a build.ninja of
the same commands. Prints a table; the exit status is 1 when a cold build misses its goal.

Packages named with symlink:// are looked at in full at each call, as a project's own files are, so
that the no-op here is more than one with installed packages, which scripts/bench gate measures.

Without FOLDER: builds in which there is nothing to do, of every family, with the small cores of
tests/cores, against ninja with one edge that always runs /bin/true.

Started as scripts/bench families [FOLDER]."""
import argparse
import importlib.machinery
import importlib.util
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

import bench_build
from bench_build import BIN, ROOT, Times, remove_store, run

COLD_GOAL = 1.2
WARM_GOAL = 1.3


def try_cores():
    loader = importlib.machinery.SourceFileLoader("try_cores", os.path.join(ROOT, "scripts/try-cores"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("try_cores", loader))
    loader.exec_module(module)
    return module


def plain(command):
    """A command without what is fbuild's own in it."""
    command = re.sub(r"^\. \S+\.launch; (exec )?(\$keep )?(\$launch )?", "", command.strip())
    command = re.sub(r"^(exec )?\S*fbuild-stamp once .*? -- ", "", command)
    return re.sub(r" && (exec )?\S*fbuild-stamp \S.*$", "", command)


def floor_graph(commands, environment):
    """The commands as edges, with outputs in a folder of their own."""
    text = "builddir = out\nrule compile\n  command = $c\n  depfile = $d\n  deps = gcc\nrule other\n  command = $c\n"
    made, last = set(), None

    def place(part):
        return part.replace(".fbuild/build/%s/" % environment, "out/").replace(".fbuild/build/shared/", "out/shared/")

    for command in commands:
        command = plain(command)
        if re.search(r"fbuild-(gen|stamp|lnk) |fbuild-image size ", command):
            if "--join-sketch" not in command:
                continue
        command = place(command)
        words = shlex.split(command)
        if "-c" in words and "-o" in words and "-MF" in words:
            out, depfile = words[words.index("-o") + 1], words[words.index("-MF") + 1]
            text += "build %s: compile %s\n  d = %s\n" % (out, words[words.index("-c") + 1], depfile)
        else:
            archive = next((word for word in words if word.endswith(".a") and words[0] == "rm"), None)
            sed = words[words.index("mv") + 3] if words[0] == "sed" else None
            out = archive or sed or words[words.index("-o") + 1] if archive or sed or "-o" in words else None
            if out is None:
                continue
            # A linker script may be found by way of -L, by one that includes it.
            scripts = [script for script in sorted(made) if script.endswith(".ld")] if out.endswith(".elf") else []
            inputs = dict.fromkeys([*(word for word in words if word in made and word != out), *scripts])
            text += "build %s: other %s\n" % (out, " ".join(inputs))
            last = out
        made.add(out)
        text += "  c = %s\n" % command.replace("$", "$$")
    return text + "default %s\n" % last


class Board:
    def __init__(self, folder, module, board, family, found):
        self.board, self.folder, self.removed = board, folder, 0
        self.ours, self.floor = os.path.join(folder, "ours"), os.path.join(folder, "floor")
        for project in (self.ours, self.floor):
            os.makedirs(os.path.join(project, "src"))
            shutil.copy(os.path.join(ROOT, "tests/projects/blink/src/main.cpp"), os.path.join(project, "src/main.cpp"))
        planned, why = module.generate(self.ours, board, family, found)
        if not planned:
            sys.exit("%s: %s" % (board, why))
        commands = subprocess.run(["ninja", "-f", ".fbuild/build/all.ninja", "-t", "commands", board], cwd=self.ours, check=True,
                                  stdout=subprocess.PIPE, text=True).stdout.splitlines()
        with open(os.path.join(self.floor, "build.ninja"), "w") as out:
            out.write(floor_graph(commands, board))
        with open(os.path.join(self.floor, "always.ninja"), "w") as out:
            out.write("rule always\n  command = /bin/true\n  restat = 1\nbuild out/always: always\ninclude build.ninja\ndefault out/always\n")
        os.makedirs(os.path.join(self.floor, ".fbuild/build"))
        shutil.copytree(os.path.join(self.ours, ".fbuild/build/packages"), os.path.join(self.floor, ".fbuild/build/packages"), symlinks=True)

    def put_aside(self, path):
        if os.path.lexists(path):
            self.removed += 1
            os.rename(path, "%s/removed%d" % (self.folder, self.removed))

    def gen(self):
        return run(self.ours, os.path.join(BIN, "fbuild-gen"), "-q")

    def check(self):
        with open(os.path.join(self.ours, ".fbuild/build", self.board, "firmware.elf"), "rb") as a, \
                open(os.path.join(self.floor, "out/firmware.elf"), "rb") as b:
            if a.read() != b.read():
                sys.exit("%s: the two builds made different firmware: the comparison means nothing" % self.board)

    def measure(self, runs):
        times = {}

        def note(name, value):
            times.setdefault(name, []).append(value)

        for number in range(runs + 1):
            remove_store(whole=False)
            self.put_aside(os.path.join(self.ours, ".fbuild"))
            begin = self.gen()
            cold = begin.plus(run(self.ours, "ninja", self.board))
            self.put_aside(os.path.join(self.floor, "out"))
            floor = run(self.floor, "ninja")
            if number:  # the first round brings everything into memory
                note("cold", cold)
                note("cold floor", floor)
        self.check()
        for _ in range(5):
            run(self.ours, "ninja", self.board)
        run(self.floor, "ninja", "-f", "always.ninja")
        for _ in range(20):
            note("no-op", run(self.ours, "ninja", self.board))
            note("no-op floor", run(self.floor, "ninja", "-f", "always.ninja"))
        return {name: Times(*map(statistics.median, zip(*values))) for name, values in times.items()}


# Where the tests of families build them: module, class, environment.
SMALL = {
    "atmelavr": (None, None, "uno"),
    "atmelmegaavr": ("families_atmelmegaavr_test", "AtmelMegaAvr", "every"),
    "atmelsam": ("families_atmelsam_test", "AtmelSam", "zero"),
    "espressif32": ("families_esp_test", "Esp32", "c3"),
    "espressif8266": ("families_esp_test", "Esp8266", "nodemcu"),
    "raspberrypi": ("families_test", "RaspberryPi", "pico"),
    "ststm32": ("families_test", "Stm32", "pill"),
    "teensy": ("families_test", "Teensy", None),
}


def warm(runs):
    """Builds with nothing to do; the number of families that missed the goal."""
    sys.path.insert(0, os.path.join(ROOT, "tests/integration"))
    os.environ.setdefault("FBUILD_BIN_DIR", BIN)
    import project as projects  # of the integration tests
    print("| family | nothing to do | ninja, one /bin/true | ratio |\n|---|--:|--:|--:|", flush=True)
    missed = 0
    for family, (module, name, environment) in SMALL.items():
        case = getattr(__import__(module), name) if module else projects.Case
        case.setUpClass()
        try:
            blink = case.blink if module else case.project({"platformio.ini": projects.UNO, "src/main.cpp": projects.SMALL})
            environment = environment or next(iter(case.BOARDS))
            if not module:
                blink.build(environment)
            floor = os.path.join(case.temporary, "floor")
            os.makedirs(floor)
            with open(os.path.join(floor, "build.ninja"), "w") as out:
                out.write("rule always\n  command = /bin/true\n  restat = 1\nbuild out/always: always\n")
            environ = dict(os.environ)
            os.environ.update(blink.env)
            for _ in range(3):
                run(blink.dir, "ninja", environment)
            times = [(run(blink.dir, "ninja", environment), run(floor, "ninja")) for _ in range(runs)]
            if not blink.idle(environment):
                sys.exit("%s: there was something to do: %s" % (family, blink.why))
            os.environ.clear()
            os.environ.update(environ)
            ours, true = (statistics.median(pair[i].wall for pair in times) for i in (0, 1))
            missed += ours > WARM_GOAL * true
            print("| %s | %.1f ms | %.1f ms | %.2f%s |" % (family, ours, true, ours / true, " missed" if ours > WARM_GOAL * true else ""), flush=True)
        finally:
            case.doClassCleanups()
            case.tearDownClass()
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cores", metavar="FOLDER", nargs="?", help="where the vendors' packages are")
    parser.add_argument("--runs", type=int, default=3, help="rounds of cold builds (default: 3)")
    parser.add_argument("--boards", help="ids of boards, with commas between (default: a few of each family)")
    arguments = parser.parse_args()
    missed = measured = 0
    folder = tempfile.mkdtemp(prefix="fbuild-bench-")
    bench_build.LOG = os.path.join(folder, "log")
    if not arguments.cores:
        try:
            sys.exit(1 if warm(20 * arguments.runs) else 0)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    module = try_cores()
    os.environ["FBUILD_CACHE_DIR"] = os.path.join(folder, "cache")
    print("| board | cold | floor | ratio | processor time | no-op | ninja, one /bin/true | ratio |\n|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    try:
        for family, board, found in module.boards_below(arguments.cores, arguments.boards.split(",") if arguments.boards else None):
            times = Board(os.path.join(folder, board), module, board, family, found).measure(arguments.runs)
            cold, floor, noop, true = (times[name] for name in ("cold", "cold floor", "no-op", "no-op floor"))
            ratios = cold.wall / floor.wall, noop.wall / true.wall
            missed += ratios[0] > COLD_GOAL
            measured += 1
            print("| %s | %.0f ms | %.0f ms | %.2f%s | %.2f | %.1f ms | %.1f ms | %.2f |" % (
                board, cold.wall, floor.wall, ratios[0], " missed" if ratios[0] > COLD_GOAL else "", cold.cpu / floor.cpu, noop.wall,
                true.wall, ratios[1]), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not measured:
        sys.exit("no package of a family that platforms/ has lies in %s, or none has these boards" % arguments.cores)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
