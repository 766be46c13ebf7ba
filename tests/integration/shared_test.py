"""Cores are compiled once: for environments of one graph, for further projects, for a
fresh build directory; and never believed beyond what was compiled."""
import glob
import os
import shutil
import subprocess
import unittest

import gate_test
from gate_test import run


class Shared(gate_test.Gate):
    """Each test has a store of its own, filled by nobody."""

    def setUp(self):
        super().setUp()
        self.cache = self.dir + "-cache"
        self.env["FBUILD_CACHE_DIR"] = self.cache

    def forget(self):
        shutil.rmtree(self.path(".fbuild"))

    def build(self, *args):
        run(["fbuild-gen", "-q"], self.dir, self.env)
        return self.ninja(*args)

    def fill(self):
        """Builds everything from nothing, into the store. Stored is only what was older
        than the compile."""
        self.forget()
        compiles, links = self.build()
        self.assertEqual(links, 3)
        self.assertGreater(compiles, 70)

    def test_a_fresh_build_directory(self):
        self.fill()
        before = self.images()
        self.forget()
        compiles, links = self.build()
        self.assertEqual((compiles, links), (12, 3))  # three sources and a library, three times
        self.assertEqual(self.images(), before)
        self.clean_again()
        # An edit of a core header recompiles what includes it, as if all had been compiled here.
        with open(self.path("core/cores/arduino/IPAddress.h"), "a") as f:
            f.write("// edited\n")
        compiles, links = self.ninja()
        self.assertEqual(links, 3)
        self.assertEqual({line.split("/")[-1] for line in self.lines if " -c " in line}, {"IPAddress.cpp"})
        self.clean_again()
        self.assert_right()

    def test_another_project(self):
        self.fill()
        other = self.dir + "-other"
        os.makedirs(other + "/src")
        with open(other + "/platformio.ini", "w") as f:
            f.write("[env:mine]\nplatform = atmelavr\nframework = arduino\nboard = uno\n"
                    f"platform_packages = framework-arduino-avr @ symlink://{self.dir}/core\n")
        with open(other + "/src/main.cpp", "w") as f:
            f.write("#include <Arduino.h>\nvoid setup() { Serial.begin(9600); }\nvoid loop() {}\n")
        self.dir = other
        self.assertEqual(self.build(), (1, 1))
        path = other + "/.fbuild/build/mine/firmware.hex"
        with open(path, "rb") as f:
            stored = f.read()
        self.forget()
        self.env["FBUILD_OBJECT_CACHE"] = "off"
        self.assertGreater(self.build()[0], 20)
        with open(path, "rb") as f:
            self.assertEqual(f.read(), stored)

    def test_a_core_that_differs_is_compiled(self):
        self.fill()
        self.forget()
        with open(self.path("core/cores/arduino/WMath.cpp"), "a") as f:
            f.write("// another one\n")
        self.assertEqual(self.build(), (15, 3))
        self.assert_right()
        # Back: both are known now.
        with open(self.path("core/cores/arduino/WMath.cpp")) as f:
            text = f.read()
        self.write("core/cores/arduino/WMath.cpp", text.replace("// another one\n", ""))
        self.assertEqual(self.ninja(), (0, 3))
        self.clean_again()

    def test_another_compiler(self):
        self.fill()
        self.forget()
        path = os.path.join(self.top, "prefix", "bin", "avr-g++")
        with open(path) as f:
            text = f.read()
        try:
            with open(path, "a") as f:
                f.write("# another one\n")
            self.assertGreater(self.build()[0], 70)
        finally:
            with open(path, "w") as f:
                f.write(text)

    def test_a_damaged_store_is_no_store(self):
        self.fill()
        before = self.images()
        entries = glob.glob(self.cache + "/objects-v1/*/*")
        self.assertGreater(len(entries), 100)
        for number, path in enumerate(entries):
            with open(path, "r+b") as f:
                size = os.path.getsize(path)
                if number % 3 == 0:
                    f.truncate(size // 2)
                elif number % 3 == 1:
                    f.seek(size - 1)
                    last = f.read(1)
                    f.seek(size - 1)
                    f.write(bytes([last[0] ^ 1]))
                else:
                    f.seek(0)
                    f.write(b"\0" * 40)
        self.forget()
        self.assertGreater(self.build()[0], 70)
        self.assertEqual(self.images(), before)

    def test_environments_that_agree_share_in_one_graph(self):
        self.write("platformio.ini", "[env]\nplatform = atmelavr\nframework = arduino\nboard = uno\n"
                   "platform_packages = framework-arduino-avr @ symlink://core\n"
                   "[env:one]\nbuild_src_flags = -DONE\n[env:two]\nbuild_src_flags = -DTWO\n")
        self.env["FBUILD_OBJECT_CACHE"] = "off"
        self.forget()
        compiles, links = self.build()
        self.assertEqual(links, 2)
        core = [line for line in self.lines if " -c " in line and "cores/arduino" in line.split()[-1]]
        self.assertEqual(len(core), len({line.split()[-1] for line in core}))
        # The folder of objects, the graph, and who runs the compilers.
        self.assertEqual(len(os.listdir(self.path(".fbuild/build/shared"))), 3)
        self.assertEqual(self.ninja("-f", ".fbuild/build/one/build.ninja"), (0, 0))
        # One more that agrees compiles its own sources only.
        with open(self.path("platformio.ini"), "a") as f:
            f.write("[env:three]\nbuild_src_flags = -DTHREE\n")
        self.assertEqual(self.ninja(), (4, 1))

    def test_off_small_and_wrong(self):
        self.env["FBUILD_OBJECT_CACHE"] = "off"
        self.forget()
        self.build()
        self.assertFalse(os.path.exists(self.cache + "/objects-v1"))
        self.env["FBUILD_OBJECT_CACHE"] = "1M"
        self.forget()
        self.build()
        run(["fbuild-stamp", "objects", "trim"], self.dir, self.env)
        self.assertLess(sum(os.path.getsize(p) for p in glob.glob(self.cache + "/objects-v1/*/*")), 1 << 20)
        self.env["FBUILD_OBJECT_CACHE"] = "lots"
        self.forget()
        run(["fbuild-gen", "-q"], self.dir, self.env)
        self.assertNotEqual(run(["ninja"], self.dir, self.env, check=False).returncode, 0)
        self.env["FBUILD_OBJECT_CACHE"] = ""
        run(["fbuild-stamp", "objects", "clear"], self.dir, self.env)
        self.assertEqual(glob.glob(self.cache + "/objects-v1/*/*"), [])

    def test_many_at_once_and_killed(self):
        """Projects that build at the same time into one store, some of them killed."""
        folders = []
        for number in range(4):
            folder = f"{self.dir}-{number}"
            shutil.copytree(self.dir, folder, symlinks=True,
                            ignore=shutil.ignore_patterns(".fbuild", "build.ninja", "compile_commands.json"))
            run(["fbuild-gen", "-q"], folder, self.env)
            folders.append(folder)
        running = [subprocess.Popen(["ninja"], cwd=folder, env=self.env, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, start_new_session=True) for folder in folders]
        for number, process in enumerate(running):
            if number % 2:
                try:
                    process.wait(0.3 * number)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, 9)
        for process in running:
            process.wait()
        images = []
        for folder in folders:
            run(["ninja"], folder, self.env)
            self.dir = folder
            images.append(self.images())
        self.assertEqual(images, [images[0]] * 4)
        self.assert_right()

    def test_what_depends_on_the_moment_is_not_kept(self):
        with open(self.path("core/cores/arduino/WMath.cpp"), "a") as f:
            f.write('const char* built() { return __DATE__ " " __TIME__; }\n')
        self.fill()
        self.forget()
        self.assertEqual(self.build(), (15, 3))


# The table of edits is gate_test's.
for name in [n for n in dir(gate_test.Gate) if n.startswith("test_")]:
    setattr(Shared, name, None)

if __name__ == "__main__":
    unittest.main(verbosity=2)
