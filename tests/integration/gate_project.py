"""A small project for the proofs about the gate: two boards, a core of a few files, and
compilers behind wrappers that note each run and can do something while a compile runs.

Building it from nothing takes less than a second, so that what the gate leaves can be
compared with a clean clone's build hundreds of times. The clone's builds are remembered
by the content of everything that goes into them.
"""
import hashlib
import os
import shutil
import subprocess
import tempfile
import time

BIN = os.path.abspath(os.environ["FBUILD_BIN_DIR"])
CORE = "/usr/share/arduino/hardware/arduino/avr"
TOOLS = ["avr-gcc", "avr-g++", "avr-as", "avr-gcc-ar", "avr-objcopy"]
BUILD = ".fbuild/build"

# A compile does what the file $FBUILD_TEST_HOOK says, once, behind the real compiler: an
# edit while the compiler runs, or a compile that takes long. Its output is put in place
# at the very end then, as compilers do.
WRAPPER = """#!/bin/sh
printf '%s\\n' "{tool} $*" >> "$FBUILD_TEST_LOG"
case " $* " in *" -c "*)
  if [ -n "$FBUILD_TEST_HOOK" ] && mv "$FBUILD_TEST_HOOK" "$FBUILD_TEST_HOOK.$$" 2>/dev/null; then
    /usr/bin/{tool} "$@"; status=$?
    . "$FBUILD_TEST_HOOK.$$"
    exit $status
  fi
esac
exec /usr/bin/{tool} "$@"
"""

ENV_SECTIONS = {
    "uno": "[env:uno]\nboard = uno\n",
    "leonardo": "[env:leonardo]\nboard = leonardo\n",
    "second": "[env:second]\nboard = uno\nbuild_flags = -DSECOND=1\n",
}

COMMON = """[env]
platform = atmelavr
framework = arduino
platform_packages = framework-arduino-avr @ symlink://core
"""

FILES = {
    "src/main.cpp": '#include <Arduino.h>\n#include "a.h"\n#include <Greeter.h>\n'
                    '#if __has_include("maybe.h")\n#include "maybe.h"\n#endif\n#ifndef MAYBE\n#define MAYBE 0\n#endif\n'
                    "void setup() { out(1); }\nvoid loop() { out(a() + b() + MAYBE); greet(); }\n",
    "src/a.cpp": '#include "a.h"\nint a() { return A_VALUE; }\n',
    "src/b.cpp": '#include "b.h"\nint b() { return B_VALUE; }\n',
    "include/a.h": '#pragma once\n#include "b.h"\n#ifndef A_VALUE\n#define A_VALUE 1\n#endif\nint a();\n',
    "include/b.h": "#pragma once\n#define B_VALUE 2\nint b();\n",
    "include/unused.h": "#define UNUSED 1\n",
    "lib/Greeter/Greeter.h": "void greet();\n",
    "lib/Greeter/Greeter.cpp": '#include <Arduino.h>\n#include "Greeter.h"\nvoid greet() { out(7); }\n',
    "flags.txt": "-DFROM_FILE=1\n",
    "core/platform.txt": "name=Small\nversion=1.8.3\n",
    "core/cores/arduino/Arduino.h": "#pragma once\n#include <avr/io.h>\n#include \"pins_arduino.h\"\n#include \"extra.h\"\n"
                                    "#ifdef __cplusplus\nextern \"C\" {\n#endif\nvoid out(int);\nvoid setup(void);\n"
                                    "void loop(void);\n#ifdef __cplusplus\n}\n#endif\n",
    "core/cores/arduino/extra.h": "#define EXTRA_VALUE 3\n",
    "core/cores/arduino/main.cpp": "#include <Arduino.h>\nint main() { setup(); for (;;) loop(); }\n",
    "core/cores/arduino/wiring.c": "#include <Arduino.h>\nvoid out(int x) { PORTB = x + PIN_OFFSET + EXTRA_VALUE; }\n",
    "core/cores/arduino/hooks.c": "#include \"extra.h\"\nvolatile int hook = EXTRA_VALUE;\n"
                                  "void __attribute__((constructor)) init(void) { hook = EXTRA_VALUE + 1; }\n",
    "core/variants/standard/pins_arduino.h": "#define PIN_OFFSET 0\n",
    "core/variants/leonardo/pins_arduino.h": "#define PIN_OFFSET 1\n",
}


def ini(environments=("uno", "leonardo"), common="", per_env=None):
    text = COMMON + common
    for name in environments:
        text += "\n" + ENV_SECTIONS[name] + (per_env or {}).get(name, "")
    return text


class Workshop:
    """A temporary folder with the wrapped tools, and the memory of clean builds."""

    def __init__(self, prefix="fbuild-gate-"):
        self.top = tempfile.mkdtemp(prefix=prefix)
        self.tools = os.path.join(self.top, "prefix", "bin")
        os.makedirs(self.tools)
        for tool in TOOLS:
            with open(os.path.join(self.tools, tool), "w") as f:
                f.write(WRAPPER.format(tool=tool))
            os.chmod(f.name, 0o755)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("PLATFORMIO_", "FBUILD_", "NINJA_")) and name != "CI"}
        self.env.update(PATH=f"{self.tools}:{BIN}:/usr/bin:/bin", HOME=self.top, LC_ALL="C.UTF-8",
                        FBUILD_CACHE_DIR=os.path.join(self.top, "cache"), FBUILD_RESTORE_MTIMES="0")
        self.clean = {}
        self.clean_builds = 0

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)

    def project(self, name, files=None):
        folder = os.path.join(self.top, name)
        project = Project(self, folder)
        for path, text in (files or {"platformio.ini": ini(), **FILES}).items():
            project.write(path, text)
        return project


def images(folder):
    """{(environment, file): bytes} of what is built there; debug builds apart."""
    out = {}
    build = os.path.join(folder, BUILD)
    for root, folders, names in os.walk(build):
        for name in names:
            if name in ("firmware.elf", "firmware.hex"):
                with open(os.path.join(root, name), "rb") as f:
                    out[os.path.relpath(root, build), name] = f.read()
    return out


class Project:
    def __init__(self, shop, folder):
        self.shop = shop
        self.dir = folder
        self.env = dict(shop.env)
        self.log = folder + ".log"
        self.hook = folder + ".hook"
        self.env["FBUILD_TEST_LOG"] = self.log
        self.env["FBUILD_TEST_HOOK"] = self.hook
        os.makedirs(folder, exist_ok=True)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(text)

    def edit(self, name, old, new):
        text = self.read(name)
        assert old in text, (name, old)
        self.write(name, text.replace(old, new))

    def run(self, *argv, check=True, timeout=300):
        done = subprocess.run(argv, cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv} in {self.dir} failed with {done.returncode}:\n{done.stdout}")
        return done

    def gen(self, *arguments, **options):
        return self.run("fbuild-gen", *arguments, **options)

    def ninja(self, *arguments, **options):
        """Runs ninja; self.compiles and self.links are how many there were."""
        open(self.log, "w").close()
        done = self.run("ninja", *arguments, **options)
        self.out = done.stdout
        self.count()
        return done

    def count(self):
        with open(self.log) as f:
            self.lines = f.read().splitlines()
        words = [line.split() for line in self.lines]
        self.compiles = sum(1 for w in words if w[0] in ("avr-gcc", "avr-g++") and "-c" in w)
        self.links = sum(1 for w in words if w[0] in ("avr-gcc", "avr-g++") and "-c" not in w and "-o" in w)

    def images(self):
        return images(self.dir)

    # -- a clean clone's build

    def inputs(self):
        """Everything that goes into a build, as one digest."""
        digest = hashlib.sha256()
        for name in ("PLATFORMIO_BUILD_FLAGS", "PLATFORMIO_BUILD_SRC_FLAGS"):
            digest.update(("%s=%s\n" % (name, self.env.get(name))).encode())
        for root, folders, names in os.walk(self.dir):
            folders.sort()
            if root == self.dir:
                folders[:] = [name for name in folders if name not in (".fbuild", ".git")]
            for name in folders:
                if os.path.islink(os.path.join(root, name)):
                    digest.update(("%s -> %s\n" % (name, os.readlink(os.path.join(root, name)))).encode())
            for name in sorted(names):
                path = os.path.join(root, name)
                shown = os.path.relpath(path, self.dir)
                if shown in ("build.ninja", "compile_commands.json"):
                    continue
                if os.path.islink(path):
                    digest.update(("%s -> %s\n" % (shown, os.readlink(path))).encode())
                if os.path.exists(path):
                    with open(path, "rb") as f:
                        digest.update(shown.encode() + b"\0" + hashlib.sha256(f.read()).digest())
        return digest.digest()

    def clean_build(self):
        """(status of fbuild-gen or ninja, images) of a clean clone, made without gate, table
        or cache."""
        key = self.inputs()
        if key in self.shop.clean:
            return self.shop.clean[key]
        self.shop.clean_builds += 1
        other = Project(self.shop, self.dir + "-clone")
        shutil.rmtree(other.dir)
        shutil.copytree(self.dir, other.dir, symlinks=True,
                        ignore=lambda folder, names: [name for name in names if folder == self.dir and name in (
                            ".fbuild", ".git", "build.ninja", "compile_commands.json")])
        other.env.update({name: value for name, value in self.env.items() if name.startswith("PLATFORMIO_")})
        other.env["FBUILD_CACHE_DIR"] = other.dir + "/.fbuild/cache"
        done = other.gen("-q", check=False)
        text = done.stdout
        if done.returncode == 0:
            done = other.run("ninja", "-k", "0", "-f", BUILD + "/all.ninja", check=False)
            text += done.stdout
        result = (done.returncode, other.images(), text)
        shutil.rmtree(other.dir)
        self.shop.clean[key] = result
        return result

    def difference(self, environments=None):
        """What differs between what is built here and a clean clone's build, in words; ""
        when nothing does. Only of what the clone could build."""
        status, right, text = self.clean_build()
        mine = self.images()
        wrong = []
        for key, content in sorted(right.items()):
            if environments is not None and key[0].split("/")[0] not in environments:
                continue
            # Debug information names the folder.
            if mine.get(key) != content and not (key[0].endswith("/debug") and key[1] == "firmware.elf" and key in mine):
                wrong.append("%s/%s %s" % (*key, "is missing" if key not in mine else "differs from a clean build's"))
        return "; ".join(wrong)


def settle():
    """File times advance in ticks; what comes later is later then."""
    time.sleep(0.02)
