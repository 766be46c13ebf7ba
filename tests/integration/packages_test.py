"""Packages end to end: an archive made from the system's avr-gcc, served on loopback,
declared in a platform file, installed, and used on a PATH that has no compiler."""

import io
import json
import os
import shutil
import subprocess
import tarfile
import unittest

import package_server
from package_server import Server, bare_path, core_archive, data_folder, sha256, tar_gz, toolchain_archive, versions_text
from project import BIN, Case, ERROR, GEN, MAIN, UNO

LNK = os.path.join(BIN, "fbuild-lnk")

TOOLCHAIN = """\
  toolchain-atmelavr:
    probe: bin/avr-gcc
    system: {program: avr-gcc, debian: gcc-avr avr-libc%s}
"""
CORE = """\
  framework-arduino-avr:
    probe: cores/arduino/Arduino.h
    version: {file: platform.txt, key: version}
    system: {folders: [%s], debian: arduino-core-avr}
"""
TOOLS = """\
  tool-avrdude:
    probe: bin/avrdude
    system: {program: avrdude, debian: avrdude}
  tool-simavr:
    probe: bin/simavr
    system: {program: simavr, debian: simavr}
"""
HERE = "PLATFORMIO_SYSTEM_TYPE"


class Packages(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(cls)
        cls.toolchain_data = toolchain_archive()
        cls.core_data = core_archive()
        cls.other_core_data = core_archive(b"int another;\n")
        cls.toolchain_url = cls.server.add("avr-gcc-5.4.tar.gz", cls.toolchain_data)
        cls.core_url = cls.server.add("core-1.8.tar.gz", cls.core_data)
        cls.other_core_url = cls.server.add("core-1.9.tar.gz", cls.other_core_data)
        cls.bare = bare_path(os.path.join(cls.temporary, "bare"))
        cls.store = os.path.join(cls.temporary, "cache")
        # Installed once; tests that look at fetching use a store of their own.
        cls.archives = {
            "toolchain": [("5.4.0-x", [("[linux_x86_64, linux_aarch64]", cls.toolchain_url, cls.toolchain_data)])],
            "core": [("1.8.0", [("'*'", cls.core_url, cls.core_data)]), ("1.9.0", [("'*'", cls.other_core_url, cls.other_core_data)])],
        }

    def packages(self, system_versions="", core_folders="", toolchain=None, core=None):
        return (TOOLCHAIN % (", version: '%s'" % system_versions if system_versions else "") +
                versions_text(toolchain or self.archives["toolchain"]) + CORE % core_folders +
                versions_text(core or self.archives["core"]) + TOOLS)

    def bare_project(self, ini=UNO, files={"src/main.cpp": MAIN}, store=None, **packages):
        """A project on a machine without compiler and core."""
        project = self.project({"platformio.ini": ini, **files})
        data = os.path.join(self.folder("data"))
        project.platform_file = data_folder(data, self.packages(**packages))
        project.env.update({"FBUILD_DATA_DIR": data, "FBUILD_CACHE_DIR": store or self.store, "PATH": self.bare,
                            HERE: "linux_x86_64", "FBUILD_FETCH_ATTEMPTS": "1"})
        return project

    def lock(self, project):
        return json.loads(project.read("fbuild.lock"))["packages"]

    def test_installed_and_built_without_a_compiler_on_path(self):
        project = self.bare_project(store=os.path.join(self.folder("store")))
        before = project.snapshot()
        run = project.gen(status=None)
        self.assertError(run, "platformio.ini:2", "'toolchain-atmelavr'", "apt-get install gcc-avr avr-libc", "fbuild-gen --install")
        self.assertEqual(project.snapshot(), before)
        self.server.asked()
        project.gen("--install")
        self.assertEqual(sorted(self.server.asked()), ["/avr-gcc-5.4.tar.gz", "/core-1.8.tar.gz"])
        link = os.readlink(project.path(".fbuild/build/packages/toolchain-atmelavr"))
        self.assertTrue(link.startswith(project.env["FBUILD_CACHE_DIR"]), link)
        project.ninja()
        self.assertTrue(project.idle())
        # No command names the store or the home it lies in.
        self.assertNotIn(project.env["FBUILD_CACHE_DIR"], project.read(".fbuild/build/uno/build.ninja") + project.read(".fbuild/build/uno/graph.ninja") +
                         project.read(".fbuild/build/uno/compile_commands.json"))
        # The same bytes as with the compiler they were packed from.
        system = self.project({"platformio.ini": UNO, "src/main.cpp": MAIN})
        system.build()
        self.assertEqual(project.firmware(), system.firmware())
        # Nothing is fetched twice, with or without --install.
        project.gen("--install")
        shutil.rmtree(project.path(".fbuild"))
        project.gen("--offline")
        project.ninja()
        self.assertEqual(self.server.asked(), [])
        self.assertEqual(project.firmware(), system.firmware())

    def test_the_system_package_comes_first_if_its_version_fits(self):
        project = self.bare_project(store=os.path.join(self.folder("store")), core_folders="/usr/share/arduino/hardware/arduino/avr")
        project.env["PATH"] = "/usr/bin:/bin"
        self.server.asked()
        project.gen("--install")
        self.assertEqual(self.server.asked(), [])
        self.assertEqual(os.readlink(project.path(".fbuild/build/packages/toolchain-atmelavr")), "/usr")
        # One that the platform does not take is passed over.
        version = project.plan()["packages"][0]["version"]
        data_folder(project.env["FBUILD_DATA_DIR"], self.packages(">=99"))
        run = project.gen(status=None)
        self.assertError(run, "toolchain-atmelavr", version, "fbuild-gen --install")

    def test_requirements_of_the_project(self):
        def chosen(requirement, **more):
            project = self.bare_project(UNO + "platform_packages =\n  framework-arduino-avr @ %s\n" % requirement, **more)
            run = project.gen("--install", status=None)
            return project, run

        for requirement, version in [("1.8.0", "1.8.0"), ("^1.8.5", "1.9.0"), ("~1.9", "1.9.0"), (">=1,<1.9", "1.8.0"), ("*", "1.8.0")]:
            with self.subTest(requirement):
                project, run = chosen(requirement)
                self.assertEqual(run.status, 0, run)
                versions = {p["version"] for p in self.lock(project) if p["name"] == "framework-arduino-avr"}
                self.assertEqual(versions, {version})
        project, run = chosen("^2")
        self.assertError(run, "platformio.ini:6", "'framework-arduino-avr @ ^2'", "1.8.0, 1.9.0")
        project, run = chosen("one")
        self.assertError(run, "platformio.ini:6", "'one'")
        # A vendor's suffix is not a prerelease.
        project = self.bare_project(UNO + "platform_packages = toolchain-atmelavr @ ^5.4\n")
        project.gen("--install")
        project = self.bare_project(UNO + "platform_packages = toolchain-atmelavr @ ^6\n")
        self.assertError(project.gen("--install", status=None), "platformio.ini:5", "5.4.0-x")

    def test_another_version_rebuilds(self):
        project = self.bare_project()
        project.gen("--install")
        project.ninja()
        project.edit("platformio.ini", "board = uno", "board = uno\nplatform_packages = framework-arduino-avr @ 1.9.0")
        project.gen("--install")
        out = project.ninja().out
        self.assertIn("compile .fbuild/build/packages/framework-arduino-avr/cores/arduino/more.c", out)
        self.assertTrue(project.idle())

    def test_two_versions_in_one_project(self):
        ini = UNO + "\n[env:other]\nplatform = atmelavr\nframework = arduino\nboard = uno\nplatform_packages = framework-arduino-avr @ 1.9.0\n"
        project = self.bare_project(ini)
        project.gen("--install")
        project.ninja()
        self.assertEqual({p["version"] for p in self.lock(project) if p["name"] == "framework-arduino-avr"}, {"1.8.0", "1.9.0"})
        first = project.read("fbuild.lock")
        project.gen("--locked")
        self.assertEqual(project.plan("uno")["packages"][1]["version"], "1.8.0")
        self.assertEqual(project.plan("other")["packages"][1]["version"], "1.9.0")
        # Only one environment is looked at: what the other needs stays.
        project.gen("-e", "uno")
        self.assertEqual(project.read("fbuild.lock"), first)

    def test_what_is_wrong_at_the_other_end(self):
        def attempt(archives, **env):
            project = self.bare_project(store=os.path.join(self.folder("store")), core=archives)
            project.env.update(env)
            before = project.snapshot()
            run = project.gen("--install", "-q", status=None)
            self.assertEqual(project.snapshot(), before)
            return run

        data = self.core_data
        gone = self.server.url + "gone.tar.gz"
        self.assertError(attempt([("1.0.0", [("'*'", gone, data)])]), "'framework-arduino-avr' 1.0.0", "404", gone)
        self.assertError(attempt([("1.0.0", [("'*'", self.core_url, data + b"x")])]), "'framework-arduino-avr' 1.0.0", self.core_url)
        wrong = tar_gz([("readme", b"not a core\n")])
        url = self.server.add("wrong.tar.gz", wrong)
        self.assertError(attempt([("1.0.0", [("'*'", url, wrong)])]), "'framework-arduino-avr'", "cores/arduino/Arduino.h")
        evil = tar_gz([("../../evil", b"x")])
        url = self.server.add("evil.tar.gz", evil)
        self.assertError(attempt([("1.0.0", [("'*'", url, evil)])]), "'framework-arduino-avr'", "..")
        self.assertError(attempt([("1.0.0", [("linux_riscv64", url, evil)])]), "'framework-arduino-avr'", "linux_x86_64")

    def test_the_package_may_be_one_of_several_folders(self):
        # As some vendors pack: the folder that is stripped has the package's and a file beside it.
        core = core_archive()
        with tarfile.open(fileobj=io.BytesIO(core)) as archive:
            deep = tar_gz([("avr/" + m.name.split("/", 1)[1], archive.extractfile(m).read()) for m in archive.getmembers()
                           if m.isfile() and m.name.split("/", 1)[1] != "case"] + [("readme.txt", b"read me"), ("docs/x", b"x")])
        url = self.server.add("deep.tar.gz", deep)
        project = self.bare_project(store=os.path.join(self.folder("store")), core=[("1.8.0", [("'*'", url, deep)])])
        project.gen("--install")
        self.assertTrue(os.readlink(project.path(".fbuild/build/packages/framework-arduino-avr")).endswith("/tree/avr"))
        project.ninja()
        self.assertTrue(project.idle(), project.why)

    def test_offline(self):
        project = self.bare_project(store=os.path.join(self.folder("store")))
        self.server.asked()
        self.assertError(project.gen("--install", "--offline", status=None), "'toolchain-atmelavr'", "--offline")
        self.assertEqual(self.server.asked(), [])

    def test_the_lock(self):
        project = self.bare_project()
        self.assertError(project.gen("--locked", status=None), "--locked", "fbuild.lock", "'toolchain-atmelavr'", "fbuild-gen --install")
        project.gen("--install")
        text = project.read("fbuild.lock")
        lock = self.lock(project)
        # Of a declared version the archives for all hosts, sorted.
        self.assertEqual([(p["name"], p["system"]) for p in lock],
                         [("framework-arduino-avr", "*"), ("toolchain-atmelavr", "linux_aarch64"), ("toolchain-atmelavr", "linux_x86_64")])
        self.assertEqual(lock[0], {"name": "framework-arduino-avr", "version": "1.8.0", "system": "*", "url": self.core_url,
                                   "sha256": sha256(self.core_data), "size": len(self.core_data), "extract": "tar.gz", "strip": 1})
        project.gen("--locked")
        project.gen()
        self.assertEqual(project.read("fbuild.lock"), text)
        # A newer default does not move what is pinned.
        newer = {"core": list(reversed(self.archives["core"]))}
        data_folder(project.env["FBUILD_DATA_DIR"], self.packages(**newer))
        project.gen("--locked")
        project.gen("--install")
        self.assertEqual(project.read("fbuild.lock"), text)
        # Nor does a version that is no longer declared.
        data_folder(project.env["FBUILD_DATA_DIR"], self.packages(core=newer["core"][:1]))
        project.gen("--locked")
        self.assertEqual(project.plan()["packages"][1]["version"], "1.8.0")
        # A pin stands above the system's own.
        project.env["PATH"] = "/usr/bin:/bin"
        project.gen("--locked")
        self.assertIn(self.store, os.readlink(project.path(".fbuild/build/packages/toolchain-atmelavr")))

    def test_the_next_ninja_follows_the_lock(self):
        project = self.bare_project()
        project.gen("--install")
        first = project.read("fbuild.lock")
        project.ninja()
        firmware = project.firmware()
        self.assertTrue(project.idle(), project.why)
        # Somebody else's change of the lock comes with a pull; what it pins is in the store.
        other = self.bare_project(UNO + "platform_packages = framework-arduino-avr @ 1.9.0\n")
        other.gen("--install")
        project.write("fbuild.lock", other.read("fbuild.lock").replace('      "wanted": "1.9.0",\n', ""))
        self.assertIn("more.c", project.ninja().out)
        self.assertTrue(project.idle(), project.why)
        project.write("fbuild.lock", first)
        project.ninja()
        self.assertEqual(project.firmware(), firmware)
        # --locked holds for what ninja generates anew.
        project.gen("--locked")
        project.edit("platformio.ini", "board = uno", "board = uno\nplatform_packages = framework-arduino-avr @ 1.9.0")
        run = project.ninja(status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("--locked", run.out)

    def test_a_shared_read_only_store_is_enough(self):
        project = self.bare_project()
        project.gen("--install")
        project.ninja()
        firmware = project.firmware()
        own = os.path.join(self.folder("store"))
        again = self.bare_project(store=own)
        again.env["FBUILD_CACHE_PATH"] = self.store
        self.server.asked()
        again.gen("--install", "--offline")
        again.ninja()
        self.assertEqual(again.firmware(), firmware)
        self.assertEqual(self.server.asked(), [])
        self.assertTrue(os.readlink(again.path(".fbuild/build/packages/toolchain-atmelavr")).startswith(self.store))
        self.assertEqual(os.listdir(os.path.join(own, "store-v1/trees")), [])

    def test_many_at_once_fetch_each_archive_once(self):
        store = os.path.join(self.folder("store"))
        projects = [self.bare_project(store=store) for _ in range(6)]
        self.server.asked()
        running = [subprocess.Popen([GEN, "-q", "--install"], cwd=p.dir, env=p.env, stderr=subprocess.PIPE) for p in projects]
        for process in running:
            self.assertEqual((process.communicate()[1], process.returncode), (b"", 0))
        self.assertEqual(sorted(self.server.asked()), ["/avr-gcc-5.4.tar.gz", "/core-1.8.tar.gz"])
        self.assertEqual(len({p.read("fbuild.lock") for p in projects}), 1)

    def test_a_tool_that_cannot_be_fetched_stops_no_build(self):
        gone = self.server.url + "avrdude.tar.gz"
        project = self.bare_project()
        tools = TOOLS.replace("    system: {program: avrdude, debian: avrdude}\n",
                              "    system: {program: avrdude, debian: avrdude}\n" + versions_text([("8", [("'*'", gone, b"x")])]))
        data_folder(project.env["FBUILD_DATA_DIR"], self.packages().replace(TOOLS, tools))
        run = project.gen("--install")
        self.assertIn("warning: package 'tool-avrdude' 8: " + gone, run.err)
        project.ninja()
        run = project.ninja("uno/upload", status=None)
        self.assertIn("fbuild-gen --install", run.out)
        # And one that can.
        tool = tar_gz([("bin/avrdude", b"#!/bin/sh\necho avrdude \"$@\"\n")])
        url = self.server.add("avrdude-8.tar.gz", tool)
        tools = tools.replace(gone, url).replace(sha256(b"x"), sha256(tool)).replace("size: 1\n", "size: %d\n" % len(tool))
        data_folder(project.env["FBUILD_DATA_DIR"], self.packages().replace(TOOLS, tools))
        project.gen("--install")
        self.assertEqual([p["version"] for p in self.lock(project) if p["name"] == "tool-avrdude"], ["8"])
        self.assertTrue(os.path.isfile(project.path(".fbuild/build/packages/tool-avrdude/bin/avrdude")))

    def test_locked_refuses_anything_else(self):
        project = self.bare_project()
        project.gen("--install")
        text = project.read("fbuild.lock")
        # Another archive under the same version.
        changed = [("1.8.0", [("'*'", self.core_url, self.other_core_data)])]
        data_folder(project.env["FBUILD_DATA_DIR"], self.packages(core=changed))
        self.assertError(project.gen("--locked", status=None), "atmelavr.yaml:", "--locked", "'framework-arduino-avr' 1.8.0", sha256(self.core_data)[:12])
        data_folder(project.env["FBUILD_DATA_DIR"], self.packages())
        project.gen("--locked")
        # A requirement that the pin does not fit.
        project.edit("platformio.ini", "board = uno", "board = uno\nplatform_packages = framework-arduino-avr @ ^1.9")
        self.assertError(project.gen("--locked", status=None), "platformio.ini:5", "--locked", "1.8.0", "^1.9")
        self.assertEqual(project.read("fbuild.lock"), text)
        project.gen("--install")
        project.gen("--locked")
        self.assertNotEqual(project.read("fbuild.lock"), text)
        # A pin for another kind of machine only.
        project.env[HERE] = "linux_riscv64"
        self.assertError(project.gen("--locked", status=None), "--locked", "'toolchain-atmelavr'", "linux_riscv64")

    def test_locked_with_the_systems_own(self):
        project = self.bare_project(core_folders="/usr/share/arduino/hardware/arduino/avr")
        project.env["PATH"] = "/usr/bin:/bin"
        project.gen("-q")
        self.assertFalse(project.exists("fbuild.lock"))
        project.gen("--install")
        self.assertEqual([(p["name"], p["installed"]) for p in self.lock(project)], [("framework-arduino-avr", True), ("toolchain-atmelavr", True)])
        project.gen("--locked")
        version = self.lock(project)[1]["version"]
        project.edit("fbuild.lock", '"%s"' % version, '"4.9.2"')
        self.assertError(project.gen("--locked", status=None), "--locked", "4.9.2", version)

    def test_a_lock_file_that_is_damaged(self):
        project = self.bare_project()
        project.gen("--install")
        good = project.read("fbuild.lock")
        for bad, parts in [("{", ["fbuild.lock:1", "JSON"]), ("{}", ["fbuild.lock", "version 1"]),
                           (good.replace('"sha256"', '"sha265"', 1), ["fbuild.lock", '"sha265"', "'sha256'"]),
                           (good.replace(sha256(self.core_data), "0" * 63), ["fbuild.lock", "'framework-arduino-avr'", "63 characters"]),
                           (good.replace('"strip": 1', '"strip": 2', 1), ["fbuild.lock", "strip"])]:
            with self.subTest(bad[:20]):
                project.write("fbuild.lock", bad)
                self.assertError(project.gen(status=None), *parts)
                self.assertError(project.gen("--locked", status=None), *parts)

    def test_a_url_of_the_project_is_trusted_once(self):
        url = self.server.add("mine.tar.gz", self.core_data)
        ini = UNO + "platform_packages = framework-arduino-avr @ %s\n" % url
        project = self.bare_project(ini, store=self.store)
        self.bare_project().gen("--install")
        self.assertError(project.gen(status=None), "platformio.ini:5", url, "fbuild-gen --install", "fbuild.lock")
        run = project.gen("--install")
        self.assertIn("warning: platformio.ini:5", run.err)
        self.assertIn(sha256(self.core_data), run.err)
        pin = [p for p in self.lock(project) if p["name"] == "framework-arduino-avr"]
        self.assertEqual([(p["url"], p["sha256"], p["size"]) for p in pin], [(url, sha256(self.core_data), len(self.core_data))])
        project.gen("--locked")
        project.ninja()
        self.server.asked()
        lock = project.read("fbuild.lock")
        project.write("fbuild.lock", lock.replace(url, url + "x"))
        self.assertError(project.gen("--install", "--locked", status=None), "platformio.ini:5", "--locked", "'framework-arduino-avr'")
        project.write("fbuild.lock", lock)
        # From now on anything else at that place is refused.
        self.server.add("mine.tar.gz", self.other_core_data)
        project.gen("--locked")
        self.assertEqual(self.server.asked(), [])
        project.env["FBUILD_CACHE_DIR"] = os.path.join(self.folder("store"))
        self.assertError(project.gen("--locked", status=None), "'toolchain-atmelavr'", "fbuild.lock")
        self.assertError(project.gen("--install", "-q", status=None), "'framework-arduino-avr'", url)
        # Without it, the pin of the URL is not taken for anything else.
        project.env["FBUILD_CACHE_DIR"] = self.store
        project.write("platformio.ini", UNO)
        project.gen()
        self.assertEqual({p["url"] for p in self.lock(project) if p["name"] == "framework-arduino-avr"}, {self.core_url})

    def test_urls_that_name_no_archive(self):
        for url, part in [("https://github.com/a/b.git", ".zip"), ("git+https://example.org/a.git", "git"),
                          ("https://user:secret@example.org/a.zip", "netrc"), ("https://example.org/a", ".tar.gz")]:
            with self.subTest(url):
                project = self.bare_project(UNO + "platform_packages = framework-arduino-avr @ %s\n" % url)
                self.assertError(project.gen("--install", status=None), "platformio.ini:5", part)

    def test_gc_spares_what_a_build_directory_uses(self):
        store = os.path.join(self.folder("store"))
        project = self.bare_project(store=store)
        project.gen("--install")
        entries = lambda: {e["kind"].split()[0]: e for e in json.loads(project.run([LNK, "cache", "--json"]).out)["entries"]}
        self.assertEqual(entries()["tree"]["pins"], 1)
        project.run([LNK, "gc", "--budget", "0"])
        self.assertEqual(set(entries()), {"tree"})
        project.ninja()
        project.gen("-q", "--offline")
        shutil.rmtree(project.path(".fbuild"))
        project.run([LNK, "gc", "--budget", "0"])
        self.assertEqual(entries(), {})

    def test_a_tree_that_was_evicted_is_said_to_be_missing(self):
        store = os.path.join(self.folder("store"))
        project = self.bare_project(store=store)
        project.gen("--install")
        project.ninja()
        firmware = project.firmware()
        shutil.rmtree(os.path.join(store, "store-v1/trees"))
        # The archives are there still: no network is needed.
        self.server.asked()
        project.gen("-q")
        project.ninja()
        self.assertTrue(project.idle())
        shutil.rmtree(store)
        run = project.ninja(status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("fbuild-gen --install", run.out)
        self.assertEqual(self.server.asked(), [])
        project.gen("--install", "--locked")
        project.ninja()
        self.assertEqual(project.firmware(), firmware)

    def test_the_build_directory_moves_to_another_store(self):
        project = self.bare_project(store=os.path.join(self.folder("store")))
        project.gen("--install")
        project.ninja()
        # Another machine: another home, the same packages.
        shutil.move(project.env["FBUILD_CACHE_DIR"], project.env["FBUILD_CACHE_DIR"] + "-2")
        project.env["FBUILD_CACHE_DIR"] += "-2"
        out = project.ninja().out
        self.assertNotIn("compile", out)
        self.assertTrue(project.idle())

    def test_changed_contents_of_the_installed_tree_rebuild(self):
        store = os.path.join(self.folder("store"))
        project = self.bare_project(store=store)
        project.gen("--install")
        project.ninja()
        path = project.path(".fbuild/build/packages/framework-arduino-avr/cores/arduino/main.cpp")
        os.chmod(path, 0o644)
        with open(path, "a") as out:
            out.write("\n// edited\n")
        project.env["FBUILD_WATCH_SET_CACHE_SECS"] = "0"
        self.assertIn("cores/arduino/main.cpp", project.ninja().out)


if __name__ == "__main__":
    unittest.main()
