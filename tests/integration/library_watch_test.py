"""What comes and goes in folders of libraries that are not in use is noticed: after each
change `ninja`, gated and ungated, has built what a clean clone builds.

Every library announces itself in the firmware by a call before main(), so that the images
tell which were found.
"""
import os
import shutil
import unittest

from gate_project import BUILD, COMMON, FILES, Workshop, settle

INI = COMMON + "lib_extra_dirs = ../outside\nlib_archive = no\n[env:uno]\nboard = uno\n"
NUMBERS = iter(range(16, 250))


def source(header=""):
    """A source that no linker leaves out, unlike every other one."""
    number = next(NUMBERS)
    return (header and '#include "%s"\n' % header) + ("#include <avr/io.h>\nstatic void __attribute__((constructor, used)) here() { GPIOR0 = %d; }\n" % number)


def library(folder, header, manifest=None, inside="src/"):
    name = os.path.basename(folder)
    return {folder + "/library.json": manifest or '{"name": "%s"}' % name,
            folder + "/" + inside + header: "#pragma once\n", folder + "/" + inside + name + ".cpp": source()}


MAIN = """#include <Arduino.h>
#include <used.h>
#include <choice.h>
#if 0
#include <part/late.h>
#include <inc_late.h>
#include <quite/new.h>
#include <linked/late.h>
#include <far/late.h>
#include "../shared/late.h"
#include <gone.h>
#endif
#if __has_include("../shared/value.h")
#include "../shared/value.h"
#else
#define VALUE 1
#endif
#ifndef FROM_MANIFEST
#define FROM_MANIFEST 0
#endif
void setup() { out(VALUE + FROM_MANIFEST); }
void loop() {}
"""


class LibraryWatch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = Workshop("fbuild-library-watch-")
        cls.addClassCleanup(cls.shop.close)

    def setUp(self):
        base = self.shop.project(self._testMethodName + "/gated", {
            "platformio.ini": INI, **{name: text for name, text in FILES.items() if name.startswith("core/")}, "src/main.cpp": MAIN,
            **library("lib/Used", "used.h"), **library("lib/Choice", "choice.h"), **library("lib/Unused", "part/other.h"),
            **library("lib/Gone", "gone.h"),
            **library("lib/Inc", "other.h", '{"name": "Inc", "build": {"includeDir": "inc"}}', "inc/"),
            "lib/Plain/plain.h": "", "lib/Plain/deep/plain.cpp": "",
        })
        self.projects = [base]
        # Leads, by its text, into the build directory, where the link to the core lies.
        base.write("core/cores/arduino/extra.h", FILES["core/cores/arduino/extra.h"] + '#if 0\n#include "../../../../up.h"\n#include "../../../../../up.h"\n#endif\n'
                   '#if __has_include("../../other/late.h")\n#include "../../other/late.h"\n#endif\n'
                   '#if __has_include("../../none/late.h")\n#include "../../none/late.h"\n#endif\n'
                   '#ifdef LATE\n#undef EXTRA_VALUE\n#define EXTRA_VALUE LATE\n#endif\n')
        for name, text in library("outside/Far", "other.h").items():
            base.write("../" + name, text)
        for name, text in library("elsewhere/Linked", "other.h").items():
            base.write("../" + name, text)
        for folder in ("outside/Far/src/far", "elsewhere/Linked/src/linked", "gated/lib/Used/src/empty", "gated/core/other"):
            os.makedirs(base.path("..", folder), exist_ok=True)
        os.symlink("../../elsewhere/Linked", base.path("lib/Linked"))
        # The ungated one stands beside the same outside folders.
        other = self.shop.project(self._testMethodName + "/ungated", {})
        shutil.rmtree(other.dir)
        shutil.copytree(base.dir, other.dir, symlinks=True)
        self.projects.append(other)
        for project in self.projects:
            project.gen("-q")
        self.build("as it begins")

    def build(self, what):
        self.shop.clean.clear()  # it is remembered by what is in the project alone
        for project in self.projects:
            project.ninja(*(["-f", BUILD + "/all.ninja"] if project is self.projects[1] else []))
            self.assertEqual(project.difference(), "", "%s: %s\n%s" % (what, project.dir, project.out))
        return self.projects[0].images()["uno", "firmware.hex"]

    def change(self, what, files, differs=True):
        """Writes files (None: removes them), here or beside the projects."""
        before = self.projects[0].images()["uno", "firmware.hex"]
        settle()
        for name, text in files.items():
            for project in self.projects if not name.startswith("../") or "shared" in name else self.projects[:1]:
                if text is None:
                    os.unlink(project.path(name))
                else:
                    project.write(name, text)
        settle()
        after = self.build(what)
        (self.assertNotEqual if differs else self.assertEqual)(before, after, what)
        self.projects[0].ninja()
        self.assertEqual((self.projects[0].compiles, self.projects[0].links), (0, 0), what)

    def test_headers_that_appear(self):
        self.change("in a folder of an unused library", {"lib/Unused/src/part/late.h": "#pragma once\n"})
        self.change("and go", {"lib/Unused/src/part/late.h": None})
        self.change("in the includeDir of an unused library", {"lib/Inc/inc/inc_late.h": "#pragma once\n"})
        self.change("in a library outside", {"../outside/Far/src/far/late.h": "#pragma once\n"})
        self.change("and go there", {"../outside/Far/src/far/late.h": None})
        self.change("behind a link", {"../elsewhere/Linked/src/linked/late.h": "#pragma once\n"})
        self.change("a library that was found goes", {"lib/Gone/src/gone.h": None})
        self.change("one that nothing asks for", {"lib/Unused/src/part/never.h": ""}, differs=False)

    def test_libraries_that_appear(self):
        self.change("one before another with the same header", library("lib/Achoice", "choice.h"))
        self.change("and goes", {name: None for name in library("lib/Achoice", "choice.h")})
        self.change("one with folders", library("lib/Quite", "quite/new.h"))
        self.change("outside", library("../outside/Quicker", "quite/new.h"))

    def test_manifests(self):
        flags = '{"name": "Choice", "build": {"flags": "-DX=1", "srcFilter": "-<*>"}}'
        self.change("another filter", {"lib/Choice/library.json": flags})
        self.change("a manifest goes", {"lib/Choice/library.json": None})
        self.change("a manifest comes that renames it away", {"lib/Choice/library.json": '{"name": "Choice", "frameworks": "espidf"}',
                                                              "lib/Used/src/choice.h": ""})
        self.change("sources come into a folder that was empty", {"lib/Used/src/empty/more.cpp": source()})

    def test_outside_of_all_folders(self):
        self.change("a folder that is in no set", {"../shared/value.h": "#define VALUE 9\n", "shared/value.h": "#define VALUE 9\n"})
        self.change("its content", {"shared/value.h": "#define VALUE 11\n"})
        self.change("and goes", {"shared/value.h": None})

    def test_in_a_package_but_outside_of_its_folders_of_headers(self):
        self.change("in a folder that is there", {"core/other/late.h": "#define LATE 9\n"})
        self.change("and goes", {"core/other/late.h": None})
        self.change("in one that is not", {"core/none/late.h": "#define LATE 12\n"})
        self.change("its content", {"core/none/late.h": "#define LATE 14\n"})


if __name__ == "__main__":
    unittest.main()
