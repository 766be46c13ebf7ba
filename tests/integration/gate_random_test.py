"""Gated equals ungated: after any sequence of edits and builds, what `ninja` says is built
is, byte for byte, what a clean clone of the same sources gives; and where the clone's build
fails, so does ours.

FBUILD_GATE_ROUNDS sequences (default 3) with seeds from FBUILD_GATE_SEED on (default:
random, printed). A failure prints its seed and what was done; with that seed and one round
the same sequence runs again.
"""
import os
import random
import shutil
import subprocess
import sys
import unittest

from gate_project import BUILD, FILES, TOOLS, WRAPPER, Workshop, ini, settle

VALUES = range(4)
OLD = 1_000_000_000

# Libraries that may be there or not: one by either of two names or by a link, and one in a
# folder of libraries that itself lies in lib/.
OPTIONAL = "".join("#if __has_include(<%s.h>)\n#include <%s.h>\n#else\ninline int %s() { return 0; }\n#endif\n" % (
    name, name, name.lower()) for name in ("Extra", "Deep"))
MAIN = FILES["src/main.cpp"].replace("void setup()", OPTIONAL + "void setup()").replace("+ MAYBE", "+ MAYBE + extra() + deep()")
EXTRA_DIRS = "lib_extra_dirs = lib/More\n"
HOMES = {"lib/Extra": "Extra", "lib/Renamed": "Extra", "lib/More/Deep": "Deep"}
SHELF = ["shelf/One", "shelf/Two"]


def project_files():
    return {"platformio.ini": ini(common=EXTRA_DIRS), **FILES, "src/main.cpp": MAIN}


class Sequence:
    """One project, what was done to it, and the dice."""

    def __init__(self, shop, seed, base):
        self.shop, self.seed = shop, seed
        self.dice = random.Random(seed)
        self.journal = []
        self.environments = ["uno", "leonardo"]
        self.common = {}
        self.own = {}
        self.snapshots = []
        self.project = shop.project("s%d" % seed, project_files())
        if self.dice.random() < 0.5:
            shutil.rmtree(self.project.dir)
            subprocess.run(["cp", "-a", base.dir, self.project.dir], check=True)
            self.note("start from a copy")
        else:
            settle()
            self.project.gen("-q")
            self.note("start from nothing")

    def note(self, text):
        self.journal.append(text)

    # -- edits

    def put(self, name, text, note=""):
        """Writes a file; sometimes with an old time, as `cp -p` and `tar x` do, or with the
        time it had."""
        path = self.project.path(name)
        how = self.dice.random()
        before = os.stat(path).st_mtime_ns if os.path.exists(path) else None
        if how < 0.15 and before:
            os.rename(path, path + "~")  # as editors that keep a backup do
            os.unlink(path + "~")
        self.project.write(name, text)
        if how > 0.85:
            time = OLD + self.dice.randrange(10 ** 8)
            os.utime(path, (time, time))
            note += ", old time"
        elif how > 0.75 and before:
            os.utime(path, ns=(before, before))
            note += ", time kept"
        self.note("write %s%s" % (name, note))

    def edit_source(self):
        name = self.dice.choice("ab")
        value = self.dice.choice(VALUES)
        self.put("src/%s.cpp" % name, '#include "%s.h"\nint %s() { return %s_VALUE + %d; }\n' % (
            name, name, name.upper(), value), " (%d)" % value)

    def edit_main(self):
        self.put("src/main.cpp", MAIN.replace("out(1)", "out(%d)" % self.dice.choice(VALUES)))

    def edit_header(self):
        value = self.dice.choice(VALUES)
        if self.dice.random() < 0.5:
            self.put("include/b.h", "#pragma once\n#define B_VALUE %d\nint b();\n" % value, " (%d)" % value)
        else:
            self.put("include/a.h", FILES["include/a.h"].replace("A_VALUE 1", "A_VALUE %d" % value), " (%d)" % value)

    def edit_unused_header(self):
        self.put("include/unused.h", "#define UNUSED %d\n" % self.dice.choice(VALUES))

    def edit_library(self):
        self.put("lib/Greeter/Greeter.cpp", FILES["lib/Greeter/Greeter.cpp"].replace("out(7)", "out(%d)" % self.dice.choice(VALUES)))

    def library_files(self, folder, stem):
        """A library's header, and the part that comes and goes."""
        part = stem.lower() + "_part"
        header = ('#pragma once\n#if __has_include("%s.h")\n#include "%s.h"\n#else\ninline int %s() { return 0; }\n#endif\n'
                  "inline int %s() { return %d + %s(); }\n" % (part, part, part, stem.lower(), self.dice.choice(VALUES), part))
        source = "#ifndef LIBRARY_FLAG\n#define LIBRARY_FLAG 0\n#endif\nint %s() { return %d + LIBRARY_FLAG; }\n" % (part, 50 + self.dice.choice(VALUES))
        return {stem + ".h": header, part + ".h": "int %s();\n" % part, part + ".cpp": '#include "%s.h"\n' % part + source}

    def change_library(self):
        """Files in the folder of a library, and the folder itself, come, go and change."""
        folder, stem = self.dice.choice(list(HOMES.items()) + [(shelf, "Extra") for shelf in SHELF])
        files = self.library_files(folder, stem)
        header, part_header, part = files
        src = folder + "/src" if os.path.isdir(self.project.path(folder, "src")) else folder
        path = self.project.path(folder)
        if not os.path.exists(path):
            if os.path.islink(path):
                os.unlink(path)
            if self.dice.random() < 0.3:
                src = folder + "/src"
            chosen = files if self.dice.random() < 0.6 else [header]
            return [self.put(src + "/" + name, files[name]) for name in chosen]
        what = self.dice.choice(["header", "part", "part goes", "folder goes", "rename", "src", "manifest", "unused", "link"])
        if what == "header":
            self.put(src + "/" + header, files[header])
        elif what == "part":
            for name in (part_header, part):
                self.put(src + "/" + name, files[name])
        elif what == "part goes":
            for name in (part_header, part):
                if os.path.exists(self.project.path(src, name)):
                    os.unlink(self.project.path(src, name))
            self.note("delete %s/%s" % (src, part))
        elif what == "unused":
            self.put(folder + "/examples/one.h", "#define ONE %d\n" % self.dice.choice(VALUES))
        elif what == "manifest":
            if os.path.exists(path + "/library.json"):
                os.unlink(path + "/library.json")
                self.note("delete %s/library.json" % folder)
            else:
                self.put(folder + "/library.json", '{"name": "%s", "version": "1.0.0", "build": {"flags": "-DLIBRARY_FLAG=%d"}}\n' % (
                    stem, self.dice.choice(VALUES)))
        elif what == "src":
            if src == folder:
                os.mkdir(path + "/src")
                for name in files:
                    if os.path.exists(path + "/" + name):
                        os.rename(path + "/" + name, path + "/src/" + name)
                self.note("move %s to %s/src" % (stem, folder))
        else:
            other = self.project.path({"lib/Extra": "lib/Renamed", "lib/Renamed": "lib/Extra"}.get(folder, "aside"))
            if what == "rename" and not os.path.lexists(other):
                os.rename(path, other)
                self.note("rename %s to %s" % (folder, other))
                return
            if os.path.islink(path):
                os.unlink(path)
            else:
                shutil.rmtree(path)
            self.note("remove " + folder)
            if what == "link" and folder.count("/") == 1 and folder.startswith("lib/"):
                target = "../" + self.dice.choice(SHELF)
                os.symlink(target, path)
                self.note("%s -> %s" % (folder, target))

    def edit_core(self):
        value = self.dice.choice(VALUES)
        name, old, new = self.dice.choice([
            ("core/cores/arduino/extra.h", "EXTRA_VALUE 3", "EXTRA_VALUE %d" % value),
            ("core/cores/arduino/wiring.c", "PORTB = x", "PORTB = %d + x" % value),
            ("core/cores/arduino/main.cpp", "setup();", "setup(); out(%d);" % value),
            ("core/variants/standard/pins_arduino.h", "OFFSET 0", "OFFSET %d" % value)])
        self.put(name, FILES[name].replace(old, new), " (%d)" % value)

    def edit_same_size_quickly(self):
        """Two contents of one size right after each other: the case a stat cannot tell."""
        for value in self.dice.sample(range(10), 2):
            self.project.write("src/b.cpp", '#include "b.h"\nint b() { return B_VALUE + %d; }\n' % value)
        self.note("write src/b.cpp twice")

    def break_source(self):
        name = self.dice.choice(["src/a.cpp", "src/b.cpp", "include/b.h", "lib/Greeter/Greeter.cpp"])
        self.put(name, "broken %d\n" % self.dice.choice(VALUES))

    def mend(self):
        for name in ("src/a.cpp", "src/b.cpp", "include/b.h", "lib/Greeter/Greeter.cpp"):
            if os.path.exists(self.project.path(name)) and self.project.read(name).startswith("broken"):
                self.put(name, FILES[name])

    def add_or_delete_source(self):
        name = self.dice.choice(["src/c.cpp", "src/sub/d.cpp", "core/cores/arduino/added.cpp"])
        if os.path.exists(self.project.path(name)):
            os.unlink(self.project.path(name))
            self.note("delete " + name)
        else:
            stem = os.path.basename(name)[:-4]
            self.put(name, "#include <Arduino.h>\nstruct S { S() { out(%d); } } %s_object;\n" % (self.dice.choice(VALUES), stem))

    def rename_source(self):
        a, b = self.project.path("src/a.cpp"), self.project.path("src/renamed.cpp")
        if os.path.exists(b):
            a, b = b, a
        os.rename(a, b)
        self.note("rename " + os.path.basename(a))

    def unrename(self):
        if os.path.exists(self.project.path("src/renamed.cpp")):
            os.replace(self.project.path("src/renamed.cpp"), self.project.path("src/a.cpp"))
            self.note("rename back")

    def add_or_delete_header(self):
        name = "include/added.h"
        if os.path.exists(self.project.path(name)):
            os.unlink(self.project.path(name))
            self.note("delete " + name)
        else:
            self.put(name, "#define ADDED 1\n")

    def shadow(self):
        """A header that is found before another of the same name, or was looked for in vain;
        or it goes again."""
        value = self.dice.choice(VALUES)
        name, text = self.dice.choice([
            ("src/b.h", "#pragma once\n#define B_VALUE %d\nint b();\n" % (30 + value)),
            ("include/maybe.h", "#define MAYBE %d\n" % (1 + value)),
            ("src/maybe.h", "#define MAYBE %d\n" % (10 + value)),
            ("include/Greeter.h", "inline void greet() {}\n"),
            ("core/variants/standard/extra.h", "#define EXTRA_VALUE 9\n"),
            ("include/pins_arduino.h", "#define PIN_OFFSET %d\n" % (5 + value))])
        path = self.project.path(name)
        if os.path.exists(path) and self.dice.random() < 0.7:
            os.unlink(path)
            self.note("delete " + name)
        else:
            self.put(name, text)

    def link_elsewhere(self):
        """A source that is a link, to one of two files."""
        for value in (1, 2):
            if not os.path.exists(self.project.path("linked/%d.txt" % value)):
                self.project.write("linked/%d.txt" % value, "#include <Arduino.h>\nstruct L { L() { out(%d); } } l_object;\n" % (40 + value))
                os.utime(self.project.path("linked/%d.txt" % value), (OLD, OLD))
        path = self.project.path("src/link.cpp")
        if os.path.lexists(path):
            os.unlink(path)
        target = "../linked/%d.txt" % self.dice.choice((1, 2))
        os.symlink(target, path)
        self.note("src/link.cpp -> " + target)

    def touch(self):
        name = self.dice.choice([name for name in FILES if os.path.exists(self.project.path(name))])
        os.utime(self.project.path(name), self.dice.choice([None, (OLD, OLD)]))
        self.note("touch " + name)

    def touch_all(self):
        for root, folders, names in os.walk(self.project.dir):
            folders[:] = [name for name in folders if name != ".fbuild"]
            for name in names:
                os.utime(os.path.join(root, name))
        self.note("touch everything")

    def spoil_artifact(self):
        kind = self.dice.choice(["elf", "hex", "size.json"])
        path = self.project.path(BUILD, self.dice.choice(self.environments), "firmware." + kind)
        if not os.path.exists(path):
            return
        how = self.dice.choice(["delete", "overwrite", "cut", "touch"])
        self.note("%s %s" % (how, os.path.relpath(path, self.project.dir)))
        if how == "delete":
            os.unlink(path)
        elif how == "overwrite":
            with open(path, "w") as f:
                f.write("something else\n")
        elif how == "cut":
            os.truncate(path, os.path.getsize(path) // 2)
        else:
            os.utime(path, self.dice.choice([None, (OLD, OLD)]))

    def lose(self):
        name = self.dice.choice(["watch.table", "watch.table.sets", ".ninja_log", ".ninja_deps", "plan.state", "plan.stamp",
                                 "ninja.lock", "idle", "uno/src", "uno/sealed"])
        path = self.project.path(BUILD, name)
        self.note("lose " + name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)

    def write_ini(self):
        common = "".join("%s = %s\n" % item for item in self.common.items())
        per = {name: "".join("%s = %s\n" % item for item in options.items()) for name, options in self.own.items()}
        self.put("platformio.ini", ini(self.environments, EXTRA_DIRS + common, per))

    def ini_option(self):
        name, values = self.dice.choice([
            ("build_flags", ["-DOPTION=%d" % v for v in VALUES] + ["!cat flags.txt", "-DA_VALUE=5"]),
            ("build_src_flags", ["-DA_VALUE=6", "-DSOURCES=1", "-O1"]),
            ("build_unflags", ["-Os", "-flto"]),
            ("board_build.f_cpu", ["8000000L"]),
            ("build_type", ["debug", "release"]),
            ("monitor_speed", ["9600", "115200"])])
        where = self.common
        if self.dice.random() < 0.5:
            where = self.own.setdefault(self.dice.choice(["uno", "leonardo"]), {})
        if name in where and self.dice.random() < 0.6:
            del where[name]
        else:
            where[name] = self.dice.choice(values)
        self.note("ini: %s = %s" % (name, where.get(name, "(gone)")))
        self.write_ini()

    def ini_comment(self):
        self.project.write("platformio.ini", "; %d\n\n%s" % (self.dice.choice(VALUES), self.project.read("platformio.ini")))
        self.note("ini comment")

    def change_environments(self):
        sets = [["uno"], ["uno", "leonardo"], ["leonardo", "uno"], ["uno", "leonardo", "second"], ["second", "uno"]]
        self.environments = self.dice.choice(sets)
        self.note("environments " + " ".join(self.environments))
        self.write_ini()

    def flags_of_command(self):
        self.project.write("flags.txt", "-DFROM_FILE=%d -DA_VALUE=%d\n" % (self.dice.choice(VALUES), self.dice.choice(VALUES)))
        self.note("write flags.txt")

    def environment_variable(self):
        value = self.dice.choice([None, "-DA_VALUE=9", "-DSET=1"])
        self.project.env.pop("PLATFORMIO_BUILD_FLAGS", None)
        if value:
            self.project.env["PLATFORMIO_BUILD_FLAGS"] = value
        self.note("PLATFORMIO_BUILD_FLAGS=%s" % value)

    def replace_compiler(self):
        tool = self.dice.choice(["avr-gcc", "avr-g++"])
        with open(os.path.join(self.shop.tools, tool), "a") as f:
            f.write("# another one\n")
        self.note("replace " + tool)

    def files(self):
        out = {}
        for root, folders, names in os.walk(self.project.dir):
            folders[:] = [name for name in folders if name != ".fbuild"]
            for name in names:
                path = os.path.join(root, name)
                shown = os.path.relpath(path, self.project.dir)
                if shown in ("build.ninja", "compile_commands.json") or os.path.islink(path):
                    continue
                with open(path, "rb") as f:
                    out[shown] = (f.read(), os.stat(path).st_mtime_ns)
        return out

    def snapshot(self):
        self.snapshots.append((self.files(), list(self.environments), dict(self.common),
                               {name: dict(options) for name, options in self.own.items()}))
        self.note("snapshot %d" % (len(self.snapshots) - 1))

    def switch(self):
        """As `git switch` (only what differs is written), with new times or those it had."""
        if not self.snapshots:
            return self.snapshot()
        number = self.dice.randrange(len(self.snapshots))
        wanted, self.environments, self.common, own = self.snapshots[number]
        self.environments, self.common = list(self.environments), dict(self.common)
        self.own = {name: dict(options) for name, options in own.items()}
        keep_times = self.dice.random() < 0.5
        self.note("switch to snapshot %d%s" % (number, " with its times" if keep_times else ""))
        now = self.files()
        for name in now:
            if name not in wanted:
                os.unlink(self.project.path(name))
        for folder in HOMES:
            if os.path.islink(self.project.path(folder)):
                os.unlink(self.project.path(folder))
        for name, (content, time) in wanted.items():
            if name in now and now[name][0] == content:
                continue
            path = self.project.path(name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(content)
            if keep_times:
                os.utime(path, ns=(time, time))

    def move(self):
        """The whole folder goes elsewhere; sometimes its times are lost."""
        other = self.project.dir + "m"
        how = self.dice.choice(["-a", "-r"])
        subprocess.run(["cp", how, self.project.dir, other], check=True)
        shutil.rmtree(self.project.dir)
        self.project.dir = other
        self.note("cp %s elsewhere" % how)

    # -- builds

    def environments_of(self, target):
        return [target.split("/")[0]] if target else None

    def build(self):
        """A build with the gate, of everything or of a part; when ninja says it is done,
        what it made has to be right."""
        target = self.dice.choice(["", "", "", "-k", "uno", "uno/firmware.hex", "uno/firmware.elf", "uno/size", "leonardo", "-j1", "abs"])
        environment = self.environments_of(target)
        if environment and target[0] != "-" and target != "abs" and environment[0] not in self.environments:
            target = ""
        words = {"": [], "-k": ["-k", "0"], "-j1": ["-j1"], "abs": ["-f", self.project.path("build.ninja")]}.get(target, [target])
        if target in ("", "-k", "-j1", "abs"):
            environment = None
        restore = self.dice.random() < 0.2
        self.project.env["FBUILD_RESTORE_MTIMES"] = "1" if restore else "0"
        done = self.project.ninja(*words, check=False)
        self.project.env["FBUILD_RESTORE_MTIMES"] = "0"
        self.note("ninja %s%s -> %d" % (" ".join(words), " (restoring times)" if restore else "", done.returncode))
        if done.returncode == 0 and self.dice.random() < 0.4:
            self.compare(environment)

    def build_with_an_edit(self):
        """A file is edited while a compile runs."""
        name = self.dice.choice(["src/a.cpp", "src/b.cpp", "include/b.h"])
        stem = name[-5] if name.endswith("cpp") else "b"
        value = 20 + self.dice.choice(VALUES)
        text = ("#pragma once\n#define B_VALUE %d\nint b();\n" % value if name.endswith(".h") else
                '#include "%s.h"\nint %s() { return %s_VALUE + %d; }\n' % (stem, stem, stem.upper(), value))
        if self.dice.random() < 0.2:
            text = "broken\n"
        with open(self.project.hook, "w") as f:
            f.write("cat > '%s' <<'END'\n%sEND\n" % (self.project.path(name), text))
            if self.dice.random() < 0.3:
                f.write("touch -d @%d '%s'\n" % (OLD, self.project.path(name)))
        self.edit_source()
        done = self.project.ninja("-k", "0", check=False)
        happened = not os.path.exists(self.project.hook)
        self.note("ninja -k 0 -> %d; %s edited meanwhile: %s" % (done.returncode, name, happened))
        if not happened:
            os.unlink(self.project.hook)

    def ungated(self):
        what = self.dice.choice(["all", "uno/"])
        done = self.project.ninja("-f", "%s/%s" % (BUILD, "all.ninja" if what == "all" else "uno/build.ninja"), check=False)
        self.note("ungated %s -> %d" % (what, done.returncode))

    def tool(self):
        words = self.dice.choice([["ninja", "-n"], ["ninja", "-t", "cleandead"], ["ninja", "-t", "clean"], ["ninja", "uno/clean"],
                                  ["ninja", "-t", "compdb"], ["ninja", "-d", "explain"], ["fbuild-gen", "-q"], ["fbuild-stamp", "status"],
                                  ["ninja", "-t", "restat"], ["ninja", "-t", "recompact"], ["ninja", "-t", "clean", "uno"],
                                  ["ninja", "-f", BUILD + "/all.ninja", "-t", "clean"],
                                  ["ninja", "-f", BUILD + "/all.ninja", "-t", "cleandead"],
                                  ["ninja", "-f", BUILD + "/all.ninja", "-n"]])
        done = self.project.run(*words, check=False)
        self.note("%s -> %d" % (" ".join(words), done.returncode))

    def compare(self, environments=None):
        wrong = self.project.difference(environments)
        assert not wrong, wrong

    STEPS = [(6, edit_source), (1, edit_main), (3, edit_header), (1, edit_unused_header), (2, edit_library), (5, change_library), (3, edit_core),
             (1, edit_same_size_quickly), (2, break_source), (3, mend), (2, add_or_delete_source), (1, rename_source),
             (1, add_or_delete_header), (1, link_elsewhere), (3, shadow), (1, touch), (1, touch_all), (3, spoil_artifact), (1, lose),
             (3, ini_option), (1, ini_comment), (1, change_environments), (1, flags_of_command), (1, environment_variable),
             (0.3, replace_compiler), (1, snapshot), (2, switch), (0.5, move), (10, build), (3, build_with_an_edit), (1, ungated),
             (2, tool)]

    def run(self):
        steps = [step for _, step in self.STEPS]
        weights = [weight for weight, _ in self.STEPS]
        for _ in range(self.dice.randrange(4, 14)):
            self.dice.choices(steps, weights)[0](self)
        if self.dice.random() < 0.8:
            self.mend()
            self.unrename()
        done = self.project.ninja("-k", "0", check=False)
        self.note("ninja -k 0 -> %d" % done.returncode)
        status, right, text = self.project.clean_build()
        assert (done.returncode == 0) == (status == 0), \
            "ninja ended with %d, a clean build with %d:\n%s\n---\n%s" % (done.returncode, status, self.project.out, text)
        self.compare(self.environments)
        if status != 0:
            return
        done = self.project.ninja()
        self.note("ninja -> %d" % done.returncode)
        assert (self.project.compiles, self.project.links) == (0, 0), \
            "a second ninja built again:\n" + self.project.out
        for name in self.environments:
            assert name + ": up to date" in self.project.out, "no no-op:\n" + self.project.out


class Random(unittest.TestCase):
    def test_gated_equals_ungated(self):
        rounds = int(os.environ.get("FBUILD_GATE_ROUNDS", "3"))
        first = int(os.environ.get("FBUILD_GATE_SEED", random.randrange(10 ** 6)))
        print("gate: %d random sequences, seeds from %d on" % (rounds, first), flush=True)
        shop = Workshop()
        self.addCleanup(shop.close)
        base = shop.project("base", project_files())
        settle()
        base.gen("-q")
        base.ninja()
        failures = []
        for seed in range(first, first + rounds):
            sequence = Sequence(shop, seed, base)
            try:
                sequence.run()
            except Exception as error:  # with what led to it
                failures.append("FBUILD_GATE_SEED=%d FBUILD_GATE_ROUNDS=1:\n  %s\n%s: %s\n" % (
                    seed, "\n  ".join(sequence.journal), type(error).__name__, error))
                print(failures[-1], flush=True)
                keep = os.environ.get("FBUILD_GATE_KEEP")
                if keep:
                    subprocess.run(["cp", "-a", sequence.project.dir, os.path.join(keep, "s%d" % seed)], check=False)
            if os.environ.get("FBUILD_GATE_JOURNAL"):
                print("%d:\n  %s" % (seed, "\n  ".join(sequence.journal)), flush=True)
            shutil.rmtree(sequence.project.dir, ignore_errors=True)
            for tool in TOOLS:
                path = os.path.join(shop.tools, tool)
                with open(path) as f:
                    changed = f.read() != WRAPPER.format(tool=tool)
                if changed:
                    with open(path, "w") as f:
                        f.write(WRAPPER.format(tool=tool))
            if rounds > 20 and (seed - first) % 20 == 19:
                print("  %d sequences, %d clean builds" % (seed - first + 1, shop.clean_builds), flush=True)
        self.assertFalse(failures, "\n".join(failures))


if __name__ == "__main__":
    unittest.main(verbosity=2)
