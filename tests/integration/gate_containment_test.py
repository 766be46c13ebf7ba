"""Nothing that our programs start outlives them, whatever they die of."""
import os
import pty
import signal
import subprocess
import sys
import time
import unittest

from gate_project import FILES, Workshop, ini, settle
from gate_interrupt_test import arguments, descendants, kill, working_in

# Stays for ever, with children in its own group, in another one and in another session.
STAYS = "!sh -c 'echo -DX; sleep 1000 & setsid sleep 1000 & (setsid sh -c \"sleep 1000 & sleep 1000\" &); sleep 1000'"


class Containment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = Workshop("fbuild-containment-")
        cls.addClassCleanup(cls.shop.close)

    def setUp(self):
        self.project = self.shop.project(self.id().split(".")[-1])
        settle()

    def built(self, flags="-DX"):
        """A project that is built; its ini's command is not run yet."""
        self.project.write("flags.sh", "echo %s\n" % flags)
        self.project.write("platformio.ini", ini(["uno"], "build_flags = !sh ./flags.sh\n"))
        self.project.gen("-q")
        self.project.ninja()
        self.project.ninja()
        self.assertIn("up to date", self.project.out)

    def start(self, *argv, **options):
        process = subprocess.Popen(argv, cwd=self.project.dir, env=self.project.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def wait_for_sleepers(self, count=4):
        for _ in range(400):
            found = [line for line in working_in(self.project.dir) if "sleep 1000" in line and "sh -c" not in line]
            if len(found) >= count:
                return
            time.sleep(0.025)
        self.fail("the command did not start: %s" % working_in(self.project.dir))

    def find(self, root, *words):
        for pid in [root] + descendants(root):
            line = arguments(pid)
            if all(word in line for word in words) and not line.startswith("/bin/sh"):
                return pid
        self.fail("no process %s" % (words,))

    def assert_nothing_left(self, seconds=5.0):
        end = time.monotonic() + seconds
        while working_in(self.project.dir) and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(working_in(self.project.dir), [])

    def test_generator(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV):
            self.project.write("platformio.ini", ini(["uno"], "build_flags = %s\n" % STAYS))
            process = self.start("fbuild-gen", "-q")
            self.wait_for_sleepers()
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=20), -number)
            # On a signal that can be caught, all of it is gone before the program is.
            caught = number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
            self.assert_nothing_left(0 if caught else 5)

    def stay(self):
        self.project.write("flags.sh", STAYS[len("!"):] + "\n")

    def test_plan_dies_while_it_runs_a_command(self):
        self.built()
        self.stay()
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            ninja = self.start("ninja")
            self.wait_for_sleepers()
            kill(self.find(ninja.pid, "fbuild-stamp", " plan "), number)
            self.assertNotEqual(ninja.wait(timeout=20), 0)
            self.assert_nothing_left()
        self.project.write("flags.sh", "echo -DX\n")
        self.project.ninja()
        self.assertEqual(self.project.difference(), "")

    def test_generator_dies_below_plan(self):
        self.built()
        self.project.write("platformio.ini", ini(["uno"], "build_flags = %s\n" % STAYS))
        for name in ("fbuild-gen", "fbuild-stamp", "reaper "):
            ninja = self.start("ninja")
            self.wait_for_sleepers()
            kill(self.find(ninja.pid, name), signal.SIGKILL)
            self.assertNotEqual(ninja.wait(timeout=20), 0)
            self.assert_nothing_left()

    def test_signals_to_ninja(self):
        self.built()
        self.stay()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            ninja = self.start("ninja")
            self.wait_for_sleepers()
            ninja.send_signal(number)
            self.assertNotEqual(ninja.wait(timeout=20), 0)
            self.assert_nothing_left(0.5)

    def test_ninja_is_killed(self):
        self.built()
        self.stay()
        ninja = self.start("ninja")
        self.wait_for_sleepers()
        ninja.kill()
        ninja.wait()
        self.assert_nothing_left()

    def test_killed_by_name(self):
        """As `pkill -9 -f fbuild-gen` does, all processes of that name at once."""
        self.project.write("platformio.ini", ini(["uno"], "build_flags = %s\n" % STAYS))
        process = self.start("fbuild-gen", "-q")
        self.wait_for_sleepers()
        for pid in [process.pid] + descendants(process.pid):
            if "fbuild" in arguments(pid):
                kill(pid, signal.SIGKILL)
        process.wait()
        self.assert_nothing_left()

    def test_control_c_at_a_terminal(self):
        """The whole foreground group gets the signal, and some of it has a group of its own."""
        self.built()
        self.stay()
        for argv in (["ninja"], ["fbuild-gen", "-q"]):
            pid, terminal = pty.fork()
            if pid == 0:
                os.chdir(self.project.dir)
                os.execvpe(argv[0], argv, self.project.env)
            self.wait_for_sleepers()
            os.write(terminal, b"\x03")
            output = b""
            try:
                while chunk := os.read(terminal, 4096):
                    output += chunk
            except OSError:
                pass
            _, status = os.waitpid(pid, 0)
            os.close(terminal)
            self.assertNotEqual(status, 0, output)
            self.assert_nothing_left(0.5)
        self.project.write("flags.sh", "echo -DX\n")
        self.project.ninja()
        self.assertEqual(self.project.difference(), "")

    def test_a_terminal_that_goes_away(self):
        self.built()
        self.stay()
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.project.dir)
            os.execvpe("ninja", ["ninja"], self.project.env)
        self.wait_for_sleepers()
        os.close(terminal)
        os.waitpid(pid, 0)
        self.assert_nothing_left()

    def test_a_thousand_commands(self):
        """Each in an ini of its own line: starting children one after another never fails."""
        lines = "".join("  !echo -DN%d\n" % i for i in range(1000))
        self.project.write("platformio.ini", ini(["uno"], "build_flags =\n" + lines))
        self.project.gen("-q", timeout=120)
        plan = self.project.gen("--print-plan", "uno").stdout
        for i in (0, 1, 500, 999):
            self.assertIn('"-DN%d"' % i, plan)
        self.assert_nothing_left(0.5)

    def test_no_command_no_keeper(self):
        """What a no-op starts: ninja, one fbuild-stamp, and nothing else."""
        self.project.gen("-q")
        self.project.ninja()
        self.project.ninja()
        trace = self.project.dir + ".trace"
        done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=execve,fork,vfork,clone,clone3", "-o", trace, "ninja"],
                              cwd=self.project.dir, env=self.project.env, stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("no work to do", done.stdout)
        with open(trace) as f:
            lines = [line for line in f if " = -1 " not in line]
        programs = [line.split('"')[1] for line in lines if "execve(" in line]
        self.assertEqual([os.path.basename(p) for p in programs], ["ninja", "sh", "fbuild-stamp"])
        threads = [line for line in lines if "CLONE_THREAD" in line]
        starts = [line for line in lines if ("clone" in line or "fork(" in line) and "resumed" not in line]
        self.assertEqual(len(starts) - len(threads), 1, lines)


if __name__ == "__main__":
    unittest.main(verbosity=2)
