"""board_build.embed_files and embed_txtfiles: what is in the linked firmware is the file,
byte for byte, on AVR and on an ARM; and what has changed is embedded again, no more."""

import os
import re
import shutil
import subprocess
import unittest

from package_server import Server, lnk_text, sha256
from project import BIN, Case, UNO

ARM_PLATFORM = """\
platform: testarm
templates: [gcc]
packages:
  toolchain-testarm:
    probe: bin/arm-none-eabi-gcc
    system: {program: arm-none-eabi-gcc, debian: gcc-arm-none-eabi}
  framework-bare:
    probe: core/startup.c
    system: {folders: [%s]}
toolchain:
  package: toolchain-testarm
  programs: {cc: bin/arm-none-eabi-gcc, cxx: bin/arm-none-eabi-g++, as: bin/arm-none-eabi-as,
    ar: bin/arm-none-eabi-ar, objcopy: bin/arm-none-eabi-objcopy}
frameworks:
  bare:
    package: framework-bare
    flags:
      - common: -mcpu={build.mcu} -mthumb -Os -ffunction-sections -fdata-sections
        link: "-mcpu={build.mcu} -mthumb -nostdlib -Wl,--gc-sections -T '{framework}/flash.ld'"
    groups: [{name: core, from: "{framework}/core", archive: false}]
embed:
  - {format: elf32-littlearm, arch: arm}
size: {flash: ".text,.data", ram: ".data,.bss"}
boards:
  m3: {name: A Cortex-M3, build: {mcu: cortex-m3}, frameworks: [bare]}
"""
ARM_STARTUP = """\
extern int main(void);
extern unsigned int top_of_stack;
void start(void) { main(); for (;;) {} }
__attribute__((section(".vectors"), used)) void (*const vectors[])(void) = {(void (*)(void))&top_of_stack, start};
"""
ARM_SCRIPT = """\
MEMORY { flash (rx) : ORIGIN = 0, LENGTH = 256K  ram (rwx) : ORIGIN = 0x20000000, LENGTH = 64K }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) } >flash
  .data : { *(.data*) } >ram AT>flash
  .bss : { *(.bss*) *(COMMON) } >ram
  top_of_stack = ORIGIN(ram) + LENGTH(ram);
}
"""
ARM = "[env:arm]\nplatform = testarm\nboard = m3\nframework = bare\n"


def uses(symbols, head=""):
    """A program that reads everything between the symbols."""
    text = head
    for i, symbol in enumerate(symbols):
        text += 'extern const unsigned char s%d[] asm("_binary_%s_start"), e%d[] asm("_binary_%s_end");\n' % (i, symbol, i, symbol)
    text += "volatile unsigned char sink;\n"
    body = "".join("for (const unsigned char *p = s%d; p < e%d; ++p) sink = *p; " % (i, i) for i in range(len(symbols)))
    return text, body


def arduino(symbols):
    text, body = uses(symbols, "#include <Arduino.h>\n")
    return text + "void setup() { " + body + "}\nvoid loop() {}\n"


def bare(symbols):
    text, body = uses(symbols)
    return text + 'int main() { ' + body + 'return 0; }\n'


class Embeds(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(cls)
        cls.data = os.path.join(cls.temporary, "data")
        framework = os.path.join(cls.temporary, "framework")
        os.makedirs(os.path.join(framework, "core"))
        os.makedirs(os.path.join(cls.data, "platforms"))
        for path, text in [(framework + "/core/startup.c", ARM_STARTUP), (framework + "/flash.ld", ARM_SCRIPT),
                           (cls.data + "/platforms/testarm.yaml", ARM_PLATFORM % framework)]:
            with open(path, "w") as out:
                out.write(text)
        share = os.path.join(BIN, "../share/fbuild")
        os.symlink(os.path.realpath(os.path.join(share, "platforms/atmelavr.yaml")), os.path.join(cls.data, "platforms/atmelavr.yaml"))
        os.symlink(os.path.realpath(os.path.join(share, "templates")), os.path.join(cls.data, "templates"))
        cls.store = os.path.join(cls.temporary, "cache")

    def make(self, ini, files):
        project = self.project({"platformio.ini": ini, **files})
        project.env.update({"FBUILD_DATA_DIR": self.data, "FBUILD_CACHE_DIR": self.store, "FBUILD_FETCH_ATTEMPTS": "1"})
        return project

    def embedded(self, project, symbol, environment="uno", prefix="avr"):
        """The bytes between the symbols of the linked program, and the value of _size."""
        elf = project.path(".fbuild/build/%s/firmware.elf" % environment)
        values = {}
        for line in subprocess.run([prefix + "-nm", elf], capture_output=True, text=True, check=True).stdout.splitlines():
            value, _, name = line.split()[-3:] if len(line.split()) == 3 else ("0", "", "")
            values[name] = int(value, 16)
        start, end = values["_binary_%s_start" % symbol], values["_binary_%s_end" % symbol]
        sections = subprocess.run([prefix + "-objdump", "-h", elf], capture_output=True, text=True, check=True).stdout
        for name, size, vma in re.findall(r"^ *\d+ (\S+) +([0-9a-f]{8}) +([0-9a-f]{8})", sections, re.M):
            size, vma = int(size, 16), int(vma, 16)
            if name in (".text", ".data", ".rodata") and vma <= start and end <= vma + size:
                out = os.path.join(self.temporary, "section")
                subprocess.run([prefix + "-objcopy", "-O", "binary", "-j", name, elf, out], check=True)
                with open(out, "rb") as file:
                    return file.read()[start - vma:end - vma], values["_binary_%s_size" % symbol]
        self.fail("no section has it:\n" + sections)

    def assertEmbedded(self, project, symbol, data, *where):
        self.assertEqual(self.embedded(project, symbol, *where), (data, len(data)))

    def test_avr_and_arm(self):
        logo = bytes(range(256)) + b"logo"
        font = b"\x00\xff" * 300 + b"font"
        url = self.server.add("font.bin", font)
        files = {"assets/logo.bin": logo, "assets/font.bin.lnk": lnk_text(url, font), "web/index.html": b"<html>\n",
                 "web/ca.pem.lnk": lnk_text(self.server.add("ca.pem", b"-----BEGIN"), b"-----BEGIN"), "empty.txt": b""}
        option = ("board_build.embed_files =\n  assets/logo.bin\n  assets/font.bin.lnk\n"
                  "board_build.embed_txtfiles = web/index.html web/ca.pem.lnk empty.txt\n")
        symbols = ["assets_logo_bin", "assets_font_bin", "web_index_html", "web_ca_pem", "empty_txt"]
        for ini, source, where in [(UNO, arduino(symbols), ("uno", "avr")), (ARM, bare(symbols), ("arm", "arm-none-eabi")),
                                   (UNO.replace("board = uno", "board = megaatmega2560"), arduino(symbols), ("uno", "avr")),
                                   (UNO.replace("board = uno", "board = megaatmega1280"), arduino(symbols), ("uno", "avr"))]:
            with self.subTest(ini):
                project = self.make(ini + option, {"src/main.cpp": source, **files})
                project.build()
                for symbol, data in zip(symbols, [logo, font, b"<html>\n\0", b"-----BEGIN\0", b"\0"]):
                    self.assertEmbedded(project, symbol, data, *where)
                self.assertTrue(project.idle(), project.why)
                # The project's own files are as they were.
                self.assertEqual(project.bytes("web/index.html"), b"<html>\n")
                self.assertFalse(project.exists("assets/font.bin"))

    def embedding_project(self):
        font = b"font one"
        project = self.make(UNO + "board_build.embed_files = a.bin font.bin.lnk\nboard_build.embed_txtfiles = a.txt\n", {
            "src/main.cpp": arduino(["a_bin", "font_bin", "a_txt"]), "a.bin": b"one", "a.txt": "text",
            "font.bin.lnk": lnk_text(self.server.add("font1", font), font)})
        project.build()
        project.runs()
        return project

    def embeds(self, project):
        """What was embedded since the last call; nothing may have been compiled."""
        runs = project.runs()
        self.assertEqual([line for line in runs if " -c " in line], [])
        return sorted(re.sub(r".* (\S+) \S+$", r"\1", line) for line in runs if "avr-objcopy -I binary" in line)

    def test_what_changed_is_embedded_again_and_no_more(self):
        project = self.embedding_project()
        project.write("a.bin", b"two!")
        project.ninja()
        self.assertEqual(self.embeds(project), ["a.bin"])
        self.assertEmbedded(project, "a_bin", b"two!")
        project.write("a.txt", b"other text")
        project.ninja()
        self.assertEqual(self.embeds(project), [".fbuild/build/uno/embed/text/a.txt"])
        self.assertEmbedded(project, "a_txt", b"other text\0")
        # Another digest is another file.
        font = b"font number two"
        project.write("font.bin.lnk", lnk_text(self.server.add("font2", font), font))
        project.ninja()
        self.assertEqual(self.embeds(project), [".fbuild/build/uno/lnk/font.bin"])
        self.assertEmbedded(project, "font_bin", font)
        self.assertTrue(project.idle(), project.why)

    def test_what_did_not_change_is_not(self):
        project = self.embedding_project()
        self.server.asked()
        for path in ("a.bin", "a.txt", "font.bin.lnk"):
            os.utime(project.path(path))
        project.ninja()
        self.assertEqual(project.runs(), [])
        # The same bytes from another place.
        project = self.embedding_project()
        project.edit("font.bin.lnk", "font1", "font1-moved")
        self.server.add("font1-moved", b"font one")
        project.ninja()
        self.assertEqual(self.embeds(project), [])
        # Without the gate, times count; copies that come out the same end it there.
        for path in ("a.txt", "font.bin.lnk"):
            os.utime(project.path(path))
        project.ninja("-f", ".fbuild/build/uno/build.ninja")
        self.assertEqual(self.embeds(project), [])

    def test_a_new_entry_and_one_less(self):
        project = self.embedding_project()
        project.write("b.bin", b"b")
        project.edit("platformio.ini", "a.bin font.bin.lnk", "b.bin a.bin")
        project.edit("src/main.cpp", "font_bin", "b_bin")
        project.ninja()
        self.assertEqual(self.embeds_after_compile(project), ["b.bin"])
        self.assertEmbedded(project, "b_bin", b"b")
        graph = project.read(".fbuild/build/uno/graph.ninja")
        self.assertNotIn("font.bin", graph)

    def embeds_after_compile(self, project):
        runs = project.runs()
        self.assertEqual(len([line for line in runs if " -c " in line]), 1)
        return sorted(re.sub(r".* (\S+) \S+$", r"\1", line) for line in runs if "avr-objcopy -I binary" in line)

    def test_entries_of_the_same_base_name(self):
        one, two = b"one" * 10, b"two" * 20
        project = self.make(UNO + "board_build.embed_files = a/x.bin b/x.bin.lnk c/x.bin.lnk\nboard_build.embed_txtfiles = d/x.bin\n", {
            "src/main.cpp": arduino(["a_x_bin", "b_x_bin", "c_x_bin", "d_x_bin"]), "a/x.bin": b"a", "d/x.bin": b"d",
            "b/x.bin.lnk": lnk_text(self.server.add("b/x.bin", one), one), "c/x.bin.lnk": lnk_text(self.server.add("c/x.bin", two), two)})
        project.build()
        for symbol, data in [("a_x_bin", b"a"), ("b_x_bin", one), ("c_x_bin", two), ("d_x_bin", b"d\0")]:
            self.assertEmbedded(project, symbol, data)

    def test_symbols_come_from_the_path_as_written(self):
        # Two checkouts at different places, the build directory elsewhere: the same bytes.
        font = b"font"
        url = self.server.add("place-font", font)
        files = {"src/main.cpp": arduino(["sub_a_b_bin", "___outside_bin", "src_f_bin"]), "sub/a-b.bin": b"ab", "src/f.bin.lnk": lnk_text(url, font)}
        out = []
        for name, arguments in [("one", []), ("another-place", ["-B", os.path.join(self.folder("elsewhere"))])]:
            folder = self.folder(name)
            with open(os.path.join(os.path.dirname(folder), "outside.bin"), "wb") as file:
                file.write(b"outside")
            project = self.make(UNO + "board_build.embed_files = ./sub/a-b.bin ../outside.bin ${platformio.src_dir}/f.bin.lnk\n", files)
            shutil.rmtree(folder)
            os.rename(project.dir, folder)
            project.dir = folder
            project.gen(*arguments)
            project.ninja()
            build = arguments[-1] if arguments else project.path(".fbuild/build")
            with open(os.path.join(build, "uno/firmware.hex"), "rb") as file:
                out.append(file.read())
            names = subprocess.run(["avr-nm", os.path.join(build, "uno/firmware.elf")], capture_output=True, text=True).stdout
            self.assertEqual(set(re.findall(r"_binary_(\w+)_start", names)), {"sub_a_b_bin", "___outside_bin", "src_f_bin"})
        self.assertEqual(out[0], out[1])

    def test_bad_entries(self):
        good = {"src/main.cpp": arduino([]), "a.bin": b"a", "a-bin": b"b", "zip.lnk": lnk_text("https://example.org/a.zip", b"", extract="zip"),
                "bad.lnk": "{\n  \"v\": 2\n}\n", "folder/x": b""}
        for entries, parts in [("nothing.bin", ["platformio.ini:5", "'nothing.bin'"]), ("folder", ["platformio.ini:5", "'folder'"]),
                               ("nothing.bin.lnk", ["platformio.ini:5", "'nothing.bin.lnk'"]), ("a.bin a-bin", ["platformio.ini:5", "'a.bin'", "'a-bin'", "_binary_a_bin_start"]),
                               ("a.bin a.bin", ["platformio.ini:5", "once"]), ("zip.lnk", ["zip.lnk: ", "archive"]), ("bad.lnk", ["bad.lnk:2:8"])]:
            with self.subTest(entries):
                project = self.make(UNO + "board_build.embed_files = %s\n" % entries, good)
                self.assertError(project.gen(status=None), *parts)

    def test_a_platform_that_cannot(self):
        project = self.make(ARM + "board_build.embed_files = a.bin\n", {"src/main.cpp": bare([]), "a.bin": b"a"})
        data = self.folder("data")
        shutil.copytree(self.data, data, symlinks=True, dirs_exist_ok=True)
        with open(os.path.join(data, "platforms/testarm.yaml")) as file:
            text = file.read()
        with open(os.path.join(data, "platforms/testarm.yaml"), "w") as out:
            out.write(text.replace("embed:\n  - {format: elf32-littlearm, arch: arm}\n", ""))
        project.env["FBUILD_DATA_DIR"] = data
        self.assertError(project.gen(status=None), "platformio.ini:5", "'testarm'")

    def test_a_fetch_that_fails_fails_the_build(self):
        project = self.make(UNO + "board_build.embed_files = gone.bin.lnk\n", {
            "src/main.cpp": arduino(["gone_bin"]), "gone.bin.lnk": lnk_text(self.server.url + "never", b"gone")})
        project.gen()
        run = project.ninja(status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("404", run.out)
        self.assertFalse(project.exists(".fbuild/build/uno/lnk/gone.bin"))
        self.server.add("never", b"gone")
        project.ninja()
        self.assertEmbedded(project, "gone_bin", b"gone")
        # --offline holds for the build too.
        data = b"other"
        project.write("gone.bin.lnk", lnk_text(self.server.add("late", data), data))
        self.server.asked()
        project.gen("--offline")
        run = project.ninja(status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("--offline", run.out)
        self.assertEqual(self.server.asked(), [])

    def test_an_edited_copy_does_not_reach_the_store(self):
        project = self.embedding_project()
        place = project.path(".fbuild/build/uno/lnk/font.bin")
        os.chmod(place, 0o644)
        with open(place, "wb") as out:
            out.write(b"vandal")
        project.run([os.path.join(BIN, "fbuild-lnk"), "check"])
        project.run(["touch", project.path("font.bin.lnk")])
        project.ninja("-f", ".fbuild/build/uno/build.ninja")
        self.assertEmbedded(project, "font_bin", b"font one")

    def test_clean(self):
        project = self.embedding_project()
        project.ninja("uno/clean")
        for name in ("embed", "lnk", "firmware.elf"):
            self.assertFalse(project.exists(".fbuild/build/uno/" + name), name)
        project.ninja()
        self.assertEmbedded(project, "font_bin", b"font one")


if __name__ == "__main__":
    unittest.main()
