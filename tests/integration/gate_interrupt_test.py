"""A build that is interrupted, at any moment and by anything, needs no help: the next plain
`ninja` ends with a clean build's bytes, and nothing of the interrupted one is left.

FBUILD_GATE_INTERRUPTIONS times (default 8), from the seed FBUILD_GATE_SEED on (default:
random, printed). With that seed and one round a failure runs again, as far as time lets it.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

from gate_project import BUILD, FILES, Workshop, ini, settle

OLD = 1_000_000_000


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


def descendants(pid):
    out, queue = [], [pid]
    while queue:
        for child in children(queue.pop()):
            out.append(child)
            queue.append(child)
    return out


def arguments(pid):
    try:
        with open("/proc/%d/cmdline" % pid) as f:
            return f.read().replace("\0", " ")
    except OSError:
        return ""


def working_in(folder):
    """Processes, other than zombies, whose working directory is the folder."""
    out = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.readlink("/proc/%s/cwd" % name) == folder:
                    out.append("%s %s" % (name, arguments(int(name))))
            except OSError:
                pass
    return out


def kill(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


# What a process of the build looks like while it does the thing that is interrupted.
PLAN = ("plan", lambda line: "fbuild-stamp" in line and " plan " in line)
FINISH = ("finish", lambda line: "fbuild-stamp" in line and " finish " in line)
GENERATE = ("fbuild-gen", lambda line: "fbuild-gen -q" in line)
COMPILE = ("a compile", lambda line: "cc1" in line)
LINK = ("a link", lambda line: "lto1" in line or "collect2" in line or "/ld " in line)
KEEPER = ("the keeper", lambda line: line.startswith("reaper "))


class Interruption:
    def __init__(self, shop, seed, base):
        self.dice = random.Random(seed)
        self.journal = []
        self.project = shop.project("i%d" % seed)
        shutil.rmtree(self.project.dir)
        if self.dice.random() < 0.7:
            subprocess.run(["cp", "-a", base.dir, self.project.dir], check=True)
            # At home in its new place, so that not every plan runs fbuild-gen.
            if self.dice.random() < 0.7:
                self.project.ninja()
        else:
            subprocess.run(["cp", "-a", base.dir, self.project.dir], check=True)
            shutil.rmtree(self.project.path(".fbuild"))
            self.project.gen("-q")

    def note(self, text):
        self.journal.append(text)

    def edit(self):
        for _ in range(self.dice.randrange(1, 4)):
            value = self.dice.randrange(4)
            name, text = self.dice.choice([
                ("src/a.cpp", '#include "a.h"\nint a() { return A_VALUE + %d; }\n' % value),
                ("src/b.cpp", '#include "b.h"\nint b() { return B_VALUE + %d; }\n' % value),
                ("include/b.h", "#pragma once\n#define B_VALUE %d\nint b();\n" % value),
                ("core/cores/arduino/extra.h", "#define EXTRA_VALUE %d\n" % value),
                ("src/c.cpp", "#include <Arduino.h>\nstruct S { S() { out(%d); } } c_object;\n" % value),
                ("platformio.ini", ini(common="build_flags = -DOPTION=%d -DA_VALUE=%d\n" % (value, value)))])
            self.project.write(name, text)
            if self.dice.random() < 0.3:
                os.utime(self.project.path(name), (OLD, OLD))
            self.note("write %s (%d)" % (name, value))
        if self.dice.random() < 0.2:
            path = self.project.path(BUILD, "uno", self.dice.choice(["firmware.elf", "firmware.hex"]))
            if os.path.exists(path):
                os.unlink(path)
                self.note("delete " + os.path.basename(path))

    def wait_for(self, ninja, looks):
        """The first process below ninja that looks like that; None when ninja ends before."""
        end = time.monotonic() + 20
        while ninja.poll() is None and time.monotonic() < end:
            for pid in descendants(ninja.pid):
                if looks(arguments(pid)):
                    return pid
        return None

    def interrupt(self):
        if self.dice.random() < 0.3:
            # A compile that takes long, and writes at its end.
            with open(self.project.hook, "w") as f:
                f.write("sleep 0.5\n")
        if self.dice.random() < 0.5:
            self.project.env["FBUILD_WATCH_SET_CACHE_SECS"] = "0"
        ninja = subprocess.Popen(["ninja"], cwd=self.project.dir, env=self.project.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        found = None
        where = self.dice.choice([None, PLAN, FINISH, GENERATE, COMPILE, COMPILE, LINK])
        if where is None:
            time.sleep(self.dice.random() * 0.5)
            self.note("any time")
        else:
            found = self.wait_for(ninja, where[1])
            self.note("in %s%s" % (where[0], "" if found else " (which did not come)"))
            time.sleep(self.dice.random() * self.dice.choice([0, 0.003, 0.02]))
        how = self.dice.choice(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "everything", "it", "it", "keeper", "session"])
        if how.startswith("SIG"):
            kill(ninja.pid, getattr(signal, how))
        elif how == "everything":
            for pid in [ninja.pid] + descendants(ninja.pid):
                kill(pid, signal.SIGKILL)
        elif how == "session":
            # As a terminal that goes away, or the machine's shutdown, takes all at once.
            for pid in descendants(ninja.pid) + [ninja.pid]:
                kill(pid, signal.SIGTERM)
        elif how == "keeper":
            pids = [pid for pid in descendants(ninja.pid) if KEEPER[1](arguments(pid))]
            how += " (%d)" % len(pids)
            for pid in pids:
                kill(pid, signal.SIGKILL)
        else:
            pid = found or self.dice.choice(descendants(ninja.pid) or [ninja.pid])
            how = "kill -9 of " + arguments(pid)[:80]
            kill(pid, signal.SIGKILL)
        self.note(how)
        try:
            self.note("ninja -> %s" % ninja.wait(timeout=60))
        except subprocess.TimeoutExpired:
            ninja.kill()
            ninja.wait()
            raise AssertionError("ninja did not end")

    def run(self):
        for _ in range(self.dice.randrange(1, 3)):
            self.edit()
            self.interrupt()
        if self.dice.random() < 0.5:
            self.edit()
        done = self.project.ninja(check=False)
        assert done.returncode == 0, "the next ninja ended with %d:\n%s" % (done.returncode, done.stdout)
        wrong = self.project.difference()
        assert not wrong, wrong + "\n" + done.stdout
        again = self.project.ninja()
        assert (self.project.compiles, self.project.links) == (0, 0), "a second ninja built again:\n" + self.project.out
        assert "uno: up to date" in self.project.out, "no no-op:\n%s\n---\n%s" % (done.stdout, again.stdout)
        left = working_in(self.project.dir)
        for _ in range(100):
            if not left:
                break
            time.sleep(0.05)
            left = working_in(self.project.dir)
        assert not left, "left behind: %s" % left


class Interruptions(unittest.TestCase):
    def test_the_next_ninja_needs_no_help(self):
        rounds = int(os.environ.get("FBUILD_GATE_INTERRUPTIONS", "8"))
        first = int(os.environ.get("FBUILD_GATE_SEED", random.randrange(10 ** 6)))
        print("gate: %d interruptions, seeds from %d on" % (rounds, first), flush=True)
        shop = Workshop("fbuild-interrupt-")
        self.addCleanup(shop.close)
        base = shop.project("base")
        settle()
        base.gen("-q")
        base.ninja()
        failures = []
        for seed in range(first, first + rounds):
            one = Interruption(shop, seed, base)
            try:
                one.run()
            except AssertionError as error:
                failures.append("FBUILD_GATE_SEED=%d FBUILD_GATE_INTERRUPTIONS=1:\n  %s\n%s\n" % (
                    seed, "\n  ".join(one.journal), error))
                print(failures[-1], flush=True)
            if os.environ.get("FBUILD_GATE_JOURNAL"):
                print("%d: %s" % (seed, "; ".join(one.journal)), flush=True)
            shutil.rmtree(one.project.dir, ignore_errors=True)
        self.assertFalse(failures, "\n".join(failures))


if __name__ == "__main__":
    unittest.main(verbosity=2)
