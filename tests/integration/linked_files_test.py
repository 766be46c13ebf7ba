"""NAME.ext.lnk in src, include and lib behaves as if NAME.ext lay beside it. The judge is
the same project with the files themselves: the same program comes out of both."""

import os
import shutil
import unittest

from package_server import Server, lnk_text
from project import BIN, Case, UNO


class LinkedFiles(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(cls)
        cls.store = os.path.join(cls.temporary, "cache")
        cls.served = 0

    def lnk(self, text):
        """A manifest for `text`, which is served."""
        data = text if isinstance(text, bytes) else text.encode()
        LinkedFiles.served += 1
        return lnk_text(self.server.add("file-%d" % self.served, data), data)

    def make(self, files, linked, ini=UNO):
        """A project in which the files named in `linked` are .lnk files."""
        made = {}
        for path, text in files.items():
            if path in linked:
                made[path + ".lnk"] = self.lnk(text)
            else:
                made[path] = text
        project = self.project({"platformio.ini": ini, **made})
        project.env.update({"FBUILD_CACHE_DIR": self.store, "FBUILD_FETCH_ATTEMPTS": "1"})
        del project.env["FBUILD_OBJECT_CACHE"]  # the core is compiled once for all of these
        return project

    def check(self, files, linked, ini=UNO):
        """Both ways of having the files build the same; returns the project with links."""
        plain = self.make(files, [], ini)
        plain.build()
        project = self.make(files, linked, ini)
        project.build()
        self.assertEqual(project.firmware(), plain.firmware())
        self.assertTrue(project.idle(), project.why)
        return project

    MAIN = '#include <Arduino.h>\n%s\nvolatile int sink;\nvoid setup() { sink = %s; }\nvoid loop() {}\n'

    def test_headers(self):
        self.check({"src/main.cpp": self.MAIN % ('#include "a.h"\n#include "sub/b.h"\n#include <c.h>\n#include <deep/d.h>', "A + B + C + D"),
                    "src/a.h": "#define A 1\n", "src/sub/b.h": "#define B 20\n", "include/c.h": "#define C 300\n",
                    "include/deep/d.h": "#define D 4000\n"},
                   ["src/a.h", "src/sub/b.h", "include/c.h", "include/deep/d.h"])

    def test_a_header_beside_the_file_that_includes_it(self):
        files = {"src/main.cpp": self.MAIN % ('#include "sub/outer.h"\nint f();', "OUTER + f()"),
                 # found from a real header, in its own folder and nowhere else
                 "src/sub/outer.h": '#include "inner.h"\n#define OUTER INNER\n',
                 "src/sub/inner.h": "#define INNER 7\n",
                 # from a real source
                 "src/sub/f.cpp": '#include "inner.h"\n#include "real.h"\nint f() { return INNER * REAL; }\n',
                 "src/sub/real.h": "#define REAL 11\n"}
        for linked in (["src/sub/inner.h"], ["src/sub/outer.h"], ["src/sub/f.cpp"], ["src/sub/outer.h", "src/sub/inner.h"],
                       ["src/sub/f.cpp", "src/sub/inner.h"], ["src/sub/real.h", "src/sub/outer.h", "src/sub/f.cpp"]):
            with self.subTest(linked):
                self.check(files, linked)

    def test_the_order_of_search(self):
        # The same name in several folders: the first counts, linked or not.
        files = {"src/main.cpp": self.MAIN % ("#include <x.h>", "X"), "include/x.h": "#define X 1\n", "src/x.h": "#define X 2\n",
                 "lib/l/x.h": "#define X 3\n"}
        for linked in (["include/x.h"], ["src/x.h"], ["include/x.h", "src/x.h"], ["lib/l/x.h"], ["include/x.h", "src/x.h", "lib/l/x.h"]):
            with self.subTest(linked):
                self.check(files, linked)

    def test_sources(self):
        files = {"src/main.cpp": self.MAIN % ('extern "C" int c(); int cpp(); extern "C" int s();', "c() + cpp() + s()"),
                 "src/c.c": "int c(void) { return 1; }\n", "src/sub/cpp.cpp": '#include "local.h"\nint cpp() { return LOCAL; }\n',
                 "src/sub/local.h": "#define LOCAL 2\n", "src/s.S": ".global s\ns: ldi r24, 3\n ldi r25, 0\n ret\n"}
        for linked in (["src/c.c"], ["src/sub/cpp.cpp"], ["src/s.S"], ["src/c.c", "src/sub/cpp.cpp", "src/s.S", "src/main.cpp", "src/sub/local.h"]):
            with self.subTest(linked):
                project = self.check(files, linked)
        self.assertIn(".fbuild/build/uno/lnk/src/sub/cpp.cpp", project.read(".fbuild/build/uno/compile_commands.json"))

    def test_the_source_filter_takes_names_as_they_stand_for(self):
        files = {"src/main.cpp": self.MAIN % ("int f();", "f()"), "src/yes.cpp": "int f() { return 1; }\n", "src/no.cpp": "int f() { return 2; }\n",
                 "src/off/no.cpp": "int f() { return 3; }\n"}
        everything = list(files)[1:]
        for filter in ("+<*> -<no.cpp> -<off/>", "+<main.cpp> +<yes.cpp>", "+<*> -<**/no.*>", "+<*.cpp> -<n*>", "+<[my]*.cpp>"):
            with self.subTest(filter):
                self.check(files, everything, UNO + "build_src_filter = %s\n" % filter)

    def test_libraries(self):
        files = {"src/main.cpp": self.MAIN % ("#include <one.h>", "one()"),
                 "lib/one/src/one.h": "#pragma once\n#include <two.h>\nint one();\n", "lib/one/src/one.cpp": '#include "one.h"\nint one() { return two() + 1; }\n',
                 "lib/two/two.h": "#pragma once\nint two();\n", "lib/two/two.c": "#include \"private/p.h\"\n", "lib/two/private/p.h": "",
                 "lib/two/two.cpp": '#include "two.h"\n#include "private/p.h"\nint two() { return 2; }\n',
                 "lib/unused/unused.h": "#error\n", "lib/unused/unused.cpp": "#error\n"}
        for linked in (["lib/one/src/one.h"], ["lib/one/src/one.cpp"], ["lib/two/two.h"], ["lib/two/private/p.h"], ["src/main.cpp"],
                       list(files)):
            with self.subTest(linked):
                self.check(files, linked)

    def test_nothing_is_fetched_for_a_library_that_is_not_used(self):
        project = self.make({"src/main.cpp": self.MAIN % ("", "1"), "lib/unused/unused.h": "int u;\n", "lib/unused/unused.cpp": "int v;\n"},
                            ["lib/unused/unused.h", "lib/unused/unused.cpp"])
        self.server.asked()
        project.build()
        self.assertEqual(self.server.asked(), [])
        self.assertFalse(project.exists(".fbuild/build/uno/lnk"))

    def test_a_real_file_wins_with_a_warning(self):
        project = self.make({"src/main.cpp": self.MAIN % ('#include "a.h"', "A"), "src/a.h": "#define A 1\n"}, [])
        project.build()
        firmware = project.firmware()
        project.write("src/a.h.lnk", self.lnk("#define A 2\n"))
        project.write("src/main.cpp.lnk", self.lnk("#error\n"))
        run = project.gen()
        self.assertIn("warning: src/a.h.lnk: 'src/a.h' is there itself", run.err)
        project.ninja()
        self.assertEqual(project.firmware(), firmware)
        project.remove("src/a.h")
        project.ninja()
        self.assertNotEqual(project.firmware(), firmware)
        project.write("src/a.h", "#define A 1\n")
        project.ninja()
        self.assertEqual(project.firmware(), firmware)

    def test_an_edit_rebuilds_what_it_concerns(self):
        project = self.make({"src/main.cpp": self.MAIN % ('#include "a.h"\nint f();', "A + f()"), "src/a.h": "#define A 1\n",
                             "src/f.cpp": "int f() { return 1; }\n", "src/other.cpp": "int other;\n"}, ["src/a.h", "src/f.cpp"])
        project.build()
        first = project.firmware()
        project.compiled()
        project.write("src/a.h.lnk", self.lnk("#define A 2\n"))
        project.ninja()
        self.assertEqual(project.compiled(), ["src/main.cpp"])
        self.assertNotEqual(project.firmware(), first)
        project.write("src/f.cpp.lnk", self.lnk("int f() { return 2; }\n"))
        project.ninja()
        self.assertEqual(project.compiled(), [".fbuild/build/uno/lnk/src/f.cpp"])
        os.utime(project.path("src/a.h.lnk"))
        project.ninja()
        self.assertEqual(project.compiled(), [])
        # Ungated: a copy that is the same already is left alone.
        os.utime(project.path("src/f.cpp.lnk"))
        project.ninja("-f", ".fbuild/build/uno/build.ninja")
        self.assertEqual(project.compiled(), [])
        # It comes and goes.
        project.write("src/g.cpp.lnk", self.lnk("int g;\n"))
        project.ninja()
        self.assertEqual(project.compiled(), [".fbuild/build/uno/lnk/src/g.cpp"])
        project.remove("src/g.cpp.lnk")
        project.ninja()
        self.assertEqual(project.compiled(), [])
        self.assertTrue(project.idle(), project.why)

    def test_a_header_that_appears_first_is_found(self):
        project = self.make({"src/main.cpp": self.MAIN % ("#include <x.h>", "X"), "lib/l/x.h": "#define X 3\n"}, [])
        project.build()
        first = project.firmware()
        project.compiled()
        project.write("include/x.h.lnk", self.lnk("#define X 1\n"))
        project.ninja()
        self.assertIn("src/main.cpp", project.compiled())
        self.assertNotEqual(project.firmware(), first)
        project.remove("include/x.h.lnk")
        project.ninja()
        self.assertEqual(project.firmware(), first)

    def test_clean_and_a_copy_of_the_build_directory(self):
        files = {"src/main.cpp": self.MAIN % ('#include "a.h"', "A"), "src/a.h": "#define A 1\n"}
        project = self.check(files, ["src/a.h"])
        project.ninja("uno/clean")
        project.ninja()
        # Somebody removes what was put there.
        shutil.rmtree(project.path(".fbuild/build/uno/lnk"))
        project.write("src/main.cpp", project.read("src/main.cpp") + "\n// touched\n")
        project.ninja()

    def test_a_build_directory_elsewhere(self):
        files = {"src/main.cpp": self.MAIN % ('#include "sub/a.h"\nint f();', "A + f()"), "src/sub/a.h": '#include "b.h"\n#define A B\n',
                 "src/sub/b.h": "#define B 6\n", "src/sub/f.cpp": '#include "b.h"\nint f() { return B; }\n'}
        plain = self.make(files, [])
        plain.build()
        project = self.make(files, ["src/sub/a.h", "src/sub/f.cpp"])
        out = os.path.join(self.folder("out"))
        project.gen("-q", "-B", out)
        project.ninja()
        with open(os.path.join(out, "uno/firmware.hex"), "rb") as file:
            self.assertEqual(file.read(), plain.firmware())
        self.assertTrue(project.idle(), project.why)
        # And the project moved, with its build directory.
        project = self.check(files, ["src/sub/b.h", "src/sub/f.cpp"])
        moved = project.dir + "-moved"
        os.rename(project.dir, moved)
        project.dir = moved
        project.runs()
        project.ninja()
        self.assertEqual(project.compiled(), [])

    def test_a_library_in_another_folder(self):
        extra = self.folder("extra")
        os.makedirs(extra + "/far")
        for name, text in [("far.h.lnk", self.lnk("int far();\n")), ("far.cpp.lnk", self.lnk('#include "far.h"\nint far() { return 9; }\n')),
                           ("examples/broken.h.lnk", "{")]:
            os.makedirs(os.path.dirname(extra + "/far/" + name), exist_ok=True)
            with open(extra + "/far/" + name, "w") as file:
                file.write(text)
        project = self.make({"src/main.cpp": self.MAIN % ("#include <far.h>", "far()")}, [], UNO + "lib_extra_dirs = %s\n" % extra)
        project.build()
        self.assertIn("far", project.plan()["libraries"])
        self.assertTrue(project.idle(), project.why)

    def test_debug_builds_and_several_environments(self):
        ini = UNO + "\n[env:debug]\nplatform = atmelavr\nframework = arduino\nboard = uno\nbuild_type = debug\n"
        self.check({"src/main.cpp": self.MAIN % ('#include "a.h"', "A"), "src/a.h": "#define A 1\n"}, ["src/a.h"], ini)

    def test_bad_manifests(self):
        good = {"src/main.cpp": self.MAIN % ('#include "a.h"', "A")}
        for files, parts in [({"src/a.h.lnk": "{\n  \"urll\": 3\n}\n"}, ["src/a.h.lnk:2:3", "'url'"]),
                             ({"src/a.h.lnk": lnk_text("https://example.org/a.zip", b"", extract="zip")}, ["src/a.h.lnk", "archive"]),
                             ({"src/a.ino.lnk": lnk_text("https://example.org/a", b"")}, ["src/a.ino.lnk", "sketch"]),
                             ({"src/a.h.lnk": lnk_text(self.server.url + "not-there", b"x")}, ["src/a.h.lnk", "404"])]:
            with self.subTest(files):
                project = self.make({**good, **files}, [])
                self.assertError(project.gen("-q", status=None), *parts)
        # Offline, what is in the store is enough.
        project = self.make({**good, "src/a.h": "#define A 12345\n"}, ["src/a.h"])
        self.assertError(project.gen("-q", "--offline", status=None), "src/a.h.lnk", "--offline")
        project.run([os.path.join(BIN, "fbuild-lnk"), "-q", "pull"])
        project.gen("-q", "--offline")
        project.ninja()


if __name__ == "__main__":
    unittest.main()
