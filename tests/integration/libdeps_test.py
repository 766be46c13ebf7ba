"""lib_deps end to end: a registry, git repositories and archives on loopback, the lock
file, and firmware that is the same as with the libraries copied into lib/."""

import io
import json
import os
import shutil
import tarfile
import unittest
import zipfile

from package_server import sha256
from project import UNO, Case
from registry_server import Registry, git, library_files, packed

MAIN = "#include <Arduino.h>\n%s\nvoid setup() {\n%s\n}\nvoid loop() {}\n"


def main_using(*names):
    return MAIN % ("".join("#include <%s.h>\n" % name for name in names), "".join("  %s();\n" % name for name in names))


def deps(*items):
    return UNO + "lib_deps =\n" + "".join("  %s\n" % item for item in items)


class LibDeps(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(cls, cls.folder("git"))

    def setUp(self):
        self.registry.packages.clear()
        self.registry.broken = None
        self.store = self.folder("store")
        self.registry.asked()

    def with_deps(self, *items, files=None, main=None, ini=None):
        project = self.project({"platformio.ini": ini or deps(*items), "src/main.cpp": main or MAIN % ("", ""), **(files or {})})
        project.env.update({"FBUILD_REGISTRY": self.registry.url, "FBUILD_CACHE_DIR": self.store, "FBUILD_FETCH_ATTEMPTS": "1",
                            "GIT_CONFIG_GLOBAL": "/dev/null"})
        return project

    def installed(self, *items, **more):
        project = self.with_deps(*items, **more)
        self.run_ = project.gen("--install")
        return project

    def lock(self, project):
        return json.loads(project.read("fbuild.lock")).get("libraries", [])

    def versions(self, project):
        return {item["name"]: item.get("version") for item in self.lock(project)}

    def downloads(self):
        return [path.rsplit("/", 1)[1] for path in self.registry.asked() if path.startswith("/download/")]

    # The whole of it

    def test_the_same_firmware_as_with_copies_in_lib(self):
        add = self.registry.add("alice", "Regi", "1.2.0", value=11, dependencies={"bob/Deep": "^1.0"}, calls="#include <Deep.h>\nstatic void x() __attribute__((used));\nstatic void x() { Deep(); }")
        deep = self.registry.add("bob", "Deep", "1.1.0", value=12)
        repository = self.registry.repository("Gitty.git", library_files("Gitty", value=13))
        self.registry.commit(repository, {"src/Gitty.cpp": "#error later than the tag\n"})
        local = library_files("Linked", value=14)
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for name, text in library_files("Zipped", value=15).items():
                archive.writestr("Zipped-master/" + name, text)
        self.registry.files["/Zipped.zip"] = zipped.getvalue()
        main = main_using("Regi", "Gitty", "Linked", "Zipped")
        project = self.installed("alice/Regi@^1", self.registry.url + "/git/Gitty.git#v1.0", "symlink://shared/Linked", self.registry.url + "/Zipped.zip",
                                 main=main, files={"shared/Linked/" + name: text for name, text in local.items()})
        self.assertIn("warning", self.run_.err)  # of the archive nobody vouches for
        self.assertIn(sha256(zipped.getvalue()), self.run_.err)
        project.ninja()
        self.assertTrue(project.idle(), project.why)
        plain = self.project({"platformio.ini": UNO, "src/main.cpp": main})
        for name in ("Regi", "Deep"):
            data = add if name == "Regi" else deep
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                archive.extractall(plain.path("lib", name))
        for name, value in (("Gitty", 13), ("Linked", 14), ("Zipped", 15)):
            for path, text in library_files(name, value=value).items():
                plain.write("lib/%s/%s" % (name, path), text)
        plain.build()
        self.assertEqual(project.firmware(), plain.firmware())
        self.assertEqual(sorted(project.plan()["libraries"]), ["Deep", "Gitty", "Linked", "Regi", "Zipped"])
        lock = {item["name"]: item for item in self.lock(project)}
        self.assertEqual(sorted(lock), ["Deep", "Gitty", "Regi", "Zipped"])
        self.assertEqual(lock["Regi"]["sha256"], sha256(add))
        self.assertEqual(lock["Gitty"]["commit"], git(repository, "rev-parse", "v1.0"))
        # Nothing that is built names the store, and it can be built elsewhere from the lock.
        graph = project.read(".fbuild/build/uno/graph.ninja") + project.read(".fbuild/build/uno/compile_commands.json")
        self.assertNotIn(self.store, graph)

    def test_a_second_machine_gets_the_same_bytes(self):
        self.registry.add("a", "One", "1.0.0")
        repository = self.registry.repository("Second.git", library_files("Second"))
        project = self.installed("a/One", self.registry.url + "/git/Second.git", main=main_using("One", "Second"))
        lock = project.read("fbuild.lock")
        self.registry.add("a", "One", "1.5.0", value=99)
        self.registry.commit(repository, {"src/Second.cpp": "#error newer\n"})
        self.store = self.folder("store")
        other = self.with_deps("a/One", self.registry.url + "/git/Second.git", main=main_using("One", "Second"), files={"fbuild.lock": lock})
        run = other.gen(status=None)
        self.assertError(run, "platformio.ini:", "'a/One'", "Second.git", "fbuild-gen --install")
        self.registry.asked()
        other.gen("--install", "--locked")
        self.assertEqual([path for path in self.registry.asked() if path.startswith("/v3")], [])
        self.assertEqual(other.read("fbuild.lock"), lock)
        for one in (project, other):
            one.ninja()
        self.assertEqual(project.firmware(), other.firmware())

    # Versions

    def test_version_choice(self):
        for version in ("2.0.0", "1.0.0", "1.9.0", "1.10.2", "1.10.3-rc.1", "0.9.0"):
            self.registry.add("a", "Lib", version)
        for wanted, chosen in (("a/Lib", "2.0.0"), ("a/Lib@^1", "1.10.3-rc.1"), ("a/Lib@~1.9", "1.9.0"), ("a/Lib@1.0.0", "1.0.0"), ("a/Lib @ >=1,<1.9.0", "1.0.0"),
                               ("A/lib@<1", "0.9.0"), ("Lib@^1", "1.10.3-rc.1"), ("Lib", "2.0.0"), ("id=100", "2.0.0"), ("100@~1.10", "1.10.3-rc.1"), ("a/Lib@<1.10.3", "1.10.2"),
                               ("a/Lib@1.10.3-rc.1", "1.10.3-rc.1")):
            with self.subTest(wanted):
                self.assertEqual(self.versions(self.installed(wanted)), {"Lib": chosen})
        project = self.with_deps("a/Lib@^3")
        self.assertError(project.gen("-q", "--install", status=None), "platformio.ini:6", "^3", "2.0.0, 1.10.3-rc.1, 1.10.2, 1.9.0")
        project = self.with_deps("a/Lib@one.two")
        self.assertError(project.gen("-q", "--install", status=None), "platformio.ini:6", "one.two")

    def test_requirements_are_met_together(self):
        for version in ("1.0.0", "1.4.0", "2.0.0"):
            self.registry.add("a", "Base", version)
        self.registry.add("a", "Top", "1.0.0", dependencies={"a/Base": "^1.0"})
        self.registry.add("a", "Old", "1.0.0", dependencies=[{"owner": "a", "name": "Base", "version": "<1.4"}])
        project = self.installed("a/Base", "a/Top")  # Base alone would be 2.0.0
        self.assertEqual(self.versions(project), {"Base": "1.4.0", "Top": "1.0.0"})
        project = self.installed("a/Top", "a/Old")
        self.assertEqual(self.versions(project)["Base"], "1.0.0")
        before = project.snapshot()
        project.write("platformio.ini", deps("a/Top", "a/Base@^2"))
        run = project.gen("-q", "--install", status=None)
        self.assertError(run, "platformio.ini:7", "'Base'", "lib_deps wants 'a/Base@^2'", "library 'Top' 1.0.0 wants 'a/Base@^1.0'", "2.0.0, 1.4.0, 1.0.0")
        after = project.snapshot()
        before["platformio.ini"] = after["platformio.ini"]
        self.assertEqual(after, before)
        # What lib_deps says of the place counts for all, and what does not suit is told.
        self.registry.repository("Base.git", library_files("Base", "2.1.0"))
        project = self.installed("a/Top", "Base=" + self.registry.url + "/git/Base.git", main=main_using("Base"))
        self.assertIn("library 'Top' 1.0.0 wants 'a/Base@^1.0'", self.run_.err)
        self.assertEqual(sorted(self.versions(project)), ["Base", "Top"])
        project.ninja()

    def test_environments_may_differ_and_share(self):
        for version in ("1.0.0", "2.0.0"):
            self.registry.add("a", "Lib", version, value=int(version[0]))
        self.registry.add("a", "Same", "1.0.0")
        ini = "[env]\nplatform = atmelavr\nframework = arduino\n" + "".join(
            "[env:%s]\nboard = uno\nlib_deps = a/Lib@%s, a/Same\n" % pair for pair in (("one", "^1"), ("two", "^2"), ("three", "^2")))
        project = self.installed(ini=ini, main=main_using("Lib", "Same"))
        self.assertEqual(sorted(self.downloads()), ["Lib-1.0.0.tar.gz", "Lib-2.0.0.tar.gz", "Same-1.0.0.tar.gz"])
        project.ninja()
        self.assertEqual(project.firmware("two"), project.firmware("three"))
        self.assertNotEqual(project.firmware("one"), project.firmware("two"))
        self.assertTrue(project.idle())
        # One environment alone leaves the others' pins and links.
        lock = project.read("fbuild.lock")
        project.gen("-e", "one")
        self.assertEqual(project.read("fbuild.lock"), lock)
        self.assertTrue(os.path.isdir(project.path(".fbuild/build/libdeps/a/Lib@2.0.0")))
        # What nobody uses any more goes.
        project.write("platformio.ini", ini.replace("^2", "^1"))
        project.gen()
        self.assertEqual(sorted(os.listdir(project.path(".fbuild/build/libdeps/a"))), ["Lib@1.0.0", "Lib@1.0.0.changed", "Same@1.0.0", "Same@1.0.0.changed"])
        self.assertEqual(self.versions(project), {"Lib": "1.0.0", "Same": "1.0.0"})

    def test_libraries_from_outside_are_compiled_once(self):
        """By whoever: an environment, another one, another project, a build from nothing."""
        self.registry.add("a", "Lib", "1.0.0")
        outside = self.folder("outside")
        for name, text in library_files("Ext").items():
            path = os.path.join(outside, "Ext", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        ini = ("[env]\nplatform = atmelavr\nframework = arduino\nboard = uno\nlib_deps = a/Lib\nlib_extra_dirs = %s\n[env:one]\n[env:two]\nbuild_type = release\n"
               "[env:other]\nbuild_flags = -DANYTHING\n" % outside)

        def compiled(project):
            project.env.pop("FBUILD_OBJECT_CACHE", None)
            project.ninja()
            names = [os.path.basename(path) for path in project.compiled() if "framework" not in path]
            return sorted(name for name in names if name != "main.cpp")

        project = self.installed(ini=ini, main=main_using("Lib", "Ext"))
        self.assertEqual(compiled(project), ["Ext.cpp"] * 2 + ["Lib.cpp"] * 2)  # for two kinds of flags
        self.assertEqual(project.firmware("one"), project.firmware("two"))
        self.assertTrue(project.idle(), project.why)
        other = self.installed(ini=ini.replace("[env:one]", "[env:mine]"), main=main_using("Lib", "Ext"))
        self.assertEqual(compiled(other), [])
        self.assertEqual(other.firmware("mine"), project.firmware("one"))
        shutil.rmtree(project.path(".fbuild"))
        project.gen("--offline")
        self.assertEqual(compiled(project), [])
        # It is the user's to edit.
        source = os.path.join(outside, "Ext/src/Ext.cpp")
        with open(source) as file:
            text = file.read()
        with open(source, "w") as file:
            file.write("static volatile int edited __attribute__((used)) = 1;\n" + text)
        self.assertEqual(compiled(project), ["Ext.cpp"] * 2)
        self.assertNotEqual(other.firmware("mine"), project.firmware("one"))
        self.assertTrue(project.idle(), project.why)

    def test_what_is_not_here_yet_is_told_of_all_environments(self):
        self.registry.add("a", "Lib", "1.0.0")
        project = self.with_deps(ini="[env]\nplatform = atmelavr\nframework = arduino\nboard = uno\n[env:one]\nlib_deps = a/Lib\n[env:none]\n"
                                     "[env:two]\nlib_deps =\n  a/Lib@^1\n  b/Other\n")
        run = project.gen(status=2)
        self.assertEqual(run.out, "")
        self.assertEqual([line.split("; ")[0] for line in run.err.splitlines() if not line.startswith(" ")], [
            "platformio.ini:6:1: environment 'one' needs libraries that are not here yet: 'a/Lib'",
            "platformio.ini:9:1: environment 'two' needs libraries that are not here yet: 'a/Lib@^1', 'b/Other'"])
        self.assertFalse(project.exists(".fbuild"))
        # Of those that are asked for.
        self.assertError(project.gen("-e", "one", status=None), "environment 'one'")

    def test_another_version_rebuilds(self):
        self.registry.add("a", "Lib", "1.0.0", value=1)
        self.registry.add("a", "Lib", "1.1.0", value=2)
        project = self.installed("a/Lib@1.0.0", main=main_using("Lib"))
        project.ninja()
        first = project.firmware()
        project.runs()
        project.write("platformio.ini", deps("a/Lib@1.1.0"))
        run = project.ninja(status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("fbuild-gen --install", run.out + run.err)
        project.gen("--install")
        project.ninja()
        self.assertNotEqual(project.firmware(), first)
        self.assertTrue(project.idle())
        # Back again: the older one is in the store, and lies older there than what was built.
        project.write("platformio.ini", deps("a/Lib@1.0.0"))
        project.gen("--install")
        project.ninja()
        self.assertEqual(project.firmware(), first)

    # The lock

    def test_a_lock_holds_as_long_as_it_suits(self):
        self.registry.add("a", "Lib", "1.0.0")
        project = self.installed("a/Lib@^1")
        self.registry.add("a", "Lib", "1.1.0")
        self.registry.asked()
        project.gen("--install")
        self.assertEqual(self.registry.asked(), [])
        self.assertEqual(self.versions(project), {"Lib": "1.0.0"})
        project.write("platformio.ini", deps("a/Lib@>1.0.0"))
        self.assertError(project.gen(status=None), "platformio.ini:5", "'a/Lib@>1.0.0'", "fbuild-gen --install")
        self.assertError(project.gen("-q", "--install", "--locked", status=None), "platformio.ini:6", "--locked", "1.0.0")
        project.gen("--install")
        self.assertEqual(self.versions(project), {"Lib": "1.1.0"})
        project.write("platformio.ini", deps("a/Lib", "a/Other"))
        self.assertError(project.gen("--locked", status=None), "platformio.ini:7", "does not pin library 'a/Other'")
        project.write("platformio.ini", deps("a/Lib", self.registry.url + "/git/x.git"))
        self.assertError(project.gen("--locked", status=None), "platformio.ini:7", "does not pin")
        project.write("fbuild.lock", project.read("fbuild.lock").replace('"sha256"', '"sha265"'))
        self.assertError(project.gen(status=None), "fbuild.lock", "sha265", "did you mean 'sha256'?")

    def test_a_version_that_was_taken_back(self):
        data = self.registry.add("a", "Lib", "1.1.0")
        self.registry.add("a", "Lib", "1.0.0")
        project = self.installed("a/Lib")
        lock = project.read("fbuild.lock")
        package = self.registry.packages["a", "lib"]
        package["versions"] = [v for v in package["versions"] if v["name"] != "1.1.0"]
        path = next(path for path in self.registry.files if "1.1.0" in path)
        # The lock still names it, and its archive is still there.
        self.store = self.folder("store")
        other = self.with_deps("a/Lib", files={"fbuild.lock": lock})
        other.gen("--install")
        self.assertEqual(self.versions(other), {"Lib": "1.1.0"})
        # Without a lock it is not chosen.
        self.assertEqual(self.versions(self.installed("a/Lib")), {"Lib": "1.0.0"})
        # Gone altogether: said with its name; what is in a store still builds.
        del self.registry.files[path]
        project.gen("--install")
        self.store = self.folder("store")
        other = self.with_deps("a/Lib", files={"fbuild.lock": lock})
        self.assertError(other.gen("-q", "--install", status=None), "platformio.ini:6", "library 'Lib' 1.1.0", "404")
        # Other bytes under its name are refused.
        self.registry.files[path] = data[:-8] + b"changed!"
        self.assertError(other.gen("-q", "--install", status=None), "library 'Lib' 1.1.0", "SHA-256")

    # Without a network

    def test_offline_and_registry_down(self):
        self.registry.add("a", "Lib", "1.0.0")
        project = self.installed("a/Lib", main=main_using("Lib"))
        self.registry.asked()
        shutil.rmtree(project.path(".fbuild"))
        project.gen("--offline")
        project.ninja()
        self.assertEqual(self.registry.asked(), [])
        fresh = self.with_deps("a/Lib")
        before = fresh.snapshot()
        self.assertError(fresh.gen(status=None), "platformio.ini:5", "environment 'uno' needs libraries that are not here yet: 'a/Lib'", "fbuild-gen --install")
        self.assertError(fresh.gen("-q", "--install", "--offline", status=None), "platformio.ini:6", "--offline")
        self.assertEqual(fresh.snapshot(), before)
        for broken, said in ((503, "503"), (500, "500"), (403, "403"), (b"<html>please log in</html>", "no JSON"), (b"[]", "no package"), (b"{\"name\": \"Lib\"}", "no owner"),
                             (b"{\"name\": \"Lib\", \"owner\": {\"username\": \"mallory\"}}", "mallory/Lib"), (b"\xff\xfe", "no JSON")):
            self.registry.broken = broken
            self.assertError(fresh.gen("-q", "--install", status=None), "platformio.ini:6", said)
            self.assertEqual(fresh.snapshot(), before)
        fresh.env["FBUILD_REGISTRY"] = "http://127.0.0.1:1"
        self.assertError(fresh.gen("-q", "--install", status=None), "platformio.ini:6", "127.0.0.1:1")
        # The next host in the list is asked.
        self.registry.broken = None
        fresh.env["FBUILD_REGISTRY"] += " " + self.registry.url + "/"
        fresh.gen("--install")
        self.assertEqual(self.versions(fresh), {"Lib": "1.0.0"})

    # Names

    def test_names_that_are_not_there(self):
        self.registry.add("bblanchon", "ArduinoJson", "7.0.0")
        self.registry.add("alice", "Other", "1.0.0")
        for wanted, suggestion in (("bblanchon/ArduinoJsom", "did you mean 'bblanchon/ArduinoJson'?"), ("arduino/ArduinoJson", "did you mean 'bblanchon/ArduinoJson'?"),
                                   ("ArduinoJsn@^7", "did you mean 'bblanchon/ArduinoJson'?"), ("zz/yy", "owner/name")):
            with self.subTest(wanted):
                project = self.with_deps("alice/Other", wanted)
                before = project.snapshot()
                self.assertError(project.gen("-q", "--install", status=None), "platformio.ini:7", "'%s'" % wanted, suggestion)
                self.assertEqual(project.snapshot(), before)
        # Libraries of the core and of the project are known without asking.
        for wanted, near in (("Wier", "Wire"), ("Mien", "Mine")):
            project = self.with_deps(wanted, files={"lib/Mine/Mine.h": ""})
            self.assertError(project.gen("-q", status=None), "platformio.ini:5", "'%s' (did you mean '%s'?)" % (wanted, near))
            self.assertError(project.gen("-q", "--install", status=None), "platformio.ini:6", "'%s'" % wanted, "did you mean '%s'?" % near)
        for wanted in ("id=999", "999"):
            self.assertError(self.with_deps(wanted).gen("-q", "--install", status=None), "platformio.ini:6", "999")

    def test_a_name_that_several_have(self):
        self.registry.add("first", "Twin", "1.0.0")
        self.registry.add("second", "Twin", "2.0.0")
        project = self.installed("Twin")
        self.assertIn("first/Twin, second/Twin", self.run_.err)
        self.assertEqual(self.lock(project)[0]["owner"], "first")
        project = self.installed("Twin@^2")  # which only the second has
        self.assertEqual(self.lock(project)[0]["owner"], "second")
        project = self.with_deps("first/Twin", "second/Twin")
        self.assertError(project.gen("-q", "--install", status=None), "platformio.ini:7", "two owners", "'first/Twin'", "'second/Twin'")
        # lib_deps says whose it is to those who depend on it.
        self.registry.add("x", "User", "1.0.0", dependencies={"second/Twin": "*"})
        project = self.installed("first/Twin", "x/User")
        self.assertIn("second/Twin", self.run_.err)
        self.assertEqual({item["name"]: item["owner"] for item in self.lock(project)}, {"Twin": "first", "User": "x"})

    def test_what_the_core_and_the_project_bring_along(self):
        self.registry.add("x", "User", "1.0.0", dependencies=[{"name": "Wire"}, {"name": "Mine"}])
        project = self.installed("SPI", "Mine", "x/User", files={"lib/Mine/Mine.h": ""}, main="#include <Arduino.h>\n#include <SPI.h>\nvoid setup() { SPI.begin(); }\nvoid loop() {}\n")
        self.assertEqual(self.versions(project), {"User": "1.0.0"})
        project.ninja()

    # Dependencies

    def test_dependencies_of_all_forms(self):
        self.registry.add("a", "D1", "1.0.0", files={"library.properties": "name=D1\nversion=1.0.0\ndepends=D2 (>=1.0.0), D3,Wire\n", "D1.h": ""})
        self.registry.add("a", "D2", "1.5.0", dependencies=[{"owner": "a", "name": "D4", "platforms": ["espressif32"]}, {"owner": "a", "name": "D5", "frameworks": "arduino"}])
        self.registry.add("a", "D3", "1.0.0", dependencies={"a/D1": "*"})  # a circle
        self.registry.add("a", "D4", "1.0.0")
        self.registry.add("a", "D5", "1.0.0", dependencies=["a/D6@^1", {"name": "NotThere"}, {"owner": "a", "name": "NorThis"}])
        self.registry.add("a", "D6", "1.2.0")
        project = self.installed("a/D1")
        self.assertEqual(self.versions(project), {"D1": "1.0.0", "D2": "1.5.0", "D3": "1.0.0", "D5": "1.0.0", "D6": "1.2.0"})
        self.assertIn("NorThis", self.run_.err)
        # Those of the project's own libraries.
        files = {"lib/Own/library.json": json.dumps({"name": "Own", "version": "1.0.0", "dependencies": {"a/D6": "^1"}}), "lib/Own/Own.h": "#include <D6.h>\n"}
        project = self.installed(ini=UNO, files=files, main="#include <Arduino.h>\n#include <Own.h>\nvoid setup() { D6(); }\nvoid loop() {}\n")
        self.assertEqual(self.versions(project), {"D6": "1.2.0"})
        project.ninja()

    def test_a_dependency_from_git(self):
        url = self.registry.url + "/git/Below.git"
        self.registry.repository("Below.git", library_files("Below"))
        self.registry.add("a", "Above", "1.0.0", dependencies={"Below": url + "#v1.0"}, calls="#include <Below.h>")
        project = self.installed("a/Above", main=main_using("Above"))
        self.assertEqual(sorted(self.versions(project)), ["Above", "Below"])
        project.ninja()
        # A stranger names no files of this machine.
        self.registry.add("a", "Thief", "1.0.0", dependencies={"Passwords": "file:///etc", "Ext": "symlink:///etc"})
        project = self.installed("a/Thief")
        self.assertEqual(self.versions(project), {"Thief": "1.0.0"})
        self.assertIn("names a place on this machine", self.run_.err)

    # Git

    def test_git_by_branch_tag_and_commit(self):
        folder = self.registry.repository("Refs.git", library_files("Refs", value=1))
        first = git(folder, "rev-parse", "HEAD")
        second = self.registry.commit(folder, library_files("Refs", value=2))
        git(folder, "branch", "side", first)
        git(folder, "tag", "-a", "-m", "x", "annotated", first)
        url = self.registry.url + "/git/Refs.git"
        for ref, commit in (("", second), ("#main", second), ("#side", first), ("#v1.0", first), ("#annotated", first), ("#" + first, first), ("#" + first[:9], first)):
            with self.subTest(ref):
                project = self.installed(url + ref, main=main_using("Refs"))
                self.assertEqual([item["commit"] for item in self.lock(project)], [commit])
        project = self.installed("git+file://" + folder + "#side", "Named=" + url + "#main")
        self.assertEqual({item["name"]: item["commit"] for item in self.lock(project)}, {"Refs": first, "Named": second})
        self.assertError(self.with_deps(url + "#nope").gen("-q", "--install", status=None), "platformio.ini:6", "no branch, tag or commit 'nope'")
        self.assertError(self.with_deps(self.registry.url + "/git/None.git").gen("-q", "--install", status=None), "platformio.ini:6", "None.git")
        self.assertError(self.with_deps(url + "#main", url + "#side").gen("-q", "--install", status=None), "two places")
        # A rewritten history.
        project = self.installed(url)
        lock = project.read("fbuild.lock")
        self.registry.remove("Refs.git")
        self.registry.repository("Refs.git", library_files("Refs", value=3))
        project.gen("--install")  # it is in the store
        self.store = self.folder("store")
        other = self.with_deps(url, files={"fbuild.lock": lock})
        self.assertError(other.gen("-q", "--install", status=None), "platformio.ini:6", second)

    def test_submodules(self):
        self.registry.repository("Inner.git", {"inner.h": "#define INNER 3\n"})
        folder = self.registry.repository("Outer.git", library_files("Outer", calls='#include "../parts/inner/inner.h"\nint inner = INNER;'))
        git(folder, "submodule", "add", "-q", os.path.join(self.registry.git_root, "Inner.git"), "parts/inner")
        with open(os.path.join(folder, ".gitmodules"), "w") as out:
            out.write('[submodule "i"]\n\tpath = parts/inner\n\turl = ../Inner.git\n')
        self.registry.commit(folder, {})
        project = self.installed(self.registry.url + "/git/Outer.git", main=main_using("Outer"))
        project.ninja()
        with open(os.path.join(folder, ".gitmodules"), "w") as out:
            out.write('[submodule "i"]\n\tpath = parts/inner\n\turl = /etc\n')
        self.registry.commit(folder, {})
        self.assertError(self.with_deps(self.registry.url + "/git/Outer.git").gen("-q", "--install", status=None), "submodule", "/etc")

    # What flags say of them

    def test_flags_name_the_folder_that_platformio_has(self):
        """However it is spelled; here the library is elsewhere. One that is ignored is there all the same."""
        files = {"library.json": '{"name": "Part", "version": "1.0.0"}', "include/part.h": "#define PART 1\n", "first.h": "#define FIRST 1\n"}
        self.registry.add("x", "Part", "1.0.0", files=files)
        main = "#include <part.h>\n#if !PART || !FIRST\n#error\n#endif\n" + MAIN % ("", "")
        for flag in ("-I${PROJECT_LIBDEPS_DIR}/${this.__env__}/Part/include", "-I$PROJECT_LIBDEPS_DIR/$PIOENV/Part/include",
                     "-I${platformio.libdeps_dir}/uno/Part/include", "-I.pio/libdeps/uno/Part/include",
                     "-I${PROJECT_WORKSPACE_DIR}/libdeps/${PIOENV}/Part/include"):
            for option in ("build_flags", "build_src_flags") if flag.startswith("-I.") else ("build_flags",):
                with self.subTest(flag, option=option):
                    ini = deps("x/Part") + "lib_ignore = Part\n%s = %s -include .pio/libdeps/uno/Part/first.h\n" % (option, flag)
                    project = self.installed(ini=ini, main=main)
                    self.assertIn('"-I.fbuild/build/libdeps/x/Part@1.0.0/include"', project.gen("--print-plan", "uno").out)
                    if flag.startswith("-I."):
                        project.ninja()
                        self.assertTrue(project.idle(), project.why)

    # Archives and folders

    def test_archives_of_all_kinds(self):
        files = library_files("Arch")
        for mode in ("gz", "bz2", "xz"):
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode="w:" + mode) as archive:
                for name, text in files.items():
                    info = tarfile.TarInfo("Arch-1/" + name)
                    info.size = len(text)
                    archive.addfile(info, io.BytesIO(text.encode()))
            self.registry.files["/arch.tar." + mode] = self.registry.files["/download/" + mode] = buffer.getvalue()
        for path in ("/arch.tar.gz", "/arch.tar.bz2", "/arch.tar.xz", "/download/gz", "/download/xz"):  # the last ones do not say what they are
            project = self.installed("Arch=" + self.registry.url + path, main=main_using("Arch"))
            self.assertEqual(self.lock(project)[0]["sha256"], sha256(self.registry.files[path]))
            project.gen()
        self.registry.files["/page"] = b"<html></html>"
        self.assertError(self.with_deps(self.registry.url + "/page").gen("-q", "--install", status=None), "platformio.ini:6", "no archive")
        project = self.with_deps("file://vendor/arch.tar.gz", main=main_using("Arch"), files={"vendor/arch.tar.gz": self.registry.files["/arch.tar.gz"]})
        project.gen("--offline")
        project.ninja()
        self.assertTrue(project.idle(), project.why)
        self.assertEqual(self.lock(project) if project.exists("fbuild.lock") else [], [])
        project.write("vendor/arch.tar.gz", packed(library_files("Arch", value=77), "Arch-2/"))
        before = project.firmware()
        project.ninja()
        self.assertNotEqual(project.firmware(), before)

    def test_hostile_archives(self):
        def archive(*members):
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode="w:gz") as out:
                for name, kind, text in members:
                    info = tarfile.TarInfo(name)
                    info.type = kind
                    if kind == tarfile.SYMTYPE:
                        info.linkname = text
                        out.addfile(info)
                    else:
                        info.size = len(text)
                        out.addfile(info, io.BytesIO(text.encode()))
            return buffer.getvalue()

        for members in ([("../out.h", tarfile.REGTYPE, "x")], [("/abs.h", tarfile.REGTYPE, "x")], [("l", tarfile.SYMTYPE, "/etc"), ("l/x.h", tarfile.REGTYPE, "x")],
                        [("l", tarfile.SYMTYPE, "../../..")]):
            self.registry.packages.clear()
            self.registry.add("a", "Evil", "1.0.0", data=archive(("library.json", tarfile.REGTYPE, "{}"), *members))
            project = self.with_deps("a/Evil")
            before = project.snapshot()
            self.assertError(project.gen("-q", "--install", status=None), "platformio.ini:6", "library 'Evil' 1.0.0")
            self.assertEqual(project.snapshot(), before)
        # A digest that does not fit, names that lead elsewhere.
        self.registry.add("a", "Wrong", "1.0.0", checksum="0" * 64)
        self.assertError(self.with_deps("a/Wrong").gen("-q", "--install", status=None), "SHA-256")
        self.registry.add("a", "Deep", "1.0.0", files={**library_files("Deep"), "library.json": json.dumps({"name": "../../../up", "version": "../1"})})
        project = self.installed("a/Deep", main=main_using("Deep"))
        project.ninja()
        self.assertEqual(os.listdir(project.path(".fbuild/build/libdeps")), ["a"])

    def test_folders(self):
        files = {"parts/Fold/" + name: text for name, text in library_files("Fold").items()}
        for item in ("symlink://parts/Fold", "file://parts/Fold", "parts/Fold", "./parts/Fold", "Fold=symlink://parts/Fold"):
            with self.subTest(item):
                project = self.with_deps(item, main=main_using("Fold"), files=files)
                project.gen()
                project.ninja()
                self.assertTrue(project.idle())
                project.runs()
                project.edit("parts/Fold/src/Fold.cpp", "= 1", "= 5")
                project.ninja()
                self.assertEqual(project.compiled(), ["parts/Fold/src/Fold.cpp"])
        for item in ("symlink://nowhere", "file://nowhere", "symlink://platformio.ini"):
            self.assertError(self.with_deps(item).gen("-q", "--install", status=None), "platformio.ini:6", "'%s'" % item)
        outside = self.folder("outside")
        for name, text in library_files("Out").items():
            os.makedirs(os.path.dirname(os.path.join(outside, name)), exist_ok=True)
            with open(os.path.join(outside, name), "w") as out:
                out.write(text)
        project = self.with_deps("symlink://" + outside, main=main_using("Out"))
        project.gen()
        project.ninja()

    def test_bad_items(self):
        for item, part in (("hg+https://example.com/x", "hg"), ("ftp://example.com/x.zip", "ftp"), ("https://user:secret@example.com/x.zip", "user"),
                           ("ssh://example.com/x", "ssh"), ("symlink://", "symlink")):
            with self.subTest(item):
                project = self.with_deps(item)
                before = project.snapshot()
                self.assertError(project.gen("-q", "--install", status=None), "platformio.ini:6", part)
                self.assertEqual(project.snapshot(), before)


if __name__ == "__main__":
    unittest.main()
