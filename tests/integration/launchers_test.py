"""Compiler launchers: every compile goes through them, nothing else does, and who runs the
compiler makes no difference to the firmware. ccache, sccache, distcc and icecream are the
real ones, with their daemons on loopback."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

from project import GEN, MAIN, UNO, Case

# The daemons run as users of their own, whose names Debian's packages make.
ROOT = os.geteuid() == 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def have(*programs):
    return all(shutil.which(name, path="/usr/bin:/usr/sbin:/bin") for name in programs)


# Two machines on one: whether this one lets us.
MACHINES = ROOT and subprocess.run(["unshare", "--net", "--mount", "true"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


class Launchers(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.chmod(cls.temporary, 0o755)
        cls.plain = cls.make(None)
        cls.plain.build()
        cls.sources = cls.plain.compiled()

    @classmethod
    def make(cls, launcher, ini=UNO):
        p = cls.project({"platformio.ini": ini, "src/main.cpp": MAIN, "src/other.c": "int other = 1;\n", "src/start.S": ".global x\nx:\n"})
        # The real compiler, since it is the launcher that counts.
        if launcher:
            p.env["PATH"] = "/usr/bin:/bin"
        return p

    def daemon(self, *command, **env):
        """Its log, which is its standard error and output."""
        log = open(os.path.join(self.folder("log"), "log"), "w+")
        process = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env={**os.environ, **env, "LC_ALL": "C"}, start_new_session=True)
        def end():
            # Its children are in its session; init is not ours to ask.
            for kill in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, kill)
                except ProcessLookupError:
                    break
                time.sleep(0.2)
            process.wait()
            log.close()
        self.addCleanup(end)
        return log.name

    def wait_for(self, log, pattern, count=1):
        for _ in range(300):
            with open(log, errors="replace") as file:
                found = re.findall(pattern, file.read())
            if len(found) >= count:
                return found
            time.sleep(0.1)
        with open(log, errors="replace") as file:
            self.fail("%r not in %s" % (pattern, file.read()))

    def same_firmware(self, p, plain=None):
        plain = plain or self.plain
        self.assertEqual(p.firmware(), plain.firmware())
        self.assertEqual(p.bytes(".fbuild/build/uno/firmware.elf"), plain.bytes(".fbuild/build/uno/firmware.elf"))

    @unittest.skipUnless(have("ccache"), "no ccache")
    def test_ccache(self):
        p = self.make("ccache")
        p.env["CCACHE_DIR"] = p.dir + ".ccache"
        p.env["FBUILD_LAUNCHER"] = "ccache"

        def counts():
            text = p.run(["ccache", "--print-stats"]).out
            p.run(["ccache", "-z"])
            stats = {name: int(value) for name, value in (line.split("\t") for line in text.splitlines())}
            hits = stats["direct_cache_hit"] + stats["preprocessed_cache_hit"]
            return hits, stats["cache_miss"], sum(v for n, v in stats.items() if n in ("called_for_link", "autoconf_test"))

        p.build()
        self.assertEqual(counts(), (0, len(self.sources), 0))  # every compile, and no link
        self.same_firmware(p)
        shutil.rmtree(p.path(".fbuild"))
        p.build()
        self.assertEqual(counts(), (len(self.sources), 0, 0))
        self.same_firmware(p)
        self.assertIn("no work to do", p.ninja().out)
        self.assertEqual(counts(), (0, 0, 0))

        # Together with the store of compiles, that comes first: what it has, ccache is not asked.
        p.env["FBUILD_OBJECT_CACHE"] = "1G"
        p.env["FBUILD_CACHE_DIR"] = p.dir + ".cache"
        shutil.rmtree(p.path(".fbuild"))
        p.build()
        own = 3  # sources of the project itself, which are not shared
        # The store has dependencies listed in full, so to ccache these are other compiles.
        self.assertEqual(counts(), (own, len(self.sources) - own, 0))
        shutil.rmtree(p.path(".fbuild"))
        p.build()
        self.assertEqual(counts(), (own, 0, 0))
        self.same_firmware(p)

    @unittest.skipUnless(have("ccache"), "no ccache")
    def test_a_switch_compiles_nothing(self):
        p = self.make(None)
        p.env["CCACHE_DIR"] = p.dir + ".ccache"
        p.build()
        p.ninja()
        p.runs()
        for variable, arguments in (("ccache", []), ("none", []), ("", []), ("", ["--launcher", "ccache"]),
                                    ("distcc" if have("distcc") else "none", ["--launcher", "none"]), ("", [])):
            p.env["FBUILD_LAUNCHER"] = variable
            if arguments:
                p.gen("-q", *arguments)
            p.ninja()
            p.ninja("-f", ".fbuild/build/all.ninja")
            self.assertEqual(p.runs(), [], (variable, arguments))
        # And later edits compile what they should: here by ccache, there without.
        for number, name in enumerate(("ccache", "none", "ccache")):
            p.env["FBUILD_LAUNCHER"] = name
            p.gen("-q")
            p.write("src/other.c", "int other = %d;\n" % (number + 2))
            p.ninja()
            self.assertTrue([line for line in p.runs() if "other.c" in line])
            stats = p.run(["ccache", "--print-stats"]).out
            p.run(["ccache", "-z"])
            self.assertIn("cache_miss\t%d\n" % (name == "ccache"), stats)
            self.assertTrue(p.idle())

    def test_where_it_is_named(self):
        p = self.make(None, UNO + "custom_fbuild_launcher = ccache\n" + UNO.replace("uno", "leonardo"))
        for name in ("ccache", "distcc"):
            path = p.path("..", "bin", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as out:
                out.write('#!/bin/sh\necho "%s $1 $(basename "$1")" >>"%s"\nexec "$@"\n' % (name, p.path("..", "log")))
            os.chmod(path, 0o755)
        p.env["PATH"] = os.path.abspath(p.path("..", "bin")) + ":/usr/bin:/bin"

        def used():
            path = p.path("..", "log")
            if not os.path.exists(path):
                return set()
            with open(path) as file:
                lines = file.read().splitlines()
            os.unlink(path)
            return {tuple(line.split()) for line in lines}

        cc, cxx = "/usr/bin/avr-gcc avr-gcc", "/usr/bin/avr-g++ avr-g++"
        p.build("uno")
        self.assertEqual(used(), {("ccache", *cc.split()), ("ccache", *cxx.split())})
        shutil.rmtree(p.path(".fbuild"))
        p.build("leonardo")  # the ini names it for uno alone
        self.assertEqual(used(), set())
        p.env["FBUILD_LAUNCHER"] = "distcc"
        shutil.rmtree(p.path(".fbuild"))
        p.build("uno")
        self.assertEqual({line[0] for line in used()}, {"distcc"})
        p.gen("--launcher", "none")
        p.write("src/other.c", "int other = 5;\n")
        p.ninja("uno")
        self.assertEqual(used(), set())
        p.edit("platformio.ini", "board = uno", "board = uno\nbuild_src_flags = -DX")  # kept when ninja generates
        p.ninja("uno")
        self.assertEqual(used(), set())
        p.gen("--launcher", p.path("..", "bin", "ccache"))
        p.write("src/other.c", "int other = 6;\n")
        p.ninja("uno")
        self.assertEqual(used(), {("ccache", *cc.split())})

    def test_blanks_and_quotes_in_its_path(self):
        p = self.make(None)
        folder = os.path.join(self.folder("o'dd $(x) *"), "b in")
        os.makedirs(folder)
        with open(folder + "/ccache", "w") as out:
            out.write('#!/bin/sh\necho x >>"%s"\nexec "$@"\n' % p.path("..", "log"))
        os.chmod(folder + "/ccache", 0o755)
        p.write('src/a "b" $c.cpp', "int f;\n")
        p.gen("-q", "--launcher", folder + "/ccache")
        p.ninja()
        with open(p.path("..", "log")) as log:
            self.assertEqual(len(log.readlines()), len(self.sources) + 1)
        p.write('src/a "b" $c.cpp', "int g;\n")
        p.ninja()
        self.assertTrue(p.idle())

    def test_errors(self):
        p = self.make(None)
        before = p.snapshot()
        self.assertError(p.gen("--launcher", "cache", status=2), "--launcher: unknown launcher 'cache'", "did you mean 'ccache'?")
        self.assertError(p.gen("--launcher", "/bin/make", status=2), "there are ccache, sccache, distcc, icecc and none")
        self.assertError(p.gen("--launcher", "/nonexistent/ccache", status=2), "'/nonexistent/ccache' is not installed")
        self.assertError(p.gen(status=2, env={"FBUILD_LAUNCHER": "icec"}), "FBUILD_LAUNCHER: ", "did you mean 'icecc'?")
        self.assertEqual(p.snapshot(), before)
        p.edit("platformio.ini", "board = uno", "board = uno\ncustom_fbuild_launcher = discc")
        self.assertError(p.gen(status=2), "platformio.ini:5:1: ", "did you mean 'distcc'?")
        p.edit("platformio.ini", "discc", "none")
        p.gen("-q")

    def test_one_that_went_away(self):
        p = self.make(None)
        path = os.path.join(self.folder("bin"), "ccache")
        with open(path, "w") as out:
            out.write('#!/bin/sh\nexec "$@"\n')
        os.chmod(path, 0o755)
        p.env["FBUILD_LAUNCHER"] = path
        p.build()
        os.unlink(path)
        p.write("src/other.c", "int other = 7;\n")
        out = p.ninja(status=1)
        self.assertIn("'%s' is not installed" % path, out.out + out.err)
        p.env["FBUILD_LAUNCHER"] = "none"
        p.ninja()

    @unittest.skipUnless(have("sccache"), "no sccache")
    def test_sccache(self):
        p = self.make("sccache")
        p.env.update(SCCACHE_DIR=p.dir + ".sccache", SCCACHE_SERVER_PORT=str(free_port()), SCCACHE_IDLE_TIMEOUT="60", HOME=self.folder("home"))
        p.run(["sccache", "--start-server"])
        self.addCleanup(lambda: p.run(["sccache", "--stop-server"], status=None))
        executed = len([name for name in self.sources if not name.endswith(".S")])
        for again in (False, True):
            shutil.rmtree(p.path(".fbuild"), ignore_errors=True)
            p.run(["sccache", "--zero-stats"])
            p.gen("-q", "--launcher", "sccache")
            p.ninja()
            text = p.run(["sccache", "--show-stats"]).out
            self.assertRegex(text, r"Compile requests +%d\n" % len(self.sources))
            self.assertRegex(text, r"\nCompile requests executed +%d\n" % executed)
            misses = int(re.search(r"\nCache misses +(\d+)\n", text).group(1))
            # Two empty sources are one compile.
            self.assertTrue(misses == 0 if again else misses > executed / 2, text)
            self.same_firmware(p)

    @unittest.skipUnless(have("distcc", "distccd") and ROOT, "no distcc, or not root")
    def test_distcc(self):
        # What has -flto distcc 3.4 compiles here.
        ini = UNO + "build_unflags = -flto\n"
        plain, p = self.make(None, ini), self.make("distcc", ini)
        plain.build()
        port = free_port()
        log = self.daemon("distccd", "--daemon", "--no-detach", "--allow", "127.0.0.1", "--listen", "127.0.0.1", "--port", str(port),
                          "--log-stderr", "--jobs", "2", "--user", "distccd", "--verbose", PATH="/usr/bin:/bin")
        self.wait_for(log, "preforking daemon started")
        p.env.update(DISTCC_HOSTS="127.0.0.1:%d/4" % port, DISTCC_FALLBACK="0", DISTCC_DIR=self.folder("distcc"))
        p.gen("-q", "--launcher", "distcc")
        p.ninja("-j", "4")
        self.same_firmware(p, plain)
        # Every C and C++ file was compiled over there; assembly distcc leaves here.
        away = [name for name in self.sources if not name.endswith(".S")]
        done = self.wait_for(log, r"COMPILE_OK.* (/usr/bin/avr-g(?:cc|\+\+)) ", len(away))
        self.assertEqual(len(done), len(away))

    def other_machine(self):
        """A process that holds network and /run of its own, as another machine has. It looks
        idle there: on a busy machine no daemon takes a job, which then waits for ever."""
        stat = "printf 'cpu  0 0 0 %d 0 0 0 0\\n' $i 1<>/run/stat"
        command = ["unshare", "--net", "--mount", "sh", "-c",
                   "mount -t tmpfs none /run && mkdir /run/icecc && i=1000000000 && " + stat + " && mount --bind /run/stat /proc/stat && "
                   "echo there; while sleep 0.2; do i=$((i + 1000)); " + stat + "; done"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, text=True)

        def end():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        self.addCleanup(end)
        self.assertEqual(process.stdout.readline(), "there\n")
        return process.pid

    @unittest.skipUnless(have("icecc", "iceccd", "icecc-scheduler", "ip", "nsenter") and ROOT, "no icecc or ip, or not root")
    @unittest.skipUnless(MACHINES, "no network and mount namespaces here")
    def test_icecream(self):
        p = self.make("icecc")
        # Two machines with a cable between them; on one of them daemons hang in some runs.
        machines = [self.other_machine(), self.other_machine()]
        folder, net = self.folder("ice"), "fbuild-test-%d" % os.getpid()
        shutil.chown(folder, "icecc", "icecc")
        within = lambda pid: ["nsenter", "--net", "--mount", "-t", str(pid)]
        run = lambda *command: subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        run(*within(machines[0]), "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", str(machines[1]))
        for number, pid in enumerate(machines):
            run(*within(pid), "ip", "link", "set", "lo", "up")
            run(*within(pid), "ip", "addr", "add", "10.77.0.%d/24" % (number + 1), "dev", "v%d" % number)
            run(*within(pid), "ip", "link", "set", "v%d" % number, "up")
            run(*within(pid), "chown", "icecc:icecc", "/run/icecc")
        log = self.daemon(*within(machines[0]), "icecc-scheduler", "-n", net, "-vvv")
        self.wait_for(log, "ready|scheduler")
        logs = []
        for name, pid, more in (("here", machines[0], ["--no-remote", "-m", "0"]), ("there", machines[1], ["-m", "4"])):
            base = os.path.join(folder, name)
            os.makedirs(base)
            shutil.chown(base, "icecc", "icecc")
            logs.append(self.daemon(*within(pid), "iceccd", "-n", net, "-s", "10.77.0.1", "-N", name, "-b", base,
                                    "-u", "icecc", "-vvv", *more, PATH="/usr/bin:/bin:/usr/sbin:/sbin"))
        self.wait_for(log, r"login (here|there) ", 2)
        # What the compiler reads and icecc does not know that it has to be packed.
        p.env["ICECC_EXTRAFILES"] = p.run(["avr-gcc", "-print-file-name=device-specs/specs-atmega328p"]).out.strip()
        p.gen("-q", "--launcher", "icecc")
        p.run(["timeout", "120", *within(machines[0]), "--wd=" + p.dir, "ninja", "-j", "4"])
        self.same_firmware(p)
        away = [name for name in self.sources if not name.endswith(".S")]
        self.wait_for(log, r"END \d+ status=0 .*server=there", len(away))
        with open(logs[1], errors="replace") as file:
            self.assertEqual(len(re.findall("remote compile for file", file.read())), len(away))


if __name__ == "__main__":
    unittest.main()
