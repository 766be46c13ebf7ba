"""Espressif's parts: small cores in the vendors' package layouts, built with Debian's compilers
to images that are read here byte by byte; and the commands for parts whose compiler Debian does
not have, word by word."""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import unittest

from family_project import BLINK, Family

FAKE_TOOL = '#!/bin/sh\nprintf %%s %s\nfor a; do printf " <%%s>" "$a"; done\necho\n'
# Lists what it is to pack, and makes an image of it.
FAKE_PACKER = FAKE_TOOL + 'ls "$2"\nfor a; do :; done\nprintf image >"$a"\n'


def words_le(data, at, count):
    return [int.from_bytes(data[i:i + 4], "little") for i in range(at, at + 4 * count, 4)]


def wrapper(folder, name, target, arguments=""):
    """A program that runs another one, noting its command line for Project.runs()."""
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    path = os.path.join(folder, "bin", name)
    with open(path, "w") as out:
        out.write('#!/bin/sh\nprintf "%%s\\n" "%s $*" >>"${FBUILD_TEST_RUNS:-/dev/null}"\nexec %s %s "$@"\n'
                  % (name, target, arguments))
    os.chmod(path, 0o755)


class Esp(Family):
    def segments(self, data, at, header):
        """(address, bytes) of an image's segments, its checksum verified, and where it ends."""
        out, check, here = [], 0xEF, at + header
        for _ in range(data[at + 1]):
            address, size = words_le(data, here, 2)
            out.append((address, data[here + 8:here + 8 + size]))
            here += 8 + size
        for _, content in out:
            for byte in content:
                check ^= byte
        end = (here - at | 15) + at
        self.assertEqual(data[end], check)
        return out, end + 1

    def tools(self, project, *names):
        folder = project.path("tools/bin")
        os.makedirs(folder, exist_ok=True)
        for name in names:
            with open(os.path.join(folder, name), "w") as out:
                out.write((FAKE_PACKER if name.startswith("mk") else FAKE_TOOL) % name)
            os.chmod(os.path.join(folder, name), 0o755)
        project.env["PATH"] = folder + ":" + project.env["PATH"]

    def port(self):
        port, end = os.openpty()
        self.addCleanup(os.close, port)
        self.addCleanup(os.close, end)
        return os.ttyname(end)

    def section(self, project, environment, name):
        out = os.path.join(self.temporary, "section")
        subprocess.run([self.OBJCOPY, "-O", "binary", "--only-section=" + name,
                        project.path(".fbuild/build/%s/firmware.elf" % environment), out], check=True)
        with open(out, "rb") as file:
            return file.read()


class Esp8266(Esp):
    OBJCOPY = "xtensa-lx106-elf-objcopy"
    INI = """\
[env]
platform = espressif8266
framework = arduino
platform_packages = framework-arduinoespressif8266 @ symlink://%s

[env:nodemcu]
board = nodemcuv2

[env:small]
board = esp01
"""
    LIBS = ("phy pp net80211 lwip2-536-feat lwip6-1460-feat wpa crypto main wps bearssl espnow smartconfig"
            " airkiss wpa2 stdc++ m").split()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.core, = cls.packages("espressif8266", "framework-arduinoespressif8266")
        cls.prebuild(cls.core)
        cls.blink = cls.project({"platformio.ini": cls.INI % cls.core, "src/main.ino": BLINK})
        cls.blink.build("nodemcu", "small")

    @classmethod
    def prebuild(cls, core):
        lib = os.path.join(core, "tools/sdk/lib")
        compile = ["xtensa-lx106-elf-gcc", "-Os", "-mlongcalls", "-ffreestanding", "-c", os.path.join(lib, "prebuilt.c"), "-o"]
        archive = ["xtensa-lx106-elf-ar", "rcs"]
        for name, flag in (("hal", "-DCLOCK"), ("c", "-DFORMATS")):
            subprocess.run([*compile, lib + "/object.o", flag], check=True)
            subprocess.run([*archive, lib + "/lib%s.a" % name, lib + "/object.o"], check=True)
        for name in cls.LIBS:
            subprocess.run([*archive, lib + "/lib%s.a" % name], check=True)
        for sdk in ("NONOSDK22x_190703", "NONOSDK305"):
            os.makedirs(os.path.join(lib, sdk), exist_ok=True)
            subprocess.run([*compile, lib + "/object.o", '-DSDK="%s"' % sdk], check=True)
            subprocess.run([*archive, "%s/%s/libversion.a" % (lib, sdk), lib + "/object.o"], check=True)
        os.unlink(lib + "/object.o")
        eboot = os.path.join(core, "bootloaders/eboot/eboot")
        subprocess.run(["xtensa-lx106-elf-gcc", "-Os", "-mlongcalls", "-nostdlib", "-Wl,-Ttext=0x4010f000", "-Wl,-N",
                        "-Wl,-e,_start,--no-warn-rwx-segments", "-o", eboot + ".elf", eboot + ".c"], check=True)

    def test_images(self):
        for environment, size_code, mode in (("nodemcu", 4, 2), ("small", 0, 0)):
            with self.subTest(environment):
                image = self.blink.bytes(".fbuild/build/%s/firmware.bin" % environment)
                # The loader first, with the flash's mode, and size and frequency (40 MHz is 0).
                self.assertEqual(list(image[:4]), [0xE9, 2, mode, size_code << 4])
                self.assertEqual(words_le(image, 4, 1)[0] & ~0xF, 0x4010F000)
                loader, _ = self.segments(image, 0, 8)
                self.assertEqual(loader[0][0], 0x4010F000)
                # Then, in the next sector, the program: flash, fast memory, data.
                self.assertEqual(list(image[0x1000:0x1004]), [0xE9, 5, mode, size_code << 4])
                self.assertEqual(words_le(image, 0x1004, 1), [self.entry(self.blink, environment)])
                self.assertEqual(self.entry(self.blink, environment), self.symbols(self.blink, environment)["app_entry"])
                sections = self.sections(self.blink, environment)
                # The file's length and check value were put in last.
                self.assertEqual(words_le(image, 0x1010, 1), [len(image)])
                self.assertNotEqual(words_le(image, 0x1014, 1), [0])
                image = image[:0x1010] + bytes(8) + image[0x1018:]
                program, _ = self.segments(image, 0x1000, 8)
                for name, (address, content) in zip((".irom0.text", ".text", ".text1", ".data", ".rodata"), program):
                    self.assertEqual((name, address), (name, sections[name][0]))
                    self.assertEqual(content.rstrip(b"\0"), self.section(self.blink, environment, name).rstrip(b"\0"))
                self.assertEqual(sections[".irom0.text"][0], 0x40201010)
                self.assertEqual(sections[".text"][0], 0x40100000)

    def test_what_the_common_script_was_made_with(self):
        symbols = self.symbols(self.blink, "nodemcu")
        self.assertEqual(symbols["_UserExceptionVector"] & ~3, 0x40100000)
        self.assertNotIn("_sec_heap", symbols)
        self.assertIn("__wrap_system_restart_local", symbols)
        script = self.blink.read(".fbuild/build/nodemcu/ld/local.eagle.app.v6.common.ld")
        self.assertIn("len = 0x8000", script)
        self.assertIn("/* Goes through", script)
        project = self.variation("""
[env:heap]
board = nodemcuv2
build_flags = -DPIO_FRAMEWORK_ARDUINO_MMU_CACHE16_IRAM32_SECHEAP_NOTSHARED -DVTABLES_IN_DRAM

[env:custom]
board = nodemcuv2
build_flags = -DPIO_FRAMEWORK_ARDUINO_MMU_CUSTOM -DMMU_IRAM_SIZE=0x6000 -DMMU_ICACHE_SIZE=0x4000 -DMMU_SEC_HEAP=0x40107000

[env:board]
board = nodemcuv2
board_build.mmu_iram_size = 0xC000
board_build.mmu_icache_size = 0x4000
""")
        project.ninja("heap", "custom", "board")
        self.assertEqual(self.symbols(project, "heap")["_sec_heap"], 0x40108000)
        self.assertEqual(self.symbols(project, "custom")["_sec_heap"], 0x40107000)
        for environment, size in (("heap", "0x8000"), ("custom", "0x6000"), ("board", "0xC000")):
            self.assertIn("len = " + size, project.read(".fbuild/build/%s/ld/local.eagle.app.v6.common.ld" % environment))
        lines = self.commands(project, "heap")
        script = next(line for line in lines if "eagle.app.v6.common.ld.h" in line)
        self.assertIn("-CC -E -P -DVTABLES_IN_DRAM -DMMU_IRAM_SIZE=0x8000 -DMMU_ICACHE_SIZE=0x4000"
                      " -DMMU_SEC_HEAP_SIZE=0x4000 -DMMU_SEC_HEAP=0x40108000", script)

    def variation(self, options):
        project = self.project({"platformio.ini": self.INI % self.core + options, "src/main.ino": BLINK})
        project.gen("-q")
        return project

    def test_size_is_the_scripts(self):
        out = self.blink.ninja("nodemcu/size", "small/size").out
        self.assertIn("from 1044464 bytes", out)
        self.assertIn("from 454640 bytes", out)
        self.assertIn("from 81920 bytes", out)
        # A script of the project is one too.
        with open(os.path.join(self.core, "tools/sdk/ld/eagle.flash.512k64.ld")) as file:
            text = file.read()
        project = self.variation("[env:own]\nboard = esp01\nboard_build.ldscript = own.flash.1m.ld\n")
        project.write("own.flash.1m.ld", text.replace("0x6eff0", "0xe0000"))
        project.gen("-q")
        project.ninja("own")
        self.assertIn("from 917504 bytes", project.ninja("own/size").out)
        self.assertEqual(project.bytes(".fbuild/build/own/firmware.bin")[3], 0x20)
        # And what it says is looked at when it changes.
        project.edit("own.flash.1m.ld", "0xe0000", "0xe1000")
        project.ninja("own")
        self.assertIn("from 921600 bytes", project.ninja("own/size").out)
        self.assertTrue(project.idle("own"), project.why)

    def test_a_script_named_in_build_flags(self):
        """The old way: it stands for the board's, and says how large the flash is."""
        project = self.project({"platformio.ini": self.INI % self.core + """
[env:old]
board = esp01
build_flags = -Wl,-Tesp8266.flash.4m1m.ld -Wl,-Tdata=0x3FFE8000
""", "src/main.ino": BLINK})
        self.assertRegex(project.gen().err, r"warning: platformio.ini:\d+:\d+: '-Wl,-Tesp8266.flash.4m1m.ld' is taken for"
                         " 'board_build.ldscript = esp8266.flash.4m1m.ld'")
        self.assertIn("from 1044464 bytes", project.ninja("old").out)
        self.assertEqual(project.bytes(".fbuild/build/old/firmware.bin")[3], 0x40)
        link = next(line for line in self.commands(project, "old") if " -o .fbuild/build/old/firmware.elf" in line)
        self.assertIn(" -T eagle.flash.4m1m.ld ", link)
        self.assertIn(" -Wl,-Tdata=0x3FFE8000 ", link)
        self.assertNotIn("esp8266.flash", link)
        self.assertNotIn("512k", link)

    def test_flash_that_no_image_can_say(self):
        """Said at once, not by the image's writer when all is compiled."""
        for option, value, fix in (("f_flash", "40MHz", "40000000L"), ("f_flash", "41000000L", "40000000L"), ("flash_mode", "xio", "qio, qout, dio or dout")):
            with self.subTest(value):
                project = self.project({"platformio.ini": self.INI % self.core + "[env:x]\nboard = esp01\nboard_build.%s = %s\n" % (option, value),
                                        "src/main.ino": BLINK})
                error = project.gen("-q", status=2).err
                self.assertRegex(error, r"platformio.ini:\d+:1: board_build.%s is '%s', .*; it is .*%s" % (option, value, fix))
                self.assertFalse(os.path.exists(project.path(".fbuild/build/x/build.ninja")))

    def test_a_later_core(self):
        """After 3.1.2 the routines for floating point leave the fast memory, unless the project says where they go."""
        core, = self.packages("espressif8266", "framework-arduinoespressif8266")
        shutil.copytree(self.core, core, dirs_exist_ok=True)
        with open(core + "/platform.txt", "w") as out:
            out.write("version=3.2.0-dev\n")
        project = self.project({"platformio.ini": self.INI % core + "[env:fast]\nboard = nodemcuv2\nbuild_flags = -DFP_IN_IRAM\n",
                                "src/main.ino": BLINK})
        project.gen("-q")
        for environment, word, other in (("nodemcu", "-DFP_IN_IROM", "IRAM "), ("fast", "-DFP_IN_IRAM", "IROM ")):
            lines = self.commands(project, environment)
            for what in ("eagle.app.v6.common.ld.h", "/cores/esp8266/main.cpp", "/src/main.ino.cpp"):
                line = next(line for line in lines if what in line)
                self.assertEqual(line.count(word + " "), 1, line)
                self.assertNotIn("FP_IN_" + other, line)

    def test_words_of_the_commands(self):
        """As PlatformIO has them, from the first to the last."""
        P = ".fbuild/build/packages/"
        F = P + "framework-arduinoespressif8266"
        lines = self.commands(self.blink, "nodemcu")
        defines = """-DPLATFORMIO=60118 -DESP8266 -DARDUINO_ARCH_ESP8266 -DARDUINO_ESP8266_NODEMCU_ESP12E -DF_CPU=80000000L
            -D__ets__ -DICACHE_FLASH -D_GNU_SOURCE -DARDUINO=10805 -DARDUINO_BOARD="PLATFORMIO_NODEMCUV2"
            -DARDUINO_BOARD_ID="nodemcuv2" -DFLASHMODE_DIO -DLWIP_OPEN_SRC -DNONOSDK22x_190703=1 -DTCP_MSS=536
            -DLWIP_FEATURES=1 -DLWIP_IPV6=0 -DVTABLES_IN_FLASH -DMMU_IRAM_SIZE=0x8000
            -DMMU_ICACHE_SIZE=0x8000""".split()
        common = """-Os -mlongcalls -mtext-section-literals -falign-functions=4 -U__STRICT_ANSI__ -ffunction-sections
            -fdata-sections -Wall -Werror=return-type -free -fipa-pta""".split()
        includes = ["-I%s/%s" % (F, folder) for folder in
                    ("tools/sdk/include", "cores/esp8266", "tools/sdk/lwip2/include", "variants/nodemcu")]
        compile = shlex.split(next(line for line in lines if "/cores/esp8266/main.cpp" in line))
        compile = compile[compile.index("--") + 1:]
        self.assertEqual(compile[:compile.index("-MMD")], [P + "toolchain-xtensa/bin/xtensa-lx106-elf-g++", "-fno-rtti", "-std=gnu++17",
                                                           "-fno-exceptions", *common, *defines, *includes])
        assemble = shlex.split(next(line for line in lines if "/cores/esp8266/vectors.S" in line))
        assemble = assemble[assemble.index("--") + 1:]
        self.assertEqual(assemble[1:6], ["-mlongcalls", "-mtext-section-literals", "-x", "assembler-with-cpp", "-DPLATFORMIO=60118"])
        link = shlex.split(next(line for line in lines if " -o .fbuild/build/nodemcu/firmware.elf" in line).split(" || ")[0])
        link = link[link.index("$keep") + 1:]  # behind the launcher's file
        B = ".fbuild/build/nodemcu"
        self.assertEqual(link[1:link.index(B + "/src/main.ino.cpp.o")], ["-o", B + "/firmware.elf", "-T", "eagle.flash.4m1m.ld", *"""
            -Os -nostdlib -Wl,--no-check-sections -Wl,-static -Wl,--gc-sections -Wl,-wrap,system_restart_local
            -Wl,-wrap,spi_flash_read -u app_entry -u _printf_float -u _scanf_float -u _DebugExceptionVector
            -u _DoubleExceptionVector -u _KernelExceptionVector -u _NMIExceptionVector -u _UserExceptionVector""".split()])
        tail = link[link.index("-L" + B):]
        self.assertEqual(tail[:6], ["-L" + B, "-L" + B + "/ld", *["-L%s/tools/sdk/%s" % (F, folder) for folder in
                                                                  ("lib", "ld", "lib/NONOSDK22x_190703")], "-Wl,--start-group"])
        self.assertEqual(tail[6], B + "/lib/libFrameworkArduinoVariant.a")  # empty
        self.assertRegex(tail[7], "/libFrameworkArduino.a$")
        self.assertEqual(tail[8:], ["-l" + name for name in """hal phy pp net80211 lwip2-536-feat wpa crypto main wps bearssl
            espnow smartconfig airkiss wpa2 stdc++ m c gcc""".split()] + ["-Wl,--end-group"])

    def test_switches(self):
        project = self.variation("""
[env:more]
board = nodemcu
build_flags =
  -DPIO_FRAMEWORK_ARDUINO_LWIP2_IPV6_HIGHER_BANDWIDTH
  -DPIO_FRAMEWORK_ARDUINO_ESPRESSIF_SDK305
  -DPIO_FRAMEWORK_ARDUINO_WAVEFORM_LOCKED_PHASE
  -DVTABLES_IN_IRAM
""")
        text = "\n".join(self.commands(project, "more"))
        for word in ("-DTCP_MSS=1460 -DLWIP_FEATURES=1 -DLWIP_IPV6=1", "-llwip6-1460-feat", "-DNONOSDK305=1", "/lib/NONOSDK305",
                     "-DWAVEFORM_LOCKED_PHASE=1", "-DVTABLES_IN_IRAM"):
            self.assertIn(word, text)
        for word in ("VTABLES_IN_FLASH", "22x_190703", "lwip2-536"):
            self.assertNotIn(word, text)
        project.ninja("more")

    def test_changes(self):
        core, = self.packages("espressif8266", "framework-arduinoespressif8266")
        shutil.copytree(self.core, core, dirs_exist_ok=True)
        project = self.project({"platformio.ini": self.INI % core, "src/main.ino": BLINK})
        project.build("nodemcu")
        self.assertTrue(project.idle("nodemcu"), project.why)
        # A file that the common script includes: it is made anew, and linked; nothing is compiled.
        for name, line in (("eagle.app.v6.common.ld.vtables.h", "*(.more)\n"), ("eagle.app.v6.common.ld.h", "_more = 7;\n")):
            with open(os.path.join(core, "tools/sdk/ld", name), "a") as out:
                out.write(line)
            out = project.ninja("nodemcu").out
            self.assertIn("link ", out)
            self.assertNotIn("compile", out)
        self.assertEqual(self.symbols(project, "nodemcu")["_more"], 7)
        self.assertTrue(project.idle("nodemcu"), project.why)
        # The loader: only the image.
        subprocess.run(["xtensa-lx106-elf-strip", core + "/bootloaders/eboot/eboot.elf"], check=True)
        out = project.ninja("nodemcu").out
        self.assertIn("firmware.bin", out)
        self.assertNotIn("link", out)
        # An option of the image: the same.
        project.edit("platformio.ini", "board = nodemcuv2", "board = nodemcuv2\nboard_build.f_flash = 80000000L")
        out = project.ninja("nodemcu").out
        self.assertNotIn("link", out)
        self.assertEqual(project.bytes(".fbuild/build/nodemcu/firmware.bin")[3], 0x4F)
        self.assertTrue(project.idle("nodemcu"), project.why)

    def test_uploads(self):
        tty = self.port()
        project = self.variation("""
[env:ck]
board = esp01
upload_port = %s
upload_speed = 460800

[env:dtr]
board = nodemcuv2
upload_port = %s
upload_flags = --no-stub

[env:air]
board = nodemcuv2
upload_port = 192.168.1.7
upload_flags = --auth=secret
""" % (tty, tty))
        self.tools(project, "esptool", "python3")
        project.gen("-q")
        self.assertIn("esptool <--before> <no_reset> <--after> <soft_reset> <--chip> <esp8266> <--port> <%s> <--baud> <460800>"
                      " <write_flash> <0x0> <.fbuild/build/ck/firmware.bin>" % tty, project.ninja("ck/upload").out)
        self.assertIn("esptool <--no-stub> <--before> <default_reset> <--after> <hard_reset> <--chip> <esp8266>", project.ninja("dtr/upload").out)
        self.assertIn("esptool <--chip> <esp8266> <--port> <%s> <erase_flash>" % tty, project.ninja("dtr/erase").out)
        self.assertRegex(project.ninja("air/upload").out, r"python3 <\S+/tools/espota.py> <--auth=secret> <--debug> <--progress> <-i>"
                         r" <192.168.1.7> <-f> <.fbuild/build/air/firmware.bin>")

    def test_file_system_images(self):
        tty = self.port()
        project = self.variation("""
[env:little]
board = nodemcuv2
board_build.filesystem = littlefs
upload_port = %s

[env:spiffs]
board = esp01
upload_port = 192.168.1.7

[env:full]
board = esp01
board_build.ldscript = full.ld

[env:typo]
board = nodemcuv2
board_build.filesystem = litlefs
""" % tty)
        with open(self.core + "/tools/sdk/ld/eagle.flash.512k64.ld") as file:
            project.write("full.ld", re.sub(r"(_FS_\w+) = 0x\w+", r"\1 = 0x0", file.read()))
        project.write("data/index.html", "<p>")
        self.tools(project, "esptool", "python3", "mklittlefs", "mkspiffs")
        run = project.gen()
        self.assertRegex(run.err, "warning: platformio.ini:\\d+:1: 'board_build.filesystem' has no effect: .*'litlefs'; did you mean 'littlefs'")
        self.assertEqual(run.err.count("warning"), 1, run.err)
        out = project.ninja("little/uploadfs").out
        self.assertIn("mklittlefs <-c> <.fbuild/build/little/data> <-p> <256> <-b> <8192> <-s> <1024000> <.fbuild/build/little/littlefs.bin>\nindex.html\n", out)
        self.assertIn("esptool <--before> <default_reset> <--after> <hard_reset> <--chip> <esp8266> <--port> <%s> <--baud> <115200>"
                      " <write_flash> <0x300000> <.fbuild/build/little/littlefs.bin>" % tty, out)
        self.assertEqual(project.read(".fbuild/build/little/littlefs.bin"), "image")
        self.assertFalse(project.exists(".fbuild/build/little/firmware.elf"))
        out = project.ninja("spiffs/uploadfs").out
        self.assertIn("mkspiffs <-c> <.fbuild/build/spiffs/data> <-p> <256> <-b> <4096> <-s> <65536> <.fbuild/build/spiffs/spiffs.bin>", out)
        self.assertIn("<--debug> <--progress> <-i> <192.168.1.7> <-s> <-f> <.fbuild/build/spiffs/spiffs.bin>", out)
        for target in ("full/buildfs", "full/uploadfs"):
            self.assertIn("error: linker script 'full.ld' leaves no room for a file system; board_build.ldscript", project.ninja(target, status=1).out)
        for target in ("typo/buildfs", "typo/uploadfs"):
            self.assertIn("did you mean 'littlefs'", project.ninja(target, status=1).out)
        # A tool that fails leaves nothing to be uploaded.
        project.write("tools/bin/mklittlefs", "#!/bin/sh\nexit 1\n")
        self.assertNotIn("esptool <", project.ninja("little/uploadfs", status=1).out)

    def test_reset_method(self):
        tty = self.port()
        project = self.variation("""
[env:ck]
board = nodemcuv2
upload_port = %s
upload_resetmethod = ck
""" % tty)
        self.tools(project, "esptool")
        self.assertEqual(project.gen().err.count("warning"), 0)
        self.assertIn("esptool <--before> <no_reset> <--after> <soft_reset>", project.ninja("ck/upload").out)

    def test_options_that_nothing_acts_upon(self):
        project = self.variation("""
[env:ck]
board = nodemcuv2
board_build.gzip_fw = yes
board_build.flash_mod = dio
board_build.f_cpu = 160000000L
board_upload.maximum_size = 4194304
board_vendor = me
""")
        err = project.gen().err
        self.assertIn("'board_build.gzip_fw' of platform 'espressif8266' is known but not acted upon yet; it is ignored", err)
        self.assertIn("'board_build.flash_mod' has no effect: nothing of platform 'espressif8266' looks at it; did you mean 'board_build.flash_mode'?", err)
        self.assertEqual(err.count("warning"), 2, err)


def rv32(folder):
    """Debian's compiler under the vendor's names."""
    for name in ("gcc", "g++"):
        # The vendor's compiler has its own list of instruction sets, and no need of these.
        wrapper(folder, "riscv32-esp-elf-" + name, "/usr/bin/riscv64-unknown-elf-" + name, "-mabi=ilp32 -misa-spec=2.2")
    for name in ("as", "gcc-ar", "objcopy"):
        wrapper(folder, "riscv32-esp-elf-" + name, "/usr/bin/riscv64-unknown-elf-" + name)
    return folder


class Esp32(Esp):
    OBJCOPY = "riscv64-unknown-elf-objcopy"
    INI = """\
[env]
platform = espressif32
framework = arduino
platform_packages =
  framework-arduinoespressif32 @ symlink://%s
  framework-arduinoespressif32-libs @ symlink://%s
  toolchain-riscv32-esp @ symlink://%s
  toolchain-xtensa-esp32 @ symlink://%s
  toolchain-xtensa-esp32s3 @ symlink://%s
  toolchain-xtensa-esp-elf @ symlink://%s
"""
    C3 = "[env:c3]\nboard = esp32-c3-devkitm-1\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.core, cls.libs = cls.prebuilt()
        cls.new_core = os.path.join(cls.folder("packages"), "new")
        shutil.copytree(cls.core, cls.new_core)
        shutil.rmtree(cls.new_core + "/tools/sdk")
        with open(cls.new_core + "/platform.txt", "w") as out:
            out.write("name=Small ESP32 core\nversion=3.1.3\n")
        cls.toolchain = rv32(cls.folder("toolchain-riscv32-esp"))
        # No compiler for these: their commands are only read.
        cls.xtensa = cls.folder("toolchain-xtensa")
        for chip in ("esp32", "esp32s3"):
            for name, target in (("gcc", "gcc"), ("g++", "g++"), ("as", "as"), ("gcc-ar", "ar"), ("objcopy", "objcopy")):
                wrapper(cls.xtensa, "xtensa-%s-elf-%s" % (chip, name), "/usr/bin/xtensa-lx106-elf-" + target)
        cls.blink = cls.project({"platformio.ini": cls.ini(cls.core) + cls.C3, "src/main.ino": BLINK})
        cls.blink.build("c3")

    @classmethod
    def prebuilt(cls):
        core, libs = cls.packages("espressif32", "framework-arduinoespressif32", "framework-arduinoespressif32-libs")
        for sdk, flags in ((core + "/tools/sdk/esp32c3", []), (libs + "/esp32c6", [])):
            compile = ["riscv64-unknown-elf-gcc", "-march=rv32imc", "-mabi=ilp32", "-Os", "-ffreestanding", "-fdata-sections"]
            for name, flag in (("hal", ["-DCLOCK"]), ("app_trace", [])):
                subprocess.run([*compile, *flag, "-c", sdk + "/lib/prebuilt.c", "-o", sdk + "/lib/object.o"], check=True)
                subprocess.run(["riscv64-unknown-elf-ar", "rcs", sdk + "/lib/lib%s.a" % name, sdk + "/lib/object.o"], check=True)
            # Its own name begins with lib.
            subprocess.run(["riscv64-unknown-elf-ar", "rcs", sdk + "/lib/liblibsodium.a"], check=True)
            os.unlink(sdk + "/lib/object.o")
            os.makedirs(sdk + "/bin", exist_ok=True)
            for mode in ("qio_80m", "dio_40m"):
                with open(sdk + "/bin/boot.c", "w") as out:
                    out.write("void _start(void) { for (;;) *(volatile int *)0x60000300 = %d; }\n" % (mode == "qio_80m"))
                at = "0x403ce000" if sdk.endswith("c3") else "0x40870000"
                subprocess.run([*compile, "-nostdlib", "-Wl,-Ttext=" + at, "-Wl,--build-id=none", "-o",
                                sdk + "/bin/bootloader_%s.elf" % mode, sdk + "/bin/boot.c"], check=True)
        for name in ("esp32/bin/bootloader_dio_40m.elf", "esp32s3/bin/bootloader_opi_80m.elf"):
            os.makedirs(os.path.dirname(core + "/tools/sdk/" + name))
            open(core + "/tools/sdk/" + name, "w").close()
        with open(core + "/tools/partitions/boot_app0.bin", "wb") as out:
            out.write(bytes(range(256)) * 32)
        return core, libs

    @classmethod
    def ini(cls, core):
        return cls.INI % (core, cls.libs, cls.toolchain, cls.xtensa, cls.xtensa, cls.xtensa)

    def variation(self, options, core=None):
        project = self.project({"platformio.ini": self.ini(core or self.core) + options, "src/main.ino": BLINK})
        project.gen("-q")
        return project

    def check_image(self, project, environment, chip, rodata):
        image = project.bytes(".fbuild/build/%s/firmware.bin" % environment)
        sections = self.sections(project, environment)
        self.assertEqual(list(image[:2]), [0xE9, image[1]])
        # Fast modes are for the bootloader; the ROM starts it with DIO. 80 MHz and 4 MB, or 8.
        self.assertEqual(image[2], 2)
        self.assertEqual(words_le(image, 4, 1), [self.entry(project, environment)])
        self.assertEqual(image[12], chip)
        self.assertEqual(image[23], 1)
        segments, end = self.segments(image, 0, 24)
        self.assertEqual(image[end:], hashlib.sha256(image[:end]).digest())
        by_address = dict(segments)
        # Pages of flash are mapped to addresses with the same end.
        self.assertEqual(sections[".flash.text"][0] >> 24, 0x42)
        self.assertEqual(sections[".flash.rodata"][0], rodata)
        self.assertIn(sections[".flash.text"][0], by_address)
        # The digest of the program stands in its descriptor, at 0xb0 of the image.
        elf = project.bytes(".fbuild/build/%s/firmware.elf" % environment)
        self.assertEqual(image[0xB0:0xD0], hashlib.sha256(elf).digest())
        first = by_address[rodata]
        self.assertEqual(first[:4], bytes.fromhex("3254cdab"))
        self.assertEqual(first[0xB0:], self.section(project, environment, ".flash.rodata")[0xB0:])
        return image

    def test_image(self):
        image = self.check_image(self.blink, "c3", 5, 0x3C000020)
        self.assertEqual(image[3], 0x2F)
        symbols = self.symbols(self.blink, "c3")
        self.assertEqual(self.entry(self.blink, "c3"), symbols["call_start_cpu0"])
        self.assertEqual(symbols["part_rom_delay"], 0x40000010)
        boot = self.blink.bytes(".fbuild/build/c3/bootloader.bin")
        self.assertEqual(list(boot[:4]), [0xE9, 1, 2, 0x2F])
        self.assertEqual(boot[12], 5)
        self.assertEqual(self.segments(boot, 0, 24)[0][0][0], 0x403CE000)
        # The variant's function stands for the core's weak one.
        self.assertIn("-DARDUINO_CORE_BUILD", next(line for line in self.commands(self.blink, "c3") if "variant.cpp" in line))
        listing = subprocess.run(["riscv64-unknown-elf-objdump", "-d", "--disassemble=variant_led", self.blink.path(".fbuild/build/c3/firmware.elf")],
                                 capture_output=True, text=True, check=True).stdout
        self.assertRegex(listing, r"li\s+a0,1")

    def partitions(self, project, environment):
        data = project.bytes(".fbuild/build/%s/partitions.bin" % environment)
        self.assertEqual(len(data), 0xC00)
        out = []
        for at in range(0, len(data), 32):
            entry = data[at:at + 32]
            if entry[:2] == b"\xeb\xeb":
                self.assertEqual(entry[16:], hashlib.md5(data[:at]).digest())
                break
            self.assertEqual(entry[:2], b"\xaa\x50")
            out.append((entry[12:28].rstrip(b"\0").decode(), *words_le(entry, 4, 2)))
        return out

    def test_partitions(self):
        self.assertIn(("app0", 0x10000, 0x140000), self.partitions(self.blink, "c3"))
        self.assertIn("from 1310720 bytes", self.blink.ninja("c3/size").out)
        project = self.project({"platformio.ini": self.ini(self.core) + """
[env:huge]
board = esp32-c3-devkitm-1
board_build.partitions = huge_app.csv

[env:own]
board = esp32-c3-devkitm-1
board_build.partitions = tables/own-table.csv
""", "src/main.ino": BLINK, "tables/own-table.csv": "nvs,data,nvs,0x9000,0x5000,\nmain,0,factory,,0x150000\n"})
        project.gen("-q")
        project.ninja("huge", "own")
        self.assertIn(("app0", 0x10000, 3 << 20), self.partitions(project, "huge"))
        self.assertIn("from 3145728 bytes", project.ninja("huge/size").out)
        self.assertEqual(self.partitions(project, "own"), [("nvs", 0x9000, 0x5000), ("main", 0x10000, 0x150000)])
        self.assertIn("from 1376256 bytes", project.ninja("own/size").out)
        text = "\n".join(self.commands(project, "own"))
        self.assertIn("-DARDUINO_PARTITION_own_table ", text)
        self.assertIn("-DARDUINO_PARTITION_huge_app ", "\n".join(self.commands(project, "huge")))
        # Its content is an input of the table and of the limit, and of nothing that is compiled.
        self.assertTrue(project.idle("own"), project.why)
        project.edit("tables/own-table.csv", "0x150000", "0x160000")
        out = project.ninja("own").out
        self.assertNotIn("compile", out)
        self.assertNotIn("link", out)
        self.assertEqual(self.partitions(project, "own")[1], ("main", 0x10000, 0x160000))
        self.assertIn("from 1441792 bytes", project.ninja("own/size").out)
        self.assertTrue(project.idle("own"), project.why)
        # A table that is none says which line.
        project.edit("tables/own-table.csv", "factory", "factroy")
        run = project.ninja("own", status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("tables/own-table.csv:2", run.out)

    def test_named_partition_of_the_program(self):
        project = self.project({"platformio.ini": self.ini(self.core) + self.C3 + """\
board_build.partitions = own.csv
board_build.app_partition_name = two
""", "src/main.ino": BLINK, "own.csv": "nvs,data,nvs,0x9000,0x5000,\none,app,factory,,1M\ntwo,app,ota_0,,0x150000\n"})
        project.build("c3")
        self.assertIn("from 1376256 bytes", project.ninja("c3/size").out)
        project.edit("platformio.ini", "name = two", "name = tow")
        self.assertError(project.gen(status=None), "'tow', which board_build.app_partition_name names")

    def test_file_system_images(self):
        tty = self.port()
        project = self.project({"platformio.ini": self.ini(self.core) + """
[env:spiffs]
board = esp32-c3-devkitm-1
upload_port = %s

[env:little]
board = esp32-c3-devkitm-1
board_build.filesystem = littlefs
board_build.partitions = own.csv
upload_protocol = esp-builtin

[env:named]
board = esp32-c3-devkitm-1
board_build.filesystem = fatfs
board_build.filesystem_partition = web
board_build.partitions = own.csv
upload_port = %s

[env:air]
board = esp32-c3-devkitm-1
upload_port = thing.local

[env:none]
board = esp32-c3-devkitm-1
board_build.partitions = none.csv
""" % (tty, tty), "src/main.ino": BLINK, "data/a": "1",
                               "own.csv": "nvs,data,nvs,0x9000,0x5000,\nmain,0,factory,,1M\nweb,data,fat,,64K\nlog,data,spiffs,,128K\ncore,data,coredump,,64K\n",
                               "none.csv": "nvs,data,nvs,0x9000,0x5000,\nmain,0,factory,,1M\n"})
        self.tools(project, "esptool", "python3", "openocd", "mklittlefs", "mkspiffs", "mkfatfs")
        os.makedirs(project.path("tools/share/openocd/scripts/target"))
        project.write("tools/share/openocd/scripts/target/esp_common.cfg", "")
        self.assertEqual(project.gen().err.count("warning"), 0)
        B = ".fbuild/build/"
        out = project.ninja("spiffs/uploadfs").out
        self.assertIn("mkspiffs <-c> <%sspiffs/data> <-p> <256> <-b> <4096> <-s> <%d> <%sspiffs/spiffs.bin>\na\n" % (B, 0x170000, B), out)
        self.assertIn("esptool <--chip> <esp32c3> <--port> <%s> <--baud> <460800> <--before> <default_reset> <--after> <hard_reset> <write_flash>"
                      " <-z> <--flash_mode> <dio> <--flash_freq> <80m> <--flash_size> <4MB> <0x290000> <%sspiffs/spiffs.bin>" % (tty, B), out)
        self.assertFalse(project.exists(B + "spiffs/firmware.elf"))
        out = project.ninja("little/uploadfs").out
        self.assertIn("mklittlefs <-c> <%slittle/data> <-p> <256> <-b> <4096> <-s> <131072> <%slittle/littlefs.bin>" % (B, B), out)
        self.assertIn("<-c> <program_esp {%slittle/littlefs.bin} 0x120000 verify> <-c> <reset run; shutdown>" % B, out)
        # 4 KiB of a FAT partition are for wear levelling.
        out = project.ninja("named/uploadfs").out
        self.assertIn("mkfatfs <-c> <%snamed/data> <-s> <61440> <%snamed/fatfs.bin>" % (B, B), out)
        self.assertIn("<0x111000> <%snamed/fatfs.bin>" % B, out)
        self.assertIn("<-i> <thing.local> <--spiffs> <-f> <%sair/spiffs.bin>" % B, project.ninja("air/uploadfs").out)
        for target in ("none/buildfs", "none/uploadfs"):
            self.assertIn("none.csv: has no partition for a file system", project.ninja(target, status=1).out)

    def test_missing_table(self):
        project = self.project({"platformio.ini": self.ini(self.core) + self.C3 + "board_build.partitions = hugeapp.csv\n", "src/main.ino": BLINK})
        self.assertError(project.gen(status=None), "platformio.ini:", "'hugeapp.csv'", "no such file")

    def test_flash_options(self):
        project = self.variation("""
[env:slow]
board = esp32-c3-devkitm-1
board_build.flash_mode = dio
board_build.f_flash = 40000000L
board_upload.flash_size = 8MB
""")
        os.makedirs(os.path.join(self.core, "tools/sdk/esp32c3/dio_qspi/include"), exist_ok=True)
        shutil.copy(os.path.join(self.core, "tools/sdk/esp32c3/qio_qspi/include/sdkconfig.h"),
                    os.path.join(self.core, "tools/sdk/esp32c3/dio_qspi/include"))
        project.ninja("slow")
        for name in ("firmware", "bootloader"):
            self.assertEqual(list(project.bytes(".fbuild/build/slow/%s.bin" % name)[2:4]), [2, 0x30])
        self.assertIn("bootloader_dio_40m.elf", "\n".join(self.commands(project, "slow")))
        self.assertIn("/esp32c3/dio_qspi/include", "\n".join(self.commands(project, "slow")))

    def test_whole_flash(self):
        self.blink.ninja("c3/firmware.factory.bin", "c3/flash.bin")
        parts = {0: "bootloader.bin", 0x8000: "partitions.bin", 0x10000: "firmware.bin"}
        for name in ("firmware.factory.bin", "flash.bin"):
            whole = self.blink.bytes(".fbuild/build/c3/" + name)
            for at, part in parts.items():
                content = self.blink.bytes(".fbuild/build/c3/" + part)
                self.assertEqual(whole[at:at + len(content)], content)
            self.assertEqual(whole[0xE000:0xE100], bytes(range(256)))
            self.assertEqual(whole[0x7FFF], 0xFF)
        self.assertEqual(len(whole), 4 << 20)
        # When all is clean they are made all the same.
        self.blink.remove(".fbuild/build/c3/flash.bin")
        self.blink.ninja("c3")
        self.blink.ninja("c3/flash.bin")
        self.assertEqual(self.blink.bytes(".fbuild/build/c3/flash.bin"), whole)

    def test_three(self):
        """Core 3.x: its flags are files of a second package."""
        project = self.variation("[env:c6]\nboard = esp32-c6-devkitc-1\n", self.new_core)
        project.ninja("c6")
        self.check_image(project, "c6", 13, 0x42000020)
        compile = shlex.split(next(line for line in self.commands(project, "c6") if " -c .fbuild/build/c6/sketch/" in line))
        L = ".fbuild/build/packages/framework-arduinoespressif32-libs/esp32c6/"
        F = ".fbuild/build/packages/framework-arduinoespressif32/"
        program = next(i for i, word in enumerate(compile) if word.endswith("elf-g++"))
        self.assertEqual(compile[program + 1:compile.index("-MMD")], """-march=rv32imac_zicsr_zifencei -ffunction-sections -fdata-sections -gdwarf-4
            -ggdb -nostartfiles -std=gnu++2b -fno-exceptions -fno-rtti -Werror=return-type -Os -DPLATFORMIO=60118 -DESP_PLATFORM
            -DIDF_VER="v5.3.2" -DSOC_MMU_PAGE_SIZE=CONFIG_MMU_PAGE_SIZE -DARDUINO_ARCH_ESP32 -DESP32 -DF_CPU=160000000L
            -DARDUINO=10812 -DARDUINO_VARIANT="esp32c6" """.split()
            + ['-DARDUINO_BOARD="Espressif ESP32-C6-DevKitC-1"', "-DARDUINO_PARTITION_default", "-Isrc"]
            + ["-I" + L + "include/newlib/platform_include", "-I" + L + "include/hal/include", "-I" + L + "qio_qspi/include",
               "-I" + F + "cores/esp32", "-I" + F + "variants/esp32c6", "-iquote", "src"])
        link = next(line for line in self.commands(project, "c6") if " -o .fbuild/build/c6/firmware.elf" in line)
        self.assertIn("-u esp_app_desc -T esp32c6.rom.ld -T memory.ld -T sections.ld -Wl,-Map=.fbuild/build/c6/firmware.map", link)
        self.assertTrue(project.idle("c6"), project.why)
        # The files are looked at: other flags, other objects.
        path = os.path.join(self.libs, "esp32c6/flags/cpp_flags")
        with open(path) as file:
            before = file.read()
        try:
            with open(path, "w") as out:
                out.write(before.replace("-gdwarf-4", "-gdwarf-5"))
            self.assertIn("compile", project.ninja("c6").out)
            self.assertIn("-gdwarf-5", "\n".join(self.commands(project, "c6")))
        finally:
            with open(path, "w") as out:
                out.write(before)

    def test_words_of_the_xtensa_commands(self):
        """Nothing here compiles for these parts: the commands are PlatformIO's, word by word."""
        project = self.variation("[env:dev]\nboard = esp32dev\n")
        lines = self.commands(project, "dev")
        P = ".fbuild/build/packages/"
        F, S = P + "framework-arduinoespressif32/", P + "framework-arduinoespressif32/tools/sdk/esp32/"
        compile = shlex.split(next(line for line in lines if "/cores/esp32/main.cpp" in line))
        compile = compile[compile.index("--") + 1:]
        self.assertEqual(compile[:compile.index("-MMD")], [
            P + "toolchain-xtensa-esp32/bin/xtensa-esp32-elf-g++", *"""-mlongcalls -Wno-frame-address -ffunction-sections -fdata-sections
            -ggdb -std=gnu++11 -fexceptions -fno-rtti -Os -DPLATFORMIO=60118 -DARDUINO_ESP32_DEV -DHAVE_CONFIG_H
            -DMBEDTLS_CONFIG_FILE="mbedtls/esp_config.h" -DIDF_VER="v4.4.7" -DESP_PLATFORM -DARDUINO_ARCH_ESP32 -DESP32
            -DF_CPU=240000000L -DARDUINO=10812 -DARDUINO_VARIANT="esp32" """.split(), '-DARDUINO_BOARD="Espressif ESP32 Dev Module"',
            "-DARDUINO_PARTITION_default", "-DARDUINO_CORE_BUILD", "-I" + S + "include/newlib/platform_include",
            "-I" + S + "include/xtensa/esp32/include", "-I" + S + "dio_qspi/include", "-I" + F + "cores/esp32", "-I" + F + "variants/esp32"])
        link = shlex.split(next(line for line in lines if " -o .fbuild/build/dev/firmware.elf" in line).split(" || ")[0])
        link = link[link.index("$keep") + 1:]  # behind the launcher's file
        B = ".fbuild/build/dev"
        self.assertEqual(link[:link.index(B + "/src/main.ino.cpp.o")], [
            P + "toolchain-xtensa-esp32/bin/xtensa-esp32-elf-g++", "-o", B + "/firmware.elf", *"""-T esp32.rom.redefined.ld -T memory.ld
            -T sections.ld -mlongcalls -Wl,--cref -Wl,--gc-sections -fno-rtti -fno-lto -u ld_include_hli_vectors_bt -u _Z5setupv
            -Wl,--wrap=longjmp -Wl,--undefined=uxTopUsedPriority""".split(), "-Wl,-Map=" + B + "/firmware.map"])
        tail = link[link.index("-L" + B):]
        self.assertEqual(tail[:5], ["-L" + B, "-L" + S + "lib", "-L" + S + "ld", "-L" + S + "dio_qspi", "-Wl,--start-group"])
        self.assertEqual(tail[6:], ["-lesp_ringbuf", "-llibsodium", "-lxtensa", "-lesp_ringbuf", "-lgcc", "-Wl,--end-group"])
        image = next(line for line in lines if "-o .fbuild/build/dev/firmware.bin" in line)
        self.assertIn("esp --chip esp32 --flash-mode dio --flash-freq 40m --flash-size 4MB --elf-sha256-offset 0xb0 -o", image)
        self.assertIn("bootloader_dio_40m.elf", "\n".join(lines))

    def test_boards_with_octal_memory(self):
        project = self.variation("[env:s3]\nboard = esp32-s3-devkitc-1\nboard_build.arduino.memory_type = opi_opi\nboard_build.partitions = default.csv\n")
        text = "\n".join(self.commands(project, "s3"))
        for word in ("/xtensa-esp32s3-elf-g++", "/sdk/esp32s3/opi_opi/include", "--chip esp32s3 --flash-mode dout --flash-freq 80m",
                     "bootloader_opi_80m.elf"):
            self.assertIn(word, text)

    def test_unflags_reach_the_flags_that_were_read(self):
        project = self.variation(self.C3 + "build_unflags = -std=gnu++11 -DIDF_VER\nbuild_flags = -std=gnu++17\n")
        line = next(line for line in self.commands(project, "c3") if " -c .fbuild/build/c3/sketch/" in line)
        self.assertIn("-std=gnu++17", line)
        self.assertNotIn("gnu++11", line)
        self.assertNotIn("IDF_VER", line)
        project.ninja("c3")

    def test_uploads(self):
        tty = self.port()
        project = self.variation("""
[env:serial]
board = esp32-c3-devkitm-1
upload_port = %s
upload_speed = 115200

[env:air]
board = esp32-c3-devkitm-1
upload_port = thing.local

[env:jtag]
board = esp32-c3-devkitm-1
upload_protocol = esp-builtin
""" % tty)
        self.tools(project, "esptool", "python3", "openocd", "qemu-system-riscv32")
        os.makedirs(project.path("tools/share/openocd/scripts/target"))
        os.makedirs(project.path("tools/share/qemu"))
        project.write("tools/share/openocd/scripts/target/esp_common.cfg", "")
        project.gen("-q")
        B, F = ".fbuild/build/serial", ".fbuild/build/packages/framework-arduinoespressif32"
        self.assertIn("esptool <--chip> <esp32c3> <--port> <%s> <--baud> <115200> <--before> <default_reset> <--after> <hard_reset>"
                      " <write_flash> <-z> <--flash_mode> <dio> <--flash_freq> <80m> <--flash_size> <4MB> <0x0000> <%s/bootloader.bin>"
                      " <0x8000> <%s/partitions.bin> <0xe000> <%s/tools/partitions/boot_app0.bin> <0x10000> <%s/firmware.bin>"
                      % (tty, B, B, F, B), project.ninja("serial/upload").out)
        self.assertIn("<--debug> <--progress> <-i> <thing.local> <-f> <.fbuild/build/air/firmware.bin>", project.ninja("air/upload").out)
        self.assertIn("openocd <-d1> <-f> <interface/esp_usb_jtag.cfg> <-f> <target/esp32c3.cfg> <-c> <adapter speed 5000>"
                      " <-c> <program_esp {.fbuild/build/jtag/firmware.bin} 0x10000 verify>", project.ninja("jtag/upload").out)
        # Another QEMU does not know the part, and is not asked.
        self.assertIn("tool-qemu-riscv32", project.ninja("serial/emulate", status=1).out)
        project.write("tools/share/qemu/esp32c3-rom.bin", "")
        project.gen("-q")
        self.assertIn("qemu-system-riscv32 <-nographic> <-machine> <esp32c3> <-drive> <file=%s/flash.bin,if=mtd,format=raw>" % B,
                      project.ninja("serial/emulate").out)
        self.assertEqual(len(project.bytes(B + "/flash.bin")), 4 << 20)

    def test_changes(self):
        project = self.project({"platformio.ini": self.ini(self.core) + self.C3, "src/main.ino": BLINK})
        project.build("c3")
        self.assertTrue(project.idle("c3"), project.why)
        project.edit("src/main.ino", "delay(500)", "delay(600)")
        project.runs()
        project.ninja("c3")
        self.assertEqual(len(project.compiled()), 1)
        self.assertTrue(project.idle("c3"), project.why)

    def test_missing_second_package(self):
        project = self.project({"platformio.ini": re.sub(r".*-libs @.*\n", "", self.ini(self.new_core)) + "[env:c6]\nboard = esp32-c6-devkitc-1\n",
                                "src/main.ino": BLINK})
        self.assertError(project.gen(status=None), "framework-arduinoespressif32-libs")

    def test_part_that_this_core_does_not_have(self):
        project = self.project({"platformio.ini": self.ini(self.core) + "[env:c6]\nboard = esp32-c6-devkitc-1\n", "src/main.ino": BLINK})
        self.assertError(project.gen(status=None), "esp32c6")


if __name__ == "__main__":
    unittest.main()
