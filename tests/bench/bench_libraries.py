#!/usr/bin/env python3
"""Times what libraries cost: a project with 30 libraries of 100 files each, all in use.

* fbuild-gen after one #include was added to a source of the project: at most 60 ms.
* The same for nothing changed at all, and from nothing, to compare.

Nothing is compiled. Started by scripts/bench, which sees to it that everything is installed
and built."""
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
GOAL = 60.0
LIBRARIES, FILES = 30, 100


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def make_project(folder):
    write(folder + "/platformio.ini", "[env:uno]\nplatform = atmelavr\nboard = uno\nframework = arduino\n")
    body = "".join(f"int value{i};  // as long as sources are\n" for i in range(60))
    for n in range(LIBRARIES):
        library = f"{folder}/lib/Lib{n}"
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


def generate(folder, environment):
    begin = time.perf_counter()
    run = subprocess.run([GENERATOR, "-q"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = (time.perf_counter() - begin) * 1000
    if run.returncode != 0:
        sys.exit("fbuild-gen failed:\n" + run.stdout)
    return wall


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", metavar="DIR", help="make the project there and leave it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        environment = {**os.environ, "FBUILD_CACHE_DIR": temporary + "/cache"}
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
    result = {"from nothing": first, "one #include added": statistics.median(edited), "nothing changed": statistics.median(again)}
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{LIBRARIES} libraries of {LIBRARIES * FILES} files, fbuild-gen, medians of {options.runs}:\n")
        print("| case | fbuild-gen | goal | |\n|---|--:|--:|---|")
        for name, value in result.items():
            goal = name == "one #include added"
            print(f"| {name} | {value:.1f} ms | {'%d ms' % GOAL if goal else ''} | {'missed' if goal and value > GOAL else ''} |")
    return 1 if result["one #include added"] > GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
