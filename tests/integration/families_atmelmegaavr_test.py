"""Atmel's megaAVR, with the cores' layouts in small. Debian's compiler knows the architecture but
not the parts: the small toolchain package adds what it is not told (where memories begin, the
startup object) as the vendor's package does, with Debian's programs below."""

import os
import re
import subprocess
import unittest

from family_project import BLINK, Family
from project import TOOLS

INI = """\
[env]
platform = atmelmegaavr
framework = arduino
platform_packages =
  toolchain-atmelavr @ symlink://%s
  framework-arduino-megaavr @ symlink://%s
  framework-arduino-megaavr-megacorex @ symlink://%s
  framework-arduino-megaavr-megatinycore @ symlink://%s

[env:wifi]
board = uno_wifi_rev2

[env:every]
board = nano_every

[env:corex]
board = ATmega4809

[env:tiny]
board = ATtiny1616
"""


class AtmelMegaAvr(Family):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.places = cls.packages("atmelmegaavr", "toolchain-atmelavr", "framework-arduino-megaavr",
                                  "framework-arduino-megaavr-megacorex", "framework-arduino-megaavr-megatinycore")
        toolchain = cls.places[0]
        os.makedirs(toolchain + "/bin")
        os.makedirs(toolchain + "/dev/avrxmega3")
        for tool in TOOLS:
            own = " -B%s/dev" % toolchain if tool in ("avr-gcc", "avr-g++") else ""
            with open(os.path.join(toolchain, "bin", tool), "w") as out:
                out.write('#!/bin/sh\nexec /usr/bin/%s%s "$@"\n' % (tool, own))
            os.chmod(os.path.join(toolchain, "bin", tool), 0o755)
        for part in ("atmega4809", "attiny1616"):
            for folder in ("dev", "dev/avrxmega3"):
                subprocess.run(["avr-gcc", "-mmcu=avrxmega3", "-c", toolchain + "/crt.S", "-o", "%s/%s/crt%s.o" % (toolchain, folder, part)],
                               check=True)
        cls.blink = cls.project({"platformio.ini": INI % tuple(cls.places), "src/main.ino": BLINK})
        cls.blink.build("wifi", "every", "corex", "tiny")

    def test_images(self):
        for board, begin, data in (("wifi", 0x200, 0x802800), ("every", 0, 0x802800), ("corex", 0, 0x802800), ("tiny", 0, 0x803800)):
            with self.subTest(board):
                sections, symbols = self.sections(self.blink, board), self.symbols(self.blink, board)
                self.assertEqual(sections[".text"][0], begin)
                self.assertEqual(sections[".data"][0], data)
                self.assertEqual(symbols["__vectors"], begin)
                self.assertIn("avr:103", self.elf(self.blink, board, "-h"))
                self.assertEqual(self.blink.firmware(board),
                                 self.objcopied(self.blink, board, "ihex", "-R", ".eeprom", objcopy="avr-objcopy"))
                # The variant's strong symbol, not the core's weak one.
                self.assertIn("variant_name", symbols)

    def words(self, environment, text):
        return next(line for line in self.commands(self.blink, environment) if text in line)

    def test_order_of_the_commands(self):
        line = self.words("wifi", "/cores/arduino/main.cpp")
        at = line.index("-std=gnu++11")
        packages = ".fbuild/build/packages/"
        core = packages + "framework-arduino-megaavr/"
        self.assertTrue(line[at:].startswith(
            "-std=gnu++11 -fno-exceptions -fno-threadsafe-statics -fpermissive -Wno-error=narrowing -mmcu=atmega4809 -Os -w "
            "-ffunction-sections -fdata-sections -flto -DPLATFORMIO=60118 -DARDUINO_AVR_UNO_WIFI_REV2 -DUNO_WIFI_REV2_328MODE "
            "-DMILLIS_USE_TIMERB3 -DF_CPU=16000000L -DARDUINO_ARCH_MEGAAVR -DARDUINO=10808 -DUSB_VID=0x03eb -DUSB_PID=0x2145 "
            "'-DUSB_PRODUCT=\"Arduino Uno WiFi Rev2\"' '-DUSB_MANUFACTURER=\"Arduino\"' "
            "-I%scores/arduino/api/deprecated -I%scores/arduino -I%svariants/uno2018 " % (core, core, core)), line[at:])
        link = self.words("wifi", " -o .fbuild/build/wifi/firmware.elf")
        self.assertIn("-mmcu=atmega4809 -Os -flto -Wl,--gc-sections -Wl,--section-start=.text=0x200 -fuse-linker-plugin", link)
        self.assertRegex(link, r"FrameworkArduinoVariant\S*/variant\.c\.o.* \S*libFrameworkArduino\.a -lm")
        self.assertIn("-Wl,--section-start=.text=0x0 ", self.words("every", " -o .fbuild/build/every/firmware.elf"))
        line = self.words("tiny", "/cores/megatinycore/main.cpp")
        self.assertIn("-std=gnu++17 -fpermissive -fno-exceptions -fno-threadsafe-statics -flto -Wno-sized-deallocation "
                      "-Wno-error=narrowing -mmcu=attiny1616 -Os -w -ffunction-sections -fdata-sections -flto -mrelax ", line)
        self.assertIn("-DCLOCK_SOURCE=0 '-DMEGATINYCORE=\"2.6.10\"' -DMEGATINYCORE_MAJOR=2UL -DMEGATINYCORE_MINOR=6UL "
                      "-DMEGATINYCORE_PATCH=10UL -DMEGATINYCORE_RELEASED=1 -DCORE_ATTACH_ALL -DTWI_MORS ", line)

    def test_uploads(self):
        tty = self.serial_port()
        ini = INI % tuple(self.places) + "\n[env:tiny2]\nboard = ATtiny1616\nupload_protocol = serialupdi\nupload_flags = -v\n" \
            "\n[env:boot]\nboard = ATmega4809\nupload_protocol = arduino\n"
        project = self.project({"platformio.ini": ini, "src/main.ino": BLINK})
        self.tools(project, "avrdude")
        run = {"PLATFORMIO_UPLOAD_PORT": tty}
        build = ".fbuild/build/"
        self.assertIn("avrdude <-p> <atmega4809> <-c> <xplainedmini_updi> <-Ufuse2:w:0x01:m> <-Ufuse5:w:0xC9:m> <-Ufuse8:w:0x02:m> "
                      "<-Ulock:w:0xC5:m> <-U> <flash:w:%spackages/framework-arduino-megaavr/bootloaders/atmega4809_uart_bl.hex:i> "
                      "<-b> <115200> <-V> <-e> <-D> <-P> <usb> <-U> <flash:w:%swifi/firmware.hex:i>\n" % (build, build),
                      project.ninja("wifi/upload").out)
        self.assertIn("avrdude <-p> <atmega4809> <-c> <jtag2updi> <-Ufuse2:w:0x01:m> <-Ufuse5:w:0xC9:m> <-Ufuse8:w:0x00:m> "
                      "<-Ulock:w:0xC5:m> <-b> <115200> <-V> <-e> <-D> <-P> <%s> <-U> <flash:w:%severy/firmware.hex:i>\n" % (tty, build),
                      project.ninja("every/upload", env=run).out)
        self.assertIn("avrdude <-v> <-p> <attiny1616> <-c> <serialupdi> <-b> <115200> <-P> <%s> <-U> <flash:w:%stiny2/firmware.hex:i>\n"
                      % (tty, build), project.ninja("tiny2/upload", env=run).out)
        self.assertIn("avrdude <-p> <atmega4809> <-c> <arduino> <-D> <-b> <115200> <-P> <%s> <-U> <flash:w:%sboot/firmware.hex:i>\n"
                      % (tty, build), project.ninja("boot/upload", env=run).out)
        self.assertEqual(self.sections(project, "boot")[".text"][0], 0x200)

    def test_core_without_a_compiler_for_it(self):
        """Debian 12's compiler is not taken: it has no such part. A later one has."""
        ini = re.sub(r"  toolchain-atmelavr.*\n", "", INI % tuple(self.places))
        project = self.project({"platformio.ini": ini, "src/main.ino": BLINK})
        version = project.run(["avr-gcc", "-dumpversion"]).out.strip()
        if int(version.split(".")[0]) < 8:
            self.assertError(project.gen(status=None), "it is %s, which platform 'atmelmegaavr' does not take" % version, "fbuild-gen --install")
            return
        project.gen("-q")
        project.ninja("wifi")
        self.assertEqual(self.sections(project, "wifi")[".text"][0], 0x200)

    def test_dx_commands(self):
        """DxCore's words only: nothing here links for its parts."""
        core = self.places[3]
        copy, = self.packages("atmelmegaavr", "framework-arduino-megaavr-megatinycore")
        os.rename(copy + "/cores/megatinycore", copy + "/cores/dxcore")
        os.rename(copy + "/variants/txy6", copy + "/variants/48pin-standard")
        ini = INI % tuple(self.places) + "\n[env:dx]\nboard = AVR128DB48\nboard_hardware.mvio_enable = yes\nplatform_packages =\n" \
            "  toolchain-atmelavr @ symlink://%s\n  framework-arduino-megaavr-dxcore @ symlink://%s\n" % (self.places[0], copy)
        project = self.project({"platformio.ini": ini, "src/main.ino": BLINK})
        project.gen("-q", "-e", "dx")
        lines = project.run(["ninja", "-f", ".fbuild/build/dx/build.ninja", "-t", "commands"]).out.splitlines()
        line = next(line for line in lines if "/cores/dxcore/main.cpp" in line)
        self.assertIn("-DCLOCK_SOURCE=0 '-DDXCORE=\"2.6.10\"' -DDXCORE_MAJOR=2UL -DDXCORE_MINOR=6UL -DDXCORE_PATCH=10UL -DDXCORE_RELEASED=1 "
                      "-DCORE_ATTACH_ALL -DMVIO_ENABLED -DTWI_MORS_SINGLE -DMILLIS_USE_TIMERB2 ", line)
        link = next(line for line in lines if " -o .fbuild/build/dx/firmware.elf" in line)
        self.assertIn("-fuse-linker-plugin -mrelax -Wl,--section-start=.FLMAP_SECTION1=0x8000 -Wl,--section-start=.FLMAP_SECTION2=0x10000 "
                      "-Wl,--section-start=.FLMAP_SECTION3=0x18000", link)

    def test_warm(self):
        self.assertTrue(self.blink.idle("wifi", "every", "corex", "tiny"), self.blink.why)


if __name__ == "__main__":
    unittest.main()
