#!/usr/bin/env python3
"""Times what the gate costs: whole processes, in turns with their floors, so that what else
the machine does hits both. Medians and ratios; the exit status is 1 when a goal is missed.

* Nothing to do for tests/projects/blink, against ninja with one edge that always runs
  /bin/true.
* Nothing to do for 60 environments of 60 objects over a package of 10,000 files, within the
  freshness window and with everything looked at, against the same and against a statx of
  each file (stamp_floor).
* fbuild-gen for those 60 environments.

The 60 environments are built by a compiler that copies (fake_compiler.cpp) and found by
platform files that name the package's folder (FBUILD_DATA_DIR). Started by scripts/bench,
which sees to it that everything is installed and built."""
import argparse
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
BUILD = os.path.join(ROOT, "build")
CORE = "/usr/share/arduino/hardware/arduino/avr"
TOOLS = ["avr-gcc", "avr-g++", "avr-as", "avr-gcc-ar", "avr-objcopy"]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


class Bench:
    def __init__(self, folder, runs):
        self.folder, self.runs = folder, runs
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("FBUILD_", "PLATFORMIO_", "NINJA_")) and name != "CI"}
        self.env.update(PATH=f"{BUILD}/bin:" + self.env["PATH"], FBUILD_CACHE_DIR=folder + "/cache")
        self.log = folder + "/log"
        self.times = {}

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def run(self, directory, *argv, env=None):
        """Runs a command; its wall time and the processor time of it and its children, in
        milliseconds. The latter says more on a machine that is busy with other things."""
        os.chdir(directory)
        program = shutil.which(argv[0], path=self.env["PATH"])
        begin = time.perf_counter()
        pid = os.posix_spawn(program, argv, {**self.env, **(env or {})}, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)])
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - begin
        if status != 0:
            sys.exit(f"{' '.join(argv)} failed:\n" + self.said())
        return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def note(self, name, value):
        self.times.setdefault(name, []).append(value)

    def median(self, name, kind=0):
        return statistics.median(value[kind] for value in self.times[name])

    def nothing(self, directory, env=None):
        wall = self.run(directory, "ninja", env=env)
        if "no work to do" not in self.said():
            sys.exit("this was to be a build with nothing to do:\n" + self.said())
        return wall

    def make_floor(self):
        write(self.path("floor/build.ninja"),
              "rule always\n  command = /bin/true\n  restat = 1\nbuild out/always: always\n")

    def floor(self):
        return self.run(self.path("floor"), "ninja")

    # -- one environment

    def blink(self):
        project = self.path("blink")
        shutil.copytree(ROOT + "/tests/projects/blink", project,
                        ignore=shutil.ignore_patterns(".fbuild", "build.ninja", "compile_commands.json"))
        self.run(project, "fbuild-gen", "-q")
        with open(project + "/platformio.ini") as file:
            environments = re.findall(r"^\[env:(.*)\]", file.read(), re.M)
        # All of them: what was never built is loaded, whatever is asked for.
        for _ in range(3):
            self.run(project, "ninja", *environments)
        for _ in range(5 * self.runs):
            self.note("uno", self.run(project, "ninja", "uno"))
            self.note("uno floor", self.floor())
        if "uno: up to date" not in subprocess.run(["ninja", "uno"], cwd=project, env=self.env, stdout=subprocess.PIPE, text=True).stdout:
            sys.exit("uno was not up to date")
        return project

    # -- many

    def make_many(self, environments, objects, files):
        data = self.path("data")
        for name in ("platforms", "templates"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(data, name))
        platform = os.path.join(data, "platforms/atmelavr.yaml")
        with open(platform) as file:
            text = file.read()
        package = self.path("package")
        if CORE not in text:
            sys.exit("platforms/atmelavr.yaml names another folder now")
        write(platform, text.replace(CORE, package))
        # The package: a small core, and headers as an SDK has them.
        write(package + "/platform.txt", "version=1.8.3\n")
        write(package + "/variants/standard/pins_arduino.h", "\n")
        core = package + "/cores/arduino"
        write(core + "/Arduino.h", "void setup(); void loop();\n")
        write(core + "/main.cpp", '#include "Arduino.h"\nint main() { setup(); loop(); }\n')
        in_core = objects // 4
        for i in range(in_core - 1):
            write(f"{core}/part{i}.c", f"int part{i};\n")
        made = in_core + 3
        folder = 0
        while made < files:
            folder += 1
            os.makedirs(f"{core}/sdk/group{folder % 30}/part{folder}")
            for i in range(min(14, files - made)):
                write(f"{core}/sdk/group{folder % 30}/part{folder}/header{i}.h", "#define X%d_%d %s\n" % (folder, i, "1" * (folder % 90)))
                made += 1
        # The project.
        project = self.path("many")
        for i in range(objects - in_core - 1):
            write(f"{project}/src/file{i}.cpp", f'#include "all.h"\nint file{i}() {{ return {i}; }}\n')
        write(project + "/src/main.cpp", '#include <Arduino.h>\n#include "all.h"\nvoid setup() {}\nvoid loop() {}\n')
        for i in range(10):
            write(f"{project}/include/part{i}.h", "\n")
        write(project + "/include/all.h", "".join(f'#include "part{i}.h"\n' for i in range(10)))
        self.ini(project, environments)
        # The toolchain. What it links was linked by the real one.
        tools = self.path("tools/bin")
        os.makedirs(tools)
        subprocess.run(["c++", "-O2", "-static", "-o", tools + "/fake", ROOT + "/tests/bench/fake_compiler.cpp"], check=True)
        for tool in TOOLS:
            os.symlink("fake", os.path.join(tools, tool))
        shutil.copy(self.path("blink/.fbuild/build/uno/firmware.elf"), self.path("firmware.elf"))
        headers = ["include/all.h"] + [f"include/part{i}.h" for i in range(10)]
        headers += [f".fbuild/build/packages/framework-arduino-avr/cores/arduino/sdk/group{i % 30}/part{i}/header0.h" for i in range(1, 41)]
        write(self.path("headers"), "\n".join(headers) + "\n")
        self.env.update(PATH=tools + ":" + self.env["PATH"], FBUILD_DATA_DIR=data, FAKE_ELF=self.path("firmware.elf"),
                        FAKE_HEADERS=self.path("headers"))
        return project, package

    def ini(self, project, environments, extra="", comment=""):
        text = comment + "[env]\nplatform = atmelavr\nframework = arduino\nboard = uno\n"
        for i in range(environments):
            text += f"\n[env:board{i}]\nbuild_flags = -DNUMBER={i}{extra if i == 7 else ''}\n"
        write(project + "/platformio.ini", text)

    def many(self, environments, objects, files):
        project, package = self.make_many(environments, objects, files)
        for number in range(self.runs):
            # Aside, not away: ext4 is slow to make files where some were deleted just before.
            if number:
                os.rename(project + "/.fbuild", self.path(f"before{number}"))
            self.note("gen", self.run(project, "fbuild-gen", "-q"))
        begin = time.perf_counter()
        self.run(project, "ninja", env={"FBUILD_PERF_LOG": "1"})
        self.built = time.perf_counter() - begin
        count = sum(1 for _, _, names in os.walk(project + "/.fbuild/build") for name in names if name.endswith(".o"))
        if count != environments * objects:
            sys.exit(f"{count} objects instead of {environments * objects}")
        listed = self.run(project, "ninja") and self.entries(project, package)
        exact = {"FBUILD_WATCH_SET_CACHE_SECS": "0"}
        # What is younger than the clock's tick is hashed again until it is not.
        time.sleep(1.1)
        for _ in range(3):
            self.nothing(project, exact)
        stats = json.loads(subprocess.run(["fbuild-stamp", "stats", "--json"], cwd=project, env=self.env, check=True,
                                          stdout=subprocess.PIPE).stdout)
        if stats["last"]["files_hashed"] or stats["last"]["directories_listed"]:
            sys.exit(f"nothing to do, and yet: {stats['last']}")
        within = {"FBUILD_WATCH_SET_CACHE_SECS": "3600"}
        self.nothing(project, within)
        # Not in turns with what walks over the package, which would leave the one that follows
        # with cold caches and not the other.
        for _ in range(3 * self.runs):
            self.note("many", self.nothing(project, within))
            self.note("many floor", self.floor())
        for _ in range(3 * self.runs):
            self.note("many exact", self.nothing(project, exact))
            for threads in ("1", str(os.cpu_count())):
                self.note("statx " + threads, self.run(project, BUILD + "/tests/stamp_floor", "statx", self.folder, listed, threads))
        self.nothing(project, {**within, "FBUILD_PERF_LOG": "1"})
        self.phases = self.said()
        for i in range(self.runs):
            self.ini(project, environments, comment=f"; {i}\n")
            self.note("gen comment", self.run(project, "fbuild-gen", "-q"))
            self.ini(project, environments, extra=f" -DEXTRA={i}")
            self.note("gen edit", self.run(project, "fbuild-gen", "-q"))
        return stats

    def entries(self, project, package):
        """The file with what is watched, for stamp_floor."""
        names = []
        for top in (project + "/src", project + "/include", package + "/cores/arduino", package + "/variants/standard"):
            for root, _, files in os.walk(top):
                names.append(root)
                names += [os.path.join(root, name) for name in files]
        self.count = len(names)
        listed = self.path("entries")
        with open(listed, "w") as file:
            file.write("".join(os.path.relpath(name, self.folder) + "\0" for name in names))
        return listed

    def report(self, environments, objects):
        """Prints the table; true when all goals are met."""
        statx = min(self.median(name) for name in self.times if name.startswith("statx"))
        rows = []

        def row(case, name, floor_text, floor, goal):
            ours = self.median(name)
            rows.append((case, ours, floor_text, goal * floor, self.median(name, 1), ours <= goal * floor))

        one, many = self.median("uno floor"), self.median("many floor")
        row("nothing to do, uno", "uno", f"1.3 x {one:.1f} ms (ninja, one /bin/true)", one, 1.3)
        row(f"nothing to do, {environments} x {objects}, within the window", "many", f"1.6 x {many:.1f} ms (the same)", many, 1.6)
        row("the same, everything looked at", "many exact",
            f"1.6 x {many:.1f} ms + 1.3 x {statx:.1f} ms (statx of {self.count})", 1.6 * many + 1.3 * statx, 1)
        row(f"fbuild-gen, {environments} environments from nothing", "gen", "300 ms", 300, 1)
        row("fbuild-gen, one option of one environment edited", "gen edit", "150 ms", 150, 1)
        row("fbuild-gen, a comment edited", "gen comment", "150 ms", 150, 1)
        print(f"Medians, {os.cpu_count()} processors, load {os.getloadavg()[0]:.0f}\n\n| case | fbuild | goal | | processor time |\n|---|--:|---|---|--:|")
        for case, ours, text, limit, cpu, met in rows:
            print(f"| {case} | {ours:.1f} ms | {limit:.1f} ms = {text} | {'' if met else 'missed'} | {cpu:.1f} ms |".replace("300.0 ms = ", "").replace("150.0 ms = ", ""))
        print(f"\nRatios: uno {self.median('uno') / one:.2f}; {environments} x {objects} {self.median('many') / many:.2f}; everything looked at: "
              f"{(self.median('many exact') - self.median('many')) / statx:.2f} x statx more. Processor time: "
              f"{self.median('uno', 1) / self.median('uno floor', 1):.2f} and {self.median('many', 1) / self.median('many floor', 1):.2f}.\n"
              f"Building the {environments * objects} objects once took {self.built:.1f} s.")
        print("\n".join(line for line in self.phases.splitlines() if " ms" in line))
        return all(met for *_, met in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="rounds (default: 9)")
    parser.add_argument("--environments", type=int, default=60)
    parser.add_argument("--objects", type=int, default=60, help="of each environment (default: 60)")
    parser.add_argument("--files", type=int, default=10000, help="of the package (default: 10000)")
    parser.add_argument("--json", action="store_true", help="print the medians in milliseconds as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="fbuild-bench-")
    try:
        bench = Bench(folder, arguments.runs)
        bench.make_floor()
        bench.blink()
        bench.many(arguments.environments, arguments.objects, arguments.files)
    finally:
        os.chdir("/")
        if arguments.keep:
            print(folder, file=sys.stderr)
        else:
            shutil.rmtree(folder)
    if arguments.json:
        print(json.dumps({name: bench.median(name) for name in bench.times}, indent=1))
        return
    sys.exit(0 if bench.report(arguments.environments, arguments.objects) else 1)


if __name__ == "__main__":
    main()
