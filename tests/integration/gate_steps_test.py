#!/usr/bin/env python3
"""Our programs, ended at each of their steps: a file is put in place by rename, so what is on
disk changes there. Whatever was done by then, the next ninja needs no help, and what it makes
is what a clean clone makes. Unlike gate_interrupt_test.py nothing here is left to chance.
"""
import shutil
import subprocess
import unittest

from gate_project import Workshop, ini, settle

MANY = 100  # steps: more than any program has


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class Steps(unittest.TestCase):
    def setUp(self):
        self.shop = Workshop("fbuild-steps-")
        self.addCleanup(self.shop.close)
        self.base = self.shop.project("base")
        settle()
        self.base.gen("-q")
        self.base.ninja()
        # Its times settle, so that copies of it are not looked at as if they had just been made.
        settle()

    def edited_copy(self, edits):
        project = self.shop.project("copy")
        shutil.rmtree(project.dir)
        subprocess.run(["cp", "-a", self.base.dir, project.dir], check=True)
        # At home in its new place: a project that moved is generated anew whatever else there is.
        project.ninja()
        for name, text in edits.items():
            project.write(name, text)
        return project

    def end_at_each_step(self, command, edits):
        """Returns how many steps there were."""
        for step in range(1, MANY):
            project = self.edited_copy(edits)
            done = subprocess.run(["strace", "-f", "-qq", "-o", project.dir + ".trace", "-e", "trace=rename,unlink",
                                   "-e", "inject=rename,unlink:signal=KILL:when=%d" % step] + command,
                                  cwd=project.dir, env=project.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            with open(project.dir + ".trace") as file:
                trace = file.read()
            what = "%s, ended at its step %d:\n%s\n%s" % (" ".join(command), step, done.stdout, trace[-2000:])
            after = project.ninja(check=False)
            self.assertEqual(after.returncode, 0, "the ninja after %s:\n%s" % (what, after.stdout))
            self.assertEqual(project.difference(), "", what)
            again = project.ninja()
            self.assertEqual((project.compiles, project.links), (0, 0), what)
            self.assertIn("uno: up to date", again.stdout, what)
            shutil.rmtree(project.dir)
            if "killed by SIGKILL" not in trace:
                self.assertEqual(done.returncode, 0, what)
                return step - 1
        self.fail("%s has more than %d steps" % (command, MANY))

    OPTION = {"platformio.ini": ini(common="build_flags = -DOPTION=2 -DA_VALUE=2\n")}

    def test_an_option_and_fbuild_gen(self):
        self.assertGreater(self.end_at_each_step(["fbuild-gen", "-q"], self.OPTION), 10)

    def test_an_option_and_ninja(self):
        self.assertGreater(self.end_at_each_step(["ninja"], self.OPTION), 10)

    def test_an_include_and_ninja(self):
        edits = {"include/maybe.h": "#define MAYBE 7\n", "src/a.cpp": '#include "a.h"\n#include "maybe.h"\nint a() { return MAYBE; }\n'}
        self.assertGreater(self.end_at_each_step(["ninja"], edits), 5)

    def test_a_source_and_ninja(self):
        edits = {"src/b.cpp": '#include "b.h"\nint b() { return B_VALUE + 5; }\n'}
        self.assertGreater(self.end_at_each_step(["ninja"], edits), 2)


if __name__ == "__main__":
    unittest.main()
