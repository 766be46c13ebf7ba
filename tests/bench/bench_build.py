#!/usr/bin/env python3
"""Times whole builds of tests/projects/blink against the floor: plain ninja with a
build.ninja of the same commands, on the same machine, in turns, so that what else the
machine does hits both. Prints medians and ratios as a table. The exit status is 1 when a
goal is missed.

Started by scripts/bench, which sees to it that everything is installed and built."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(ROOT, "build", "bin")
ENVIRONMENT = "uno"
OTHERS = ("leonardo", "megaatmega2560")


class Times(typing.NamedTuple):
    wall: float
    cpu: float

    def plus(self, other):
        return Times(self.wall + other.wall, self.cpu + other.cpu)


def run(directory, *argv):
    """Runs a command; its wall time and the processor time of it and all its children, in
    milliseconds. The latter says more on a machine that is busy with other things."""
    here = os.getcwd()
    os.chdir(directory)
    try:
        begin = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2)])
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - begin
    finally:
        os.chdir(here)
    if status != 0:
        sys.exit(f"{' '.join(argv)} failed:\n" + open(LOG).read())
    return Times(wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000)


def quoted(text):
    """A word for the shell, then for ninja."""
    if not all(c.isalnum() or c in "_-+=./,:@%" for c in text):
        text = "'" + text.replace("'", "'\\''") + "'"
    return text.replace("$", "$$")


def floor_graph(plan):
    """What a person who knows the commands would write: a rule per language and an edge
    per file, nothing that finds out anything."""
    programs = plan["programs"]
    text = "builddir = out\n"
    for rule, program in (("c", "cc"), ("cxx", "cxx"), ("asm_cpp", "cc")):
        text += (f"rule {rule}\n  command = {programs[program]} $flags -MMD -MF $out.d -o $out -c $in\n"
                 "  depfile = $out.d\n  deps = gcc\n")
    text += f"rule archive\n  command = rm -f $out && {programs['ar']} rcs $out $in\n"
    text += f"rule link\n  command = {programs[plan['link']['linker']]} -o $out $link_flags $in $libs\n"
    text += f"rule hex\n  command = {programs['objcopy']} -O ihex -R .eeprom $in $out\n"
    objects, archives = [], []

    def place(path):
        return path.replace(plan["directory"], "out", 1).replace(".fbuild/build/shared", "out/shared", 1)

    for number, group in enumerate(plan["groups"]):
        for language, flags in group["flags"].items():
            text += f"flags_{number}_{language} = " + " ".join(map(quoted, flags)) + "\n"
        outputs = []
        for unit in group["units"]:
            outputs.append(place(unit["object"]))
            text += (f"build {outputs[-1]}: {unit['language']} {unit['source']}\n"
                     f"  flags = $flags_{number}_{unit['language']}\n")
        if group["archive"]:
            archives.append(place(group["archive"]))
            text += f"build {archives[-1]}: archive {' '.join(outputs)}\n"
        else:
            objects += outputs
    text += (f"build out/firmware.elf: link {' '.join(objects)} | {' '.join(archives)}\n"
             f"  link_flags = {' '.join(map(quoted, plan['link']['flags']))}\n"
             f"  libs = {' '.join(quoted(place(word)) for word in plan['link']['libs'])}\n"
             "build out/firmware.hex: hex out/firmware.elf\n")
    return text + "default out/firmware.hex\n"


class Project:
    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(os.path.join(ROOT, "tests/projects/blink"), folder,
                        ignore=shutil.ignore_patterns(".fbuild", "build.ninja", "compile_commands.json"))
        self.edits = self.removed = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def remove(self, *names):
        """Puts them aside: ext4 is slow to make files where some were deleted just before."""
        for name in names:
            if os.path.lexists(self.path(name)):
                self.removed += 1
                os.rename(self.path(name), f"{self.folder}-removed{self.removed}")

    def edit(self):
        """One more statement: what is compiled and linked really changes."""
        self.edits += 1
        with open(os.path.join(ROOT, "tests/projects/blink/src/main.cpp")) as file:
            text = file.read()
        with open(self.path("src/main.cpp"), "w") as file:
            file.write(text.replace("delay(500)", f"delay({500 + self.edits})"))

    def touch(self):
        os.utime(self.path("src/main.cpp"))

    def ninja(self, *arguments):
        return run(self.folder, "ninja", *arguments)


class Ours(Project):
    def forget(self):
        self.remove(".fbuild", "build.ninja", "compile_commands.json")

    def generate(self):
        return run(self.folder, os.path.join(BIN, "fbuild-gen"), "-q")

    def plan(self):
        return json.loads(subprocess.run([os.path.join(BIN, "fbuild-gen"), "--print-plan", ENVIRONMENT],
                                         cwd=self.folder, check=True, stdout=subprocess.PIPE).stdout)

    def firmware(self):
        return self.path(f".fbuild/build/{ENVIRONMENT}/firmware.hex")


class Floor(Project):
    def write_graph(self, ours):
        with open(self.path("build.ninja"), "w") as file:
            file.write(floor_graph(ours.plan()))
        with open(self.path("always.ninja"), "w") as file:
            file.write("rule always\n  command = /bin/true\n  restat = 1\nbuild out/always: always\n"
                       "include build.ninja\ndefault out/always\n")
        # The commands name the packages through ours, which lose nothing by being copied.
        os.makedirs(self.path(".fbuild/build"))
        shutil.copytree(ours.path(".fbuild/build/packages"), self.path(".fbuild/build/packages"), symlinks=True)

    def firmware(self):
        return self.path("out/firmware.hex")


def same_firmware(ours, floor):
    with open(ours.firmware(), "rb") as a, open(floor.firmware(), "rb") as b:
        if a.read() != b.read():
            sys.exit("the two builds made different firmware: the comparison means nothing")


def remove_store(whole):
    """The store of compiles; `whole`: all that is cached."""
    cache = os.environ["FBUILD_CACHE_DIR"]
    path = cache if whole else os.path.join(cache, "objects-v1")
    if os.path.exists(path):
        os.rename(path, tempfile.mkdtemp(dir=os.path.dirname(cache)) + "/removed")


def bench_build(runs, folder):
    ours, floor = Ours(os.path.join(folder, "ours")), Floor(os.path.join(folder, "floor"))
    ours.generate()
    floor.write_graph(ours)
    times = {}

    def note(name, value):
        times.setdefault(name, []).append(value)

    def settled():
        """Until ninja says there is nothing to do: what runs behind a change is part of it."""
        for _ in range(5):
            ours.ninja()
            if "no work to do" in open(LOG).read():
                return

    second = Ours(os.path.join(folder, "second"))
    second.edit()
    for number in range(runs):
        # Nothing is built and nothing is in the store of compiles. The first round also finds
        # out what the compiler is, which later ones read from the cache.
        remove_store(whole=number == 0)
        ours.forget()
        generate = ours.generate()
        build = ours.ninja()
        if number == 0:
            times["first ever"] = [generate.plus(build)]
        else:
            note("cold", generate.plus(build))
            note("cold: fbuild-gen", generate)
        second.forget()
        note("second project", second.generate().plus(second.ninja()))
        floor.remove("out")
        note("floor cold", floor.ninja())
        same_firmware(ours, floor)
        settled()
        # What was never built is loaded, even if nobody asks for it.
        for _ in range(3):
            note("no-op, two environments never built", ours.ninja())
            note("floor no-op + true, then", floor.ninja("-f", "always.ninja"))
        ours.ninja(*OTHERS)
        settled()
        for _ in range(3):
            note("no-op", ours.ninja())
            note("floor no-op", floor.ninja())
            note("floor no-op + true", floor.ninja("-f", "always.ninja"))
        for project in (ours, floor):
            project.edit()
        note("edit", ours.ninja())
        note("floor edit", floor.ninja())
        same_firmware(ours, floor)
        settled()
        for project in (ours, floor):
            project.touch()
        note("touch", ours.ninja())
        note("floor touch", floor.ninja())
        settled()
        note("fbuild-gen, nothing changed", ours.generate())
    return {name: Times(*map(statistics.median, zip(*values))) for name, values in times.items()}


# Case, its floor, the goal for the ratio (0: none is set).
CASES = [("first ever", "floor cold", 0), ("cold", "floor cold", 1.2), ("second project", "floor cold", 0.4), ("no-op", "floor no-op + true", 1.3),
         ("no-op, two environments never built", "floor no-op + true, then", 0), ("edit", "floor edit", 1.2),
         ("touch", "floor touch", 0)]


def report_build(medians, runs):
    """Prints the table; true when all goals are met."""
    print(f"blink for {ENVIRONMENT}, medians of {runs} rounds, {os.cpu_count()} processors, "
          f"load {os.getloadavg()[0]:.0f}\n")
    print("| case | fbuild | floor | ratio | goal | processor time | floor | ratio |\n"
          "|---|--:|--:|--:|--:|--:|--:|--:|")
    all_met = True
    for case, floor, goal in CASES:
        ours, least = medians[case], medians[floor]
        met = not goal or ours.wall / least.wall <= goal
        all_met &= met
        print(f"| {case} | {ours.wall:.1f} ms | {least.wall:.1f} ms | {ours.wall / least.wall:.2f} | "
              f"{goal or ''}{'' if met else ' missed'} | {ours.cpu:.1f} ms | {least.cpu:.1f} ms | "
              f"{ours.cpu / least.cpu:.2f} |")
    cold, warm = medians["cold: fbuild-gen"], medians["fbuild-gen, nothing changed"]
    print("\nThe floor of the no-op has one edge that always runs /bin/true; without it ninja takes "
          f"{medians['floor no-op'].wall:.1f} ms.\nfbuild-gen alone: {cold.wall:.1f} ms cold "
          f"(processor: {cold.cpu:.1f}), {warm.wall:.1f} ms ({warm.cpu:.1f}) when nothing has changed.")
    return all_met


def main():
    global LOG
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="rounds of each case (default: 10)")
    parser.add_argument("--json", action="store_true", help="print the medians in milliseconds as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the folder the builds were made in")
    arguments = parser.parse_args()

    failed = False
    folder = tempfile.mkdtemp(prefix="fbuild-bench-")
    LOG = os.path.join(folder, "log")
    os.environ["FBUILD_CACHE_DIR"] = os.path.join(folder, "cache")
    try:
        medians = bench_build(arguments.runs, folder)
    finally:
        if arguments.keep:
            print(folder, file=sys.stderr)
        else:
            shutil.rmtree(folder)
    if arguments.json:
        print(json.dumps({name: value._asdict() for name, value in medians.items()}, indent=1))
    else:
        failed = not report_build(medians, arguments.runs)
    sys.exit(failed)


if __name__ == "__main__":
    main()
