"""Libraries as PlatformIO finds them. library_cases.json has small projects and, for three
modes of each, what PlatformIO 6.1.18 (with SCons 4.8.1 and Arduino's core 1.8.7) made of
them: which library depends on which, in order, and, where it compiled, the include folders
of every source. FW stands for the folder of the core."""

import json
import os
import unittest

from project import UNO, Case

CORE = ".fbuild/build/packages/framework-arduino-avr"


def plain(path):
    return os.path.normpath(path.replace(CORE, "FW"))


class LibraryCases(Case):
    def test_cases(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "library_cases.json")) as file:
            cases = json.load(file)
        for case in cases:
            for mode, wanted in case["modes"].items():
                with self.subTest(case["name"], mode=mode):
                    self.check(case, mode, wanted)

    def check(self, case, mode, wanted):
        ini = UNO + case["ini"] + ("" if mode == "chain" else "lib_ldf_mode = %s\n" % mode)
        project = self.project({**case["files"], "platformio.ini": ini})
        plan = project.plan()
        depends = {plain(of) if of else "": [plain(link["folder"]) for link in links if not link["circular"]]
                   for of, links in plan["library_links"].items()}
        self.assertEqual({of: links for of, links in depends.items() if links}, wanted["depends"])
        if wanted["includes"] is None:
            return
        project.gen("--compiledb")
        includes = {}
        for entry in json.loads(project.read(".fbuild/build/uno/compile_commands.json")):
            source = plain(entry["file"])
            if not source.startswith(("FW/cores", "FW/variants")):
                includes[source] = [plain(word[2:]) for word in entry["arguments"] if word.startswith("-I")]
        self.assertEqual({source: list(dict.fromkeys(folders)) for source, folders in includes.items()}, wanted["includes"])


if __name__ == "__main__":
    unittest.main()
