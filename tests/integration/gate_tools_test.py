"""What else ninja can be asked through the gate: dry runs, its tools, other names of the
manifest, manifests of somebody else's, two at once, ninjas that were killed. Each works or
says what to do instead; none loses objects or calls a change clean.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

from gate_project import BUILD, FILES, Project, Workshop, settle

OLD = 1_000_000_000


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = Workshop("fbuild-tools-")
        cls.addClassCleanup(cls.shop.close)
        cls.base = cls.shop.project("base")
        settle()
        cls.base.gen("-q")
        cls.base.ninja()

    def setUp(self):
        self.project = self.shop.project(self.id().split(".")[-1])
        shutil.rmtree(self.project.dir)
        subprocess.run(["cp", "-a", self.base.dir, self.project.dir], check=True)
        self.project.ninja()
        self.no_op()

    def no_op(self, *arguments):
        self.project.ninja(*arguments)
        self.assertEqual((self.project.compiles, self.project.links), (0, 0), self.project.out)
        self.assertIn("uno: up to date", self.project.out)

    def change(self, value=1, old=False):
        """An edit of one source; with `old`, one that times alone do not show."""
        self.project.write("src/a.cpp", '#include "a.h"\nint a() { return A_VALUE + %d; }\n' % value)
        if old:
            os.utime(self.project.path("src/a.cpp"), (OLD, OLD))

    def builds(self, compiles, links, *arguments):
        self.project.ninja(*arguments)
        self.assertEqual((self.project.compiles, self.project.links), (compiles, links), self.project.out)

    def assert_right(self):
        self.assertEqual(self.project.difference(), "")

    # -- dry runs and explanations

    def test_dry_run(self):
        self.change()
        before = self.project.images()
        done = self.project.ninja("-n")
        self.assertIn("ninja -n -f %s/dry.ninja" % BUILD, done.stdout)
        self.assertNotIn("no work to do", done.stdout)
        done = self.project.ninja("-n", "-f", BUILD + "/dry.ninja")
        self.assertIn("uno: compile src/a.cpp", done.stdout)
        self.assertIn("leonardo: link", done.stdout)
        self.assertEqual(self.project.images(), before)
        self.builds(2, 2)
        self.assert_right()
        done = self.project.ninja("-n", "-f", BUILD + "/dry.ninja")
        self.assertIn("no work to do", done.stdout)

    def test_explain(self):
        self.change()
        done = self.project.ninja("-d", "explain")
        self.assertIn("src/a.cpp", done.stdout)
        self.assertEqual(self.project.compiles, 2)
        self.no_op("-d", "explain")
        self.no_op("-d", "stats")
        self.no_op("-d", "keepdepfile", "-v")

    # -- tools

    def test_clean(self):
        # Of what is loaded, which is nothing: it says so, and nothing is lost.
        done = self.project.run("ninja", "-t", "clean")
        self.assertIn("0 files", done.stdout)
        self.no_op()
        self.project.run("ninja", "uno/clean")
        self.assertFalse(os.path.exists(self.project.path(BUILD, "uno/firmware.elf")))
        self.builds(4, 1)  # cores are shared, and are not the environment's
        self.no_op()
        self.project.run("ninja", "-f", BUILD + "/all.ninja", "-t", "clean")
        self.assertEqual(self.project.images(), {})
        self.assertFalse([name for _, _, names in os.walk(self.project.path(BUILD)) for name in names if name.endswith(".o")])
        self.project.ninja()
        self.assertEqual(self.project.links, 2)
        self.assert_right()
        self.no_op()
        # With a graph loaded: what it says is gone is gone, and comes back.
        self.change()
        self.project.ninja("-k", "0", "uno/firmware.hex")
        self.change(2)
        self.project.ninja("uno")
        self.project.run("ninja", "-t", "clean")
        self.project.ninja()
        self.assert_right()
        self.no_op()

    def test_compdb(self):
        done = self.project.run("ninja", "-f", BUILD + "/all.ninja", "-t", "compdb")
        files = {entry["file"] for entry in json.loads(done.stdout)}
        self.assertIn("src/a.cpp", files)
        # Through the gate: no more than what is loaded, but good JSON, and nothing changes.
        json.loads(self.project.run("ninja", "-t", "compdb").stdout)
        self.no_op()
        database = json.loads(self.project.read("compile_commands.json"))
        self.assertIn("src/a.cpp", {entry["file"] for entry in database})

    def test_tools_that_forget(self):
        for i, tool in enumerate((["cleandead"], ["recompact"], ["restat"], ["targets", "all"], ["query", "uno"], ["graph"])):
            for changed in (False, True):
                if changed:
                    self.change(10 + i)
                    self.project.ninja("uno")
                self.project.run("ninja", "-t", *tool)
                if tool == ["recompact"] and changed:
                    self.project.ninja()
                else:
                    self.builds(1 if changed else 0, 1 if changed else 0)
                self.assert_right()
                self.no_op()
        # Nothing that belongs to an environment that is not loaded is dead.
        objects = self.project.path(BUILD, "leonardo/src")
        before = sorted(os.listdir(objects))
        self.change(50)
        self.project.ninja("uno")
        self.project.run("ninja", "-t", "cleandead")
        self.assertEqual(sorted(os.listdir(objects)), before)

    # -- other names, and other manifests

    def test_absolute_name(self):
        for name in ("build.ninja", BUILD + "/build.ninja"):
            for path in (name, self.project.path(name)):
                self.no_op("-f", path)
                self.change(len(path), old=True)
                self.builds(2, 2, "-f", path)
                self.assert_right()

    def test_from_elsewhere(self):
        self.change()
        done = subprocess.run(["ninja", "-C", self.project.dir], cwd="/", env=self.project.env, stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assert_right()
        self.no_op()

    def moved(self):
        other = self.project.dir + "-moved"
        subprocess.run(["cp", "-r", self.project.dir, other], check=True)
        shutil.rmtree(self.project.dir)
        self.project.dir = other

    def test_moved_and_called_by_its_new_name(self):
        self.moved()
        self.builds(0, 0, "-f", self.project.path("build.ninja"))
        self.moved()
        self.change(old=True)
        done = self.project.ninja("-f", self.project.path("build.ninja"), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("run it again", done.stdout)
        self.assertNotIn("no work to do", done.stdout)
        self.project.ninja("-f", self.project.path("build.ninja"))
        self.assertEqual(self.project.links, 2)
        self.assert_right()
        self.no_op("-f", self.project.path("build.ninja"))

    FOREIGN = ("subninja %s/build.ninja\nrule copy\n  command = cp $in $out\n"
               "build mine.hex: copy %s/uno/firmware.hex\nbuild mine: phony mine.hex leonardo\ndefault mine\n") % (BUILD, BUILD)

    def mine(self):
        with open(self.project.path("mine.hex"), "rb") as f:
            return f.read()

    def test_foreign_manifest(self):
        """It does not ask the gate before it loads it; it is told when that was wrong."""
        self.project.write("mine.ninja", self.FOREIGN)
        self.builds(0, 0, "-f", "mine.ninja")
        for value, old in ((1, True), (2, False), (3, True)):
            self.change(value, old)
            before = self.mine()
            done = self.project.ninja("-f", "mine.ninja", check=False)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("run it again", done.stdout)
            self.assertIn("phony %s/plan.stamp" % BUILD, done.stdout)
            self.assertEqual(self.mine(), before)
            self.project.ninja("-f", "mine.ninja")
            self.assert_right()
            right = self.project.images()["uno", "firmware.hex"]
            self.assertEqual(self.mine(), right)
            self.assertNotEqual(self.mine(), before)
            self.builds(0, 0, "-f", "mine.ninja")
        # While a graph is loaded: the change before was not built.
        self.change(4)
        self.project.ninja("-f", "mine.ninja", check=False)
        self.change(5, old=True)
        done = self.project.ninja("-f", "mine.ninja", check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.project.ninja("-f", "mine.ninja")
        self.assert_right()
        self.project.ninja()
        self.assert_right()

    def test_foreign_manifest_that_asks(self):
        """With the line it is told of, it works as ours does."""
        self.project.write("mine.ninja", self.FOREIGN + "build mine.ninja: phony %s/plan.stamp\n" % BUILD)
        self.no_op("-f", "mine.ninja", "leonardo")
        for value, old in ((1, True), (2, False)):
            self.change(value, old)
            self.project.ninja("-f", "mine.ninja")
            self.assert_right()
            self.assertEqual(self.mine(), self.project.images()["uno", "firmware.hex"])
            self.no_op("-f", "mine.ninja")

    def test_foreign_build_file_in_the_root(self):
        os.unlink(self.project.path("build.ninja"))
        self.project.write("build.ninja", self.FOREIGN)
        self.change(old=True)
        for _ in range(2):
            done = self.project.ninja(check=False)
        self.assertEqual(done.returncode, 0)
        self.assert_right()
        self.assertEqual(self.project.read("build.ninja"), self.FOREIGN)

    def test_a_detached_session_is_nobodys_leftover(self):
        """Its leader looks like an orphan (cron, a container), and is of the group that all are in."""
        self.project.write("src/a.cpp", "int broken(\n")
        self.project.write("twice.sh", "for i in 1 2 3; do ninja -f %s/build.ninja; done >log 2>&1\necho survived >survived\n" % BUILD)
        subprocess.run(["sh", "-c", "setsid sh twice.sh &"], cwd=self.project.dir, env=self.project.env, check=True)
        for _ in range(300):
            if os.path.exists(self.project.path("survived")):
                break
            time.sleep(0.1)
        self.assertTrue(os.path.exists(self.project.path("survived")), self.project.read("log"))
        self.assertNotIn("left running", self.project.read("log"))

    # -- what a ninja is asked for decides how much is loaded while all is clean

    def loaded(self):
        text = self.project.read(BUILD + "/active-root.ninja")
        return "names" if "names.ninja" in text else "all"

    def test_names_are_enough(self):
        for arguments in ((), ("uno",), ("-v", "-j", "2", "uno", "leonardo"), ("-j2", "-k0", "-d", "stats")):
            self.no_op(*arguments)
            self.assertEqual(self.loaded(), "names", arguments)
            self.assertEqual(self.project.out.count("uno: up to date"), 1, self.project.out)
        # Whoever asks ninja what there is hears of everything, and a typo is told from it.
        names = self.project.ninja("-t", "targets", "all").stdout
        for target in ("uno/size:", "uno/upload:", "uno/firmware.eep:", BUILD + "/uno/firmware.hex:"):
            self.assertIn(target, names)
        self.assertIn("did you mean 'uno/size'", self.project.ninja("uno/siz", check=False).stdout)

    def test_an_action_is_loaded_when_it_is_asked_for(self):
        for arguments in (("uno/size",), ("-j", "1", "uno/size"), ("uno", "uno/size")):
            self.no_op()
            self.assertEqual(self.loaded(), "names")
            self.no_op(*arguments)
            self.assertIn("Flash:", self.project.out)
            self.assertEqual(self.project.out.count("uno: up to date"), 1, self.project.out)
            self.assertEqual(self.loaded(), "all")
            self.no_op(*arguments)
            self.assertIn("Flash:", self.project.out)
        self.no_op()
        self.project.ninja("uno/firmware.eep")
        self.assertTrue(os.path.exists(self.project.path(BUILD, "uno/firmware.eep")))
        self.no_op()
        self.change()
        self.builds(1, 1, "uno/size")
        self.assertIn("Flash:", self.project.out)

    def test_foreign_manifest_by_way_of_the_root(self):
        """It may have loaded names only; then no action of it passes for done."""
        self.project.write("mine.ninja", "subninja build.ninja\nbuild mine: phony uno/size leonardo\ndefault mine\n")
        for _ in range(2):
            self.no_op()
            self.assertEqual(self.loaded(), "names")
            done = self.project.ninja("-f", "mine.ninja", check=False)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("run it again", done.stdout)
            self.no_op("-f", "mine.ninja")
            self.assertIn("Flash:", self.project.out)
        self.project.write("mine.ninja", "subninja build.ninja\nbuild mine: phony uno/size leonardo\ndefault mine\n"
                           "build mine.ninja: phony %s/plan.stamp\n" % BUILD)
        self.no_op()
        self.no_op("-f", "mine.ninja")
        self.assertIn("Flash:", self.project.out)

    def test_foreign_log_of_the_last_build(self):
        """A change that is older than what a ninja with a log elsewhere built of it."""
        self.project.write("mine.ninja", self.FOREIGN + "build mine.ninja: phony %s/plan.stamp\n" % BUILD)
        self.change(1)
        self.project.ninja("-f", "mine.ninja")
        log = os.stat(self.project.path(BUILD, ".ninja_log")).st_mtime_ns
        built = os.stat(self.project.path(BUILD, "uno/firmware.elf")).st_mtime_ns
        self.assertLess(log, built)
        self.change(2)
        os.utime(self.project.path("src/a.cpp"), ns=(log + 1, log + 1))
        self.project.ninja("-f", "mine.ninja")
        self.assert_right()

    def test_older_before_it_is_built(self):
        """The plan gave a change a new time; it is taken away before all is built of it."""
        self.change(1, old=True)
        self.project.ninja("leonardo")
        os.utime(self.project.path("src/a.cpp"), (OLD, OLD))
        self.project.ninja()
        self.assert_right()
        self.no_op()
        # A time that was new enough by itself.
        self.change(2)
        self.project.ninja("leonardo")
        os.utime(self.project.path("src/a.cpp"), (OLD, OLD))
        self.project.ninja()
        self.assert_right()

    # -- several at once, and those that were killed

    def start(self, *arguments):
        process = subprocess.Popen(["ninja", *arguments], cwd=self.project.dir, env=self.project.env, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def test_several_ninjas(self):
        self.change()
        open(self.project.log, "w").close()
        all_of_them = [self.start(*arguments) for arguments in ([], [], ["uno"], ["-f", self.project.path("build.ninja")])]
        for process in all_of_them:
            out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, out)
        self.project.count()
        self.assertEqual(self.project.compiles, 2)
        self.assert_right()
        self.no_op()

    def test_no_waiting(self):
        with open(self.project.hook, "w") as f:
            f.write("sleep 2\n")
        self.change()
        first = self.start()
        while os.path.exists(self.project.hook):
            time.sleep(0.01)
        self.project.env["FBUILD_WAIT"] = "0"
        done = self.project.run("ninja", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another ninja (process %d)" % first.pid, done.stdout)
        self.assertEqual(first.wait(timeout=60), 0)
        self.assert_right()

    def test_compiler_of_a_killed_ninja(self):
        """It would put an object of the old source in place, long after the new one is
        built and sealed."""
        self.change(1)
        with open(self.project.hook, "w") as f:
            f.write('for out; do :; done; while [ "$1" != -o ]; do shift; done; cp "$2" "$2.kept"; sleep 1.5; cp "$2.kept" "$2"\n')
        first = self.start("uno")
        while os.path.exists(self.project.hook):
            time.sleep(0.01)
        time.sleep(0.3)
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.change(2)
        done = self.project.ninja()
        self.assertIn("a ninja that was killed left running", done.stdout)
        time.sleep(2)
        self.assert_right()
        self.no_op()
        # The object is the new one's too.
        os.unlink(self.project.path(BUILD, "uno/firmware.elf"))
        self.builds(0, 1)
        self.assert_right()

    def test_plan_of_a_killed_ninja(self):
        """It must not publish what it saw, after the next ninja's plan."""
        self.project.write("flags.sh", "sleep 1; echo -DX\n")
        self.project.edit("platformio.ini", "[env:uno]\n", "[env:uno]\nbuild_src_flags = !sh ./flags.sh\n")
        first = self.start()
        time.sleep(0.3)
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.change(3)
        self.project.ninja()
        time.sleep(1.5)
        self.assert_right()
        self.no_op()

    def test_lock_of_a_process_that_is_gone(self):
        self.project.write(BUILD + "/ninja.lock", "%d 12345 1\n" % os.getpid())
        self.no_op()
        self.project.write(BUILD + "/ninja.lock", "junk")
        self.no_op()

    def test_generated_in_between(self):
        """Build files are written for another state, which cannot be recorded, since one of
        its files is younger than the clock; then all is as it was recorded before."""
        later = time.time() + 3600
        os.rename(self.project.path("src/a.cpp"), self.project.path("src/other.cpp"))
        os.utime(self.project.path("src/b.cpp"), (later, later))
        self.project.ninja()
        self.assert_right()
        os.rename(self.project.path("src/other.cpp"), self.project.path("src/a.cpp"))
        os.utime(self.project.path("src/b.cpp"), (OLD, OLD))
        self.project.ninja()
        self.assert_right()
        self.no_op()

    def test_shared_objects_that_were_out_of_use(self):
        """Made from a core that changed while nothing used them, and whose times say nothing."""
        self.project.edit("platformio.ini", "[env]\n", "[env]\nbuild_flags = -DOTHER\n")
        self.project.ninja()
        self.project.edit("platformio.ini", "build_flags = -DOTHER\n", "")
        self.project.write("core/cores/arduino/extra.h", "#define EXTRA_VALUE 20\n")
        self.project.ninja()
        self.assert_right()
        os.utime(self.project.path("core/cores/arduino/extra.h"), (OLD, OLD))
        self.no_op()
        self.project.edit("platformio.ini", "[env]\n", "[env]\nbuild_flags = -DOTHER\n")
        self.project.ninja()
        self.assert_right()
        self.no_op()

    # -- counters

    def test_counters_of_a_no_op(self):
        time.sleep(1.1)  # until nothing is too young to be trusted
        self.no_op()
        self.no_op()
        stats = json.loads(self.project.run("fbuild-stamp", "stats", "--json").stdout)
        self.assertEqual(stats["last"]["files_hashed"], 0, stats)
        self.assertEqual(stats["last"]["directories_listed"], 0, stats)


if __name__ == "__main__":
    unittest.main(verbosity=2)
