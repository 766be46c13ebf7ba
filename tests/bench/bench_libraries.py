#!/usr/bin/env python3
"""Times what libraries cost: a project with 30 libraries of 100 files each, all in use.

* fbuild-gen after one #include was added to a source of the project: at most 60 ms.
* The same for nothing changed at all, and from nothing, to compare.
* `ninja` after that #include: the gate, fbuild-gen, ninja's loading of what it wrote, one
  compile and a link. No goal; it is what one waits for.
* `ninja` when nothing is to be done, against the same project with all files in src/: at most
  a fifth and 1 ms more. And against one of a single file, to compare.

The compilers are stand-ins that copy (fake_compiler.cpp). Started by scripts/bench, which sees to it
that everything is installed and built."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GENERATOR = os.path.join(ROOT, "build/bin/fbuild-gen")
TOOLS = ["avr-gcc", "avr-g++", "avr-as", "avr-gcc-ar", "avr-objcopy"]
GOAL = 60.0
LIBRARIES, FILES = 30, 100


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def make_project(folder, libraries=True):
    write(folder + "/platformio.ini", "[env:uno]\nplatform = atmelavr\nboard = uno\nframework = arduino\n")
    body = "".join(f"int value{i};  // as long as sources are\n" for i in range(60))
    for n in range(LIBRARIES):
        library = f"{folder}/lib/Lib{n}" if libraries else folder
        if libraries:
            write(library + "/library.properties", f"name=Lib{n}\nversion=1.0.{n}\narchitectures=*\n")
        following = f"#include <Lib{n + 1}.h>\n" if n + 1 < LIBRARIES else ""
        write(f"{library}/src/Lib{n}.h", f"#pragma once\n#include <Arduino.h>\n{following}")
        for i in range(FILES // 2 - 1):
            write(f"{library}/src/part/part{n}_{i}.h", f"#pragma once\n#include <stdint.h>\n{body}")
            write(f"{library}/src/part/part{n}_{i}.cpp", f'#include "part{n}_{i}.h"\n#include "../Lib{n}.h"\n#include <string.h>\n' + body)
        write(f"{library}/src/Lib{n}.cpp", f'#include "Lib{n}.h"\n' + "".join(f'#include "part/part{n}_{i}.h"\n' for i in range(FILES // 2 - 1)))
    source(folder, 0)


def source(folder, number):
    write(folder + "/src/main.cpp", "#include <Arduino.h>\n#include <Lib0.h>\n" + f"#include <part/part{number % LIBRARIES}_{number % 40}.h>\n" * (number > 0)
          + "void setup() {}\nvoid loop() {}\n")


def timed(argv, folder, environment):
    begin = time.perf_counter()
    run = subprocess.run(argv, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = (time.perf_counter() - begin) * 1000
    if run.returncode != 0:
        sys.exit(f"{argv[0]} failed:\n" + run.stdout)
    return wall, run.stdout


def generate(folder, environment):
    return timed([GENERATOR, "-q"], folder, environment)[0]


def nothing(folder, environment):
    wall, said = timed(["ninja"], folder, environment)
    if "no work to do" not in said:
        sys.exit("this was to be a build with nothing to do:\n" + said)
    return wall


def make_tools(folder):
    """Programs by a toolchain's names; the environment that finds them."""
    os.makedirs(folder + "/bin")
    subprocess.run(["c++", "-O2", "-static", "-o", folder + "/bin/fake", ROOT + "/tests/bench/fake_compiler.cpp"], check=True)
    for tool in TOOLS:
        os.symlink("fake", f"{folder}/bin/{tool}")
    write(folder + "/empty.c", "int main() {}\n")
    write(folder + "/headers", "")
    subprocess.run(["avr-gcc", "-mmcu=atmega328p", "-o", folder + "/firmware.elf", folder + "/empty.c"], check=True)
    return {**{name: value for name, value in os.environ.items() if not name.startswith(("FBUILD_", "PLATFORMIO_", "NINJA_")) and name != "CI"},
            "PATH": f"{folder}/bin:{ROOT}/build/bin:" + os.environ["PATH"], "FAKE_ELF": folder + "/firmware.elf", "FAKE_HEADERS": folder + "/headers"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", metavar="DIR", help="make the project there and leave it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        environment = {**make_tools(temporary + "/tools"), "FBUILD_CACHE_DIR": temporary + "/cache"}
        make_project(folder)
        first = generate(folder, environment)
        time.sleep(1.1)  # what is younger than the clock's tick is read again
        generate(folder, environment)
        plan = json.loads(subprocess.run([GENERATOR, "--print-plan", "uno"], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE).stdout)
        if len(plan["libraries"]) != LIBRARIES:
            sys.exit(f"{len(plan['libraries'])} libraries in use instead of {LIBRARIES}")
        edited, again = [], []
        for number in range(1, options.runs + 1):
            source(folder, number)
            edited.append(generate(folder, environment))
            again.append(generate(folder, environment))
        others = {"in src": temporary + "/flat", "one file": temporary + "/one"}
        make_project(others["in src"], libraries=False)
        write(others["one file"] + "/platformio.ini", "[env:uno]\nplatform = atmelavr\nboard = uno\nframework = arduino\n")
        write(others["one file"] + "/src/main.cpp", "#include <Arduino.h>\nvoid setup() {}\nvoid loop() {}\n")
        projects = {"libraries": folder, **others}
        for project in projects.values():
            generate(project, environment)
            timed(["ninja"], project, environment)
        whole = []
        for number in range(options.runs + 1, 2 * options.runs + 1):
            source(folder, number)
            whole.append(timed(["ninja"], folder, environment)[0])
        time.sleep(1.1)
        idle = {name: [] for name in projects}
        for project in projects.values():
            nothing(project, environment)
        for _ in range(3 * options.runs):
            for name, project in projects.items():
                idle[name].append(nothing(project, environment))
    idle = {name: statistics.median(times) for name, times in idle.items()}
    result = {"from nothing": first, "one #include added": statistics.median(edited), "nothing changed": statistics.median(again),
              "ninja, one #include added": statistics.median(whole), "ninja, nothing to do": idle["libraries"],
              "the same, all files in src/": idle["in src"], "the same, one file": idle["one file"]}
    goals = {"one #include added": GOAL, "ninja, nothing to do": 1.2 * idle["in src"] + 1}
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{LIBRARIES} libraries of {LIBRARIES * FILES} files; fbuild-gen where nothing else is named; medians of {options.runs} and more:\n")
        print("| case | time | goal | |\n|---|--:|--:|---|")
        for name, value in result.items():
            goal = goals.get(name)
            print(f"| {name} | {value:.1f} ms | {'%.1f ms' % goal if goal else ''} | {'missed' if goal and value > goal else ''} |")
        print(f"\nWith nothing to do, libraries cost {idle['libraries'] / idle['in src']:.2f} times what the same files in src/ do.")
    return 1 if any(result[name] > goal for name, goal in goals.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
