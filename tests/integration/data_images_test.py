"""Data images: the project's data folder with its .lnk files resolved, packed by what the
platform file says. Here that is tar, which anyone can unpack again."""

import io
import os
import shutil
import tarfile
import unittest

from package_server import REPOSITORY, Server, lnk_text, tar_gz
from project import Case, SMALL, UNO

ACTIONS = """
actions:
  - name: buildfs
    rule: pack
    data: true
    out: data.tar
    arguments: ["{data} {out}"]
  - name: uploadfs
    rule: send
    in: data.tar
    arguments: ["{file}"]
"""
RULES = """
rule pack
  command = $data && set -- $arguments && tar -C $$1 --sort=name -cf $$2 .
rule send
  command = cp $arguments sent.tar
"""


class DataImages(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(cls)
        cls.store = os.path.join(cls.temporary, "cache")
        cls.data_dir = os.path.join(cls.temporary, "platform-data")
        os.makedirs(os.path.join(cls.data_dir, "platforms"))
        with open(os.path.join(REPOSITORY, "platforms/atmelavr.yaml")) as file:
            text = file.read()
        begin = text.index("\nactions:\n")
        end = text.index("\nboards:\n")
        with open(os.path.join(cls.data_dir, "platforms/atmelavr.yaml"), "w") as out:
            out.write(text[:begin] + ACTIONS + text[end:])
        shutil.copytree(os.path.join(REPOSITORY, "templates"), os.path.join(cls.data_dir, "templates"))
        with open(os.path.join(cls.data_dir, "templates/avr.ninja"), "a") as out:
            out.write(RULES)

    def make(self, files, ini=UNO, images=True):
        project = self.project({"platformio.ini": ini, "src/main.cpp": SMALL, **files})
        project.env.update({"FBUILD_CACHE_DIR": self.store, "FBUILD_FETCH_ATTEMPTS": "1"})
        if images:
            project.env["FBUILD_DATA_DIR"] = self.data_dir
        return project

    def lnk(self, name, data, **more):
        return lnk_text(self.server.add(name, data), data, **more)

    def content(self, project, path=".fbuild/build/uno/data.tar"):
        with tarfile.open(project.path(path)) as archive:
            return {m.name[2:]: archive.extractfile(m).read() for m in archive.getmembers() if m.isfile()}

    def test_linked_files_are_in_the_image(self):
        project = self.make({"data/index.html": "<p>", "data/img/logo.png.lnk": self.lnk("logo", b"\x89PNG\0logo"),
                             "data/img/x": "x", "data/.hidden": "h", "data/.lnk": "no manifest", "data/.git/config": "no"})
        project.gen()
        self.server.asked()
        project.ninja("uno/buildfs")
        expected = {"index.html": b"<p>", "img/logo.png": b"\x89PNG\0logo", "img/x": b"x", ".hidden": b"h", ".lnk": b"no manifest"}
        self.assertEqual(self.content(project), expected)
        self.assertEqual(self.server.asked(), ["/logo"])
        # The firmware is another matter.
        self.assertFalse(project.exists(".fbuild/build/uno/firmware.elf"))
        project.ninja("uno/uploadfs")
        self.assertEqual(self.content(project, "sent.tar"), expected)
        self.assertFalse(project.exists(".fbuild/build/uno/firmware.elf"))
        self.assertEqual(self.server.asked(), [])

    def test_edits_reach_it_with_and_without_a_clean_environment(self):
        project = self.make({"data/a": "1", "data/b": "2", "data/c.lnk": self.lnk("c1", b"c")})
        for built in (False, True):
            with self.subTest(built):
                project.gen()
                if built:
                    project.ninja()
                    self.assertTrue(project.idle(), project.why)
                project.write("data/a", "1")
                project.write("data/b", "2")
                project.ninja("uno/uploadfs")
                self.assertEqual(self.content(project, "sent.tar"), {"a": b"1", "b": b"2", "c": b"c"})
                project.write("data/a", "new")
                os.utime(project.path("data/a"), (1, 1))  # older than anything
                project.remove("data/b")
                project.write("data/c.lnk", self.lnk("c2", b"other"))
                project.ninja("uno/uploadfs")
                self.assertEqual(self.content(project, "sent.tar"), {"a": b"new", "c": b"other"})
                project.write("data/c.lnk", self.lnk("c1", b"c"))
        # None of it is an input of the firmware.
        self.assertTrue(project.idle(), project.why)

    def test_an_archive_becomes_a_folder(self):
        packed = tar_gz([("index.html", b"<p>"), ("js/app.js", b"js")], "")
        project = self.make({"data/www.lnk": self.lnk("www.tar.gz", packed, extract="tar.gz")})
        project.gen()
        project.ninja("uno/buildfs")
        self.assertEqual(self.content(project), {"www/index.html": b"<p>", "www/js/app.js": b"js"})

    def test_a_real_file_wins_with_a_warning(self):
        project = self.make({"data/a": "real", "data/a.lnk": self.lnk("a", b"linked")})
        project.gen()
        run = project.ninja("uno/buildfs")
        self.assertIn("warning: data/a.lnk: 'data/a' is there itself", run.out)
        self.assertEqual(self.content(project), {"a": b"real"})

    def test_what_is_wrong_leaves_the_last_image(self):
        project = self.make({"data/a": "1"})
        project.gen()
        project.ninja("uno/buildfs")
        for files, parts in [({"data/b.lnk": "[]"}, ["data/b.lnk:1"]),
                             ({"data/b.lnk": lnk_text(self.server.url + "gone", b"x")}, ["data/b.lnk: ", "404"]),
                             ({"data/b.lnk": self.lnk("b", b"x").replace('"size": 1', '"size": 2')}, ["data/b.lnk: ", "2"])]:
            with self.subTest(parts):
                for path, text in files.items():
                    project.write(path, text)
                run = project.ninja("uno/uploadfs", status=None)
                self.assertNotEqual(run.status, 0)
                for part in parts:
                    self.assertIn(part, run.out + run.err)
                self.assertEqual(self.content(project), {"a": b"1"})
                self.assertEqual(sorted(os.listdir(project.path(".fbuild/build/uno/data"))), ["a"])
                self.assertFalse(project.exists("sent.tar"))
                for path in files:
                    project.remove(path)
        os.symlink("nowhere", project.path("data/link"))
        run = project.ninja("uno/buildfs", status=None)
        self.assertIn("data/link: the link leads nowhere", run.out + run.err)
        project.remove("data/link")
        os.symlink(".", project.path("data/loop"))
        run = project.ninja("uno/buildfs", status=None)
        self.assertIn("data/loop: the link leads back", run.out + run.err)
        shutil.rmtree(project.path("data"))
        run = project.ninja("uno/buildfs", status=None)
        self.assertIn("data: no such file or folder", run.out + run.err)

    def test_data_dir_and_offline(self):
        project = self.make({"web/a.lnk": self.lnk("never", b"never fetched")}, "[platformio]\ndata_dir = web\n" + UNO)
        self.server.asked()
        project.gen("--offline")
        run = project.ninja("uno/buildfs", status=None)
        self.assertIn("web/a.lnk", run.out + run.err)
        self.assertEqual(self.server.asked(), [])
        project.gen()
        project.ninja("uno/buildfs")
        self.assertEqual(self.content(project), {"a": b"never fetched"})
        project.ninja("uno/clean")
        self.assertFalse(project.exists(".fbuild/build/uno/data"))
        self.assertFalse(project.exists(".fbuild/build/uno/data.tar"))

    def test_the_copy_is_no_way_back(self):
        project = self.make({"data/a.lnk": self.lnk("big", b"big" * 1000000), "data/b": "b"})
        project.gen()
        project.ninja("uno/buildfs")
        for name in ("a", "b"):
            with open(project.path(".fbuild/build/uno/data", name), "r+b") as file:
                file.write(b"XXX")
        project.ninja("uno/buildfs")
        self.assertEqual(self.content(project), {"a": b"big" * 1000000, "b": b"b"})
        self.assertEqual(project.read("data/b"), "b")

    def test_another_file_system_or_protocol_than_the_platform_knows(self):
        data = self.data_dir
        path = os.path.join(data, "platforms/atmelavr.yaml")
        with open(path) as file:
            text = file.read()

        def restore():
            with open(path, "w") as out:
                out.write(text)

        self.addCleanup(restore)
        with open(path, "w") as out:
            out.write(text.replace("    rule: pack\n", "    rule: pack\n    when: {build.filesystem: [tarfs, cpiofs]}\n")
                      .replace("    rule: send\n", "    rule: send\n    when: {upload.protocol: [wire]}\n"))
        project = self.make({"data/a": "1"}, UNO + "board_build.filesystem = tarfz\n")
        run = project.gen()
        self.assertIn("warning: platformio.ini:5:1: 'board_build.filesystem' has no effect: platform 'atmelavr' makes no "
                      "data images of file system 'tarfz'; did you mean 'tarfs'?", run.err)
        self.assertIn("'tarfz'", project.ninja("uno/buildfs", status=None).out)
        project.edit("platformio.ini", "tarfz", "cpiofs")
        self.assertEqual(project.gen().err.count("warning"), 0)
        project.ninja("uno/buildfs")
        run = project.ninja("uno/uploadfs", status=None)
        self.assertIn("cannot write data images with upload_protocol 'arduino'; it can with wire", run.out)

    def test_a_platform_without_images_says_so(self):
        project = self.make({"data/a": "1"}, UNO + "board_build.filesystem = littlefs\n", images=False)
        run = project.gen()
        self.assertIn("warning: platformio.ini:5:1: 'board_build.filesystem' has no effect: platform 'atmelavr' makes no data images", run.err)
        for target in ("uno/buildfs", "uno/uploadfs"):
            run = project.ninja(target, status=None)
            self.assertIn("error: platform 'atmelavr' makes no data images", run.out + run.err)
        project.build()

    def test_what_nobody_asked_for_says_why_it_cannot_be(self):
        """Built or not; and the files that a build with nothing to do loads do not know of it."""
        project = self.make({}, UNO + "board_debug.simavr_target =\n", images=False)
        project.gen()
        for i in range(2):
            for target in ("uno/buildfs", "uno/uploadfs"):
                self.assertIn("error: platform 'atmelavr' makes no data images", project.ninja(target, status=None).out)
            self.assertIn("error: no emulator is known for board 'uno'; one that 'tool-simavr' knows can be named with "
                          "'board_debug.simavr_target = ...'", project.ninja("uno/emulate", status=None).out)
            project.ninja()
        for name in ("names.ninja", "targets.json"):
            with open(project.path(".fbuild/build", name)) as file:
                text = file.read()
            self.assertIn("upload", text)
            for action in ("buildfs", "uploadfs", "emulate"):
                self.assertNotIn(action, text)


if __name__ == "__main__":
    unittest.main()
