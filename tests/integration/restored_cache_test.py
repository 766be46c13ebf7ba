"""A fresh clone with the build directory of an earlier run, as CI systems restore it: with
the times of files as they were, rounded to seconds or two, or lost altogether. The clone's
own files are all new. What is compiled is counted.
"""
import glob
import os
import shutil
import subprocess
import time
import unittest

from gate_project import BUILD, Workshop

CACHED = ".fbuild"


def tar(source, target):
    subprocess.run(["tar", "-C", source, "-cf", target + ".tar", CACHED], check=True)
    subprocess.run(["tar", "-C", target, "-xf", target + ".tar"], check=True)


def tar_to_seconds(source, target):
    """The old format has no fractions of seconds."""
    subprocess.run(["tar", "-C", source, "--format=ustar", "-cf", target + ".tar", CACHED], check=True)
    subprocess.run(["tar", "-C", target, "-xf", target + ".tar"], check=True)


def zip_to_two_seconds(source, target):
    """-X: without the extra fields, of which one has the time to the second."""
    subprocess.run(["zip", "-qryX", target + ".zip", CACHED], cwd=source, check=True)
    subprocess.run(["unzip", "-qo", target + ".zip"], cwd=target, check=True)


def without_times(source, target):
    """All files are as new as the clone's."""
    shutil.copytree(os.path.join(source, CACHED), os.path.join(target, CACHED), symlinks=True, copy_function=shutil.copy)


WAYS = {"tar": tar, "tar to seconds": tar_to_seconds, "zip": zip_to_two_seconds, "no times": without_times}


class RestoredCache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = Workshop("fbuild-cache-")
        cls.addClassCleanup(cls.shop.close)
        # Nothing that was compiled may come from elsewhere.
        cls.shop.env["FBUILD_OBJECT_CACHE"] = "off"
        cls.shop.env["CI"] = "true"
        del cls.shop.env["FBUILD_RESTORE_MTIMES"]
        cls.first = cls.shop.project("first")
        cls.git(cls.first, "init", "-q")
        cls.first.write(".gitignore", ".fbuild/\nbuild.ninja\ncompile_commands.json\n")
        cls.git(cls.first, "add", "-A")
        cls.git(cls.first, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm", "all")
        cls.first.gen("-q")
        cls.ninja(cls.first)
        cls.ninja(cls.first)
        cls.number = 0

    @staticmethod
    def git(project, *arguments):
        return project.run("git", *arguments)

    @staticmethod
    def ninja(project, *arguments):
        """(compiles, links)"""
        if os.path.exists(project.log):
            os.unlink(project.log)
        done = project.run("ninja", *arguments)
        with open(project.log) if os.path.exists(project.log) else open(os.devnull) as log:
            words = [line.split() for line in log]
        compilers = [w for w in words if w[0] in ("avr-gcc", "avr-g++") and "-o" in w]
        return sum("-c" in w for w in compilers), sum("-c" not in w for w in compilers), done.stdout

    def clone(self, way):
        RestoredCache.number += 1
        project = self.shop.project("clone%d" % self.number, {"x": ""})
        os.unlink(project.path("x"))
        self.git(project, "clone", "-q", self.first.dir, ".")
        WAYS[way](self.first.dir, project.dir)
        return project

    def expect(self, project, compiles, links):
        done = self.ninja(project)
        self.assertEqual(done[:2], (compiles, links), done[2])
        self.assertEqual(project.difference(), "")
        self.assertEqual(self.ninja(project)[:2], (0, 0))

    def each_way(self, edit, compiles, links, before=True):
        for way in WAYS:
            with self.subTest(way):
                project = self.clone(way)
                if before:
                    edit(project)
                project.gen("-q")
                if not before:
                    edit(project)
                self.expect(project, compiles, links)

    def test_nothing_changed(self):
        self.each_way(lambda project: None, 0, 0)

    def test_one_source(self):
        self.each_way(lambda project: project.edit("src/a.cpp", "return A_VALUE", "return A_VALUE + 1"), 2, 2)

    def test_one_source_after_generating(self):
        self.each_way(lambda project: project.edit("src/a.cpp", "return A_VALUE", "return A_VALUE + 1"), 2, 2, before=False)

    def test_a_header_that_two_sources_use(self):
        self.each_way(lambda project: project.edit("include/a.h", "A_VALUE 1", "A_VALUE 5"), 4, 2)

    def test_a_comment_in_the_ini(self):
        self.each_way(lambda project: project.edit("platformio.ini", "[env]\n", "; a comment\n[env]\n"), 0, 0)

    def test_an_option_of_one_environment(self):
        # Its own sources and its library.
        def edit(project):
            project.edit("platformio.ini", "board = uno\n", "board = uno\nbuild_src_flags = -DMORE\n")
        self.each_way(edit, 3, 1)

    def test_a_source_added(self):
        self.each_way(lambda project: project.write("src/more.cpp", "int more() { return 1; }\n"), 2, 2)

    def test_a_source_deleted_and_another_edited(self):
        def edit(project):
            os.unlink(project.path("src/b.cpp"))
            project.edit("src/main.cpp", "a() + b()", "a()")
        self.each_way(edit, 2, 2)

    def test_the_time_is_put_back_only_where_ci_is(self):
        project = self.clone("no times")
        project.env["CI"] = ""
        project.gen("-q")
        self.expect(project, 0, 0)  # contents are the same

    def test_a_cache_that_lost_a_file(self):
        """What is missing is made again, and nothing else."""
        shared = os.path.relpath(glob.glob(self.first.path(BUILD, "shared/*/"))[0], self.first.path(BUILD))
        core = os.path.relpath(sorted(glob.glob(self.first.path(BUILD, shared, "**/*.o"), recursive=True))[0], self.first.path(BUILD))
        archive = os.path.relpath(glob.glob(self.first.path(BUILD, shared, "*.a"))[0], self.first.path(BUILD))
        objects = ["uno/src/a.cpp.o", core]
        for way in WAYS:
            for lost, edit, compiles, links in ((["uno/firmware.elf"], False, 0, 1), (["uno/firmware.hex"], False, 0, 0),
                                                (objects + [archive], False, 0, 0),  # nothing asks for them
                                                (objects, True, 4, 2), ([archive, "uno/firmware.hex"], True, 2, 2)):
                with self.subTest("%s: %s" % (way, lost)):
                    project = self.clone(way)
                    for name in lost:
                        os.unlink(project.path(BUILD, name))
                    if edit:  # one compile and one link in each of two environments
                        project.edit("src/b.cpp", "return B_VALUE", "return B_VALUE + 1")
                    project.gen("-q")
                    self.expect(project, compiles, links)

    def test_a_cache_with_a_file_that_broke_off(self):
        for way in ("tar", "zip"):
            project = self.clone(way)
            with open(project.path(BUILD, "uno/firmware.elf"), "r+b") as file:
                file.truncate(1000)
            project.gen("-q")
            self.expect(project, 0, 1)

    def test_a_cache_of_a_build_that_kept_diagnostics(self):
        self.first.gen("-q", "--keep-diagnostics")
        self.ninja(self.first)
        self.first.edit("src/b.cpp", "return B_VALUE", "return 1 * B_VALUE")
        self.ninja(self.first)
        project = self.clone("zip")
        self.first.edit("src/b.cpp", "return 1 * B_VALUE", "return B_VALUE")
        self.ninja(self.first)
        self.first.gen("-q")
        self.ninja(self.first)
        project.gen("-q")
        project.edit("src/b.cpp", "return B_VALUE", "return 2 * B_VALUE")
        self.expect(project, 2, 2)

    def test_a_cache_that_lost_its_table(self):
        """Nothing is known of what the objects were made from: all is compiled, once."""
        project = self.clone("tar")
        os.unlink(project.path(BUILD, "watch.table"))
        project.gen("-q")
        done = self.ninja(project)
        self.assertEqual(project.difference(), "")
        self.assertEqual(self.ninja(project)[:2], (0, 0))
        self.assertGreater(done[0], 0)

    def test_a_cache_of_another_commit(self):
        """What changed between the two commits is compiled, and nothing else."""
        project = self.clone("zip")
        self.git(project, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qam", "x", "--allow-empty")
        project.edit("src/b.cpp", "return B_VALUE", "return B_VALUE * 3")
        project.edit("include/unused.h", "UNUSED 1", "UNUSED 2")
        self.git(project, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qam", "y")
        project.gen("-q")
        self.expect(project, 2, 2)


if __name__ == "__main__":
    unittest.main()
