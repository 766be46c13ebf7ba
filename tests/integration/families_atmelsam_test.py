"""Atmel's SAM: SAM D with Arduino's and Adafruit's cores in small, and SAM3X."""

import os
import subprocess
import unittest

from family_project import BLINK, Family

INI = """\
[env]
platform = atmelsam
framework = arduino
platform_packages =
  framework-arduino-samd @ symlink://%s
  framework-arduino-samd-adafruit @ symlink://%s
  framework-arduino-sam @ symlink://%s
  framework-cmsis @ symlink://%s
  framework-cmsis-atmel @ symlink://%s

[env:zero]
board = zero

[env:nano]
board = nano_33_iot

[env:m0]
board = adafruit_feather_m0

[env:m4]
board = adafruit_feather_m4

[env:due]
board = due
"""


class AtmelSam(Family):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.places = cls.packages("atmelsam", "framework-arduino-samd", "framework-arduino-samd-adafruit",
                                  "framework-arduino-sam", "framework-cmsis", "framework-cmsis-atmel")
        # The vendor has this library compiled.
        sam = cls.places[2]
        subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-Os", "-c", sam + "/system/libsam/chip_wait.c",
                        "-o", sam + "/chip_wait.o"], check=True)
        subprocess.run(["arm-none-eabi-ar", "rcs", sam + "/variants/arduino_due_x/libsam_sam3x8e_gcc_rel.a", sam + "/chip_wait.o"],
                       check=True)
        cls.blink = cls.project({"platformio.ini": INI % tuple(cls.places), "src/main.ino": BLINK})
        cls.blink.build("zero", "nano", "m0", "m4", "due")

    def test_images(self):
        for board, begin, stack, fpu in (("zero", 0x2000, 0x20008000, False), ("nano", 0x2000, 0x20008000, False),
                                         ("m0", 0x2000, 0x20008000, False), ("m4", 0x4000, 0x20030000, True),
                                         ("due", 0x80000, 0x20088000, False)):
            with self.subTest(board):
                sections, symbols = self.sections(self.blink, board), self.symbols(self.blink, board)
                self.assertEqual(sections[".text"][0], begin)
                self.assertEqual(sections[".relocate" if board == "due" else ".data"], (0x20070000 if board == "due" else 0x20000000, 4))
                self.assertEqual(self.entry(self.blink, board), symbols["Reset_Handler"])
                self.assertEqual("VFP registers" in self.elf(self.blink, board, "-A"), fpu)
                image = self.blink.bytes(".fbuild/build/%s/firmware.bin" % board)
                self.assertEqual(image, self.objcopied(self.blink, board, "binary"))
                self.assertEqual(image[:8], stack.to_bytes(4, "little") + symbols["Reset_Handler"].to_bytes(4, "little"))
                self.blink.ninja(board + "/firmware.hex")
                self.assertEqual(self.blink.firmware(board), self.objcopied(self.blink, board, "ihex", "-R", ".eeprom"))

    def test_uf2(self):
        for board, family, begin in (("m0", 0x68ED2B88, 0x2000), ("m4", 0x55114460, 0x4000), ("zero", 0x68ED2B88, 0x2000)):
            with self.subTest(board):
                self.blink.ninja(board + "/firmware.uf2")
                self.assertEqual(self.uf2(self.blink, board, family, begin).rstrip(b"\0"),
                                 self.objcopied(self.blink, board, "binary").rstrip(b"\0"))

    def test_size_counts_what_is_relocated(self):
        text = self.blink.ninja("due/size").out
        sections = self.sections(self.blink, "due")
        self.assertIn("used %d bytes from 98304" % (sections[".relocate"][1] + sections[".bss"][1]), text)

    def test_order_of_the_commands(self):
        """PlatformIO's words in its order, for a board of each kind."""
        def includes(line):
            return [word[2:] for word in line.split() if word.startswith("-I")]
        packages = ".fbuild/build/packages/"
        line = next(line for line in self.commands(self.blink, "zero") if "/cores/arduino/main.cpp" in line)
        at = line.index("-fno-rtti")
        self.assertTrue(line[at:].startswith(
            "-fno-rtti -fno-exceptions -std=gnu++11 -fno-threadsafe-statics -mcpu=cortex-m0plus -mthumb -Os -ffunction-sections "
            "-fdata-sections -Wall -nostdlib --param max-inline-insns-single=500 -DPLATFORMIO=60118 -DARDUINO_SAMD_ZERO "
            "-D__SAMD21G18A__ -DARDUINO=10805 -DF_CPU=48000000L -DUSBCON -DUSB_VID=0x2341 -DUSB_PID=0x804D "
            "'-DUSB_PRODUCT=\"Arduino Zero\"' '-DUSB_MANUFACTURER=\"Arduino\"' -DARDUINO_ARCH_SAMD -I"), line[at:])
        core = packages + "framework-arduino-samd/"
        cmsis = [packages + "framework-cmsis/CMSIS/Core/Include", packages + "framework-cmsis-atmel/CMSIS/Device/ATMEL"]
        self.assertEqual(includes(line), [core + "cores/arduino/api/deprecated", core + "cores/arduino/api/deprecated-avr-comp", *cmsis,
                                          core + "cores/arduino", core + "variants/arduino_zero"])
        link = next(line for line in self.commands(self.blink, "zero") if " -o .fbuild/build/zero/firmware.elf" in line)
        self.assertIn("-mcpu=cortex-m0plus -mthumb -Os -Wl,--gc-sections -Wl,--check-sections -Wl,--unresolved-symbols=report-all "
                      "-Wl,--warn-common -Wl,--warn-section-align --specs=nosys.specs --specs=nano.specs -T ", link)
        line = next(line for line in self.commands(self.blink, "m4") if "/cores/arduino/main.cpp" in line)
        self.assertIn("-fno-threadsafe-statics -mfloat-abi=hard -mfpu=fpv4-sp-d16 -mcpu=cortex-m4 -mthumb -Os", line)
        self.assertIn("--param max-inline-insns-single=500 -Wno-expansion-to-defined ", line)
        self.assertIn("-DARDUINO_ARCH_SAMD -DUSB_CONFIG_POWER=100 -DARDUINO_SAMD_ADAFRUIT ", line)
        core = packages + "framework-arduino-samd-adafruit/"
        self.assertEqual(includes(line), [*cmsis, core + "cores/arduino", core + "libraries/Adafruit_TinyUSB_Arduino/src/arduino",
                                          packages + "framework-cmsis/CMSIS/DSP/Include", core + "variants/feather_m4"])
        core = packages + "framework-arduino-sam/"
        line = next(line for line in self.commands(self.blink, "due") if "/cores/arduino/main.cpp" in line)
        self.assertEqual(includes(line), [core + "cores/arduino", core + "system/libsam", core + "system/CMSIS/CMSIS/Include",
                                          core + "system/CMSIS/Device/ATMEL", core + "variants/arduino_due_x"])
        link = next(line for line in self.commands(self.blink, "due") if " -o .fbuild/build/due/firmware.elf" in line)
        self.assertIn("-Wl,--entry=Reset_Handler -u _sbrk -u link -u _close", link)
        self.assertRegex(link, r"libFrameworkArduinoVariant\.a \S*libFrameworkArduino\.a -lm -lsam_sam3x8e_gcc_rel -lgcc")

    def variation(self, board, options):
        project = self.project({"platformio.ini": INI % tuple(self.places) + "\n[env:x]\nboard = %s\n%s" % (board, options),
                                "src/main.ino": BLINK})
        self.tools(project, "bossac", "openocd", "avrdude", "JLinkExe")
        return project

    def test_uploads(self):
        tty = self.serial_port()
        port = "upload_port = %s\n" % tty
        name = tty.rpartition("/")[2]
        image = "<.fbuild/build/x/firmware.bin>"
        still = "board_upload.use_1200bps_touch = no\nboard_upload.wait_for_upload_port = no\n"
        for board, options, expected in (
                ("nano_33_iot", port + still,
                 "bossac <--port=%s> <--write> <--verify> <--reset> <--usb-port=1> <--offset=0x2000> %s" % (name, image)),
                ("adafruit_feather_m4", port + still + "upload_flags = --info\n  --debug\n",
                 "bossac <--info> <--debug> <--port=%s> <--write> <--verify> <--reset> <--usb-port=1> <--offset=0x4000> %s" % (name, image)),
                ("due", port + still,
                 "bossac <--port=%s> <--write> <--verify> <--reset> <--usb-port=0> <--erase> <--boot> %s" % (name, image)),
                ("zero", "upload_flags = -d3\n",
                 "openocd <-d3> <-d1> <-f> <interface/cmsis-dap.cfg> <-c> <set CHIPNAME at91samd21g18> <-f> <target/at91samdXX.cfg>"
                 " <-c> <program {.fbuild/build/x/firmware.bin} 0x2000 verify reset; shutdown;>"),
                ("due", "upload_protocol = stlink\n",
                 "openocd <-d1> <-f> <interface/stlink.cfg> <-c> <set CHIPNAME at91sam3X8E; set CPUTAPID 0x2ba01477>"
                 " <-f> <target/at91sam3ax_8x.cfg> <-c> <program {.fbuild/build/x/firmware.bin} 0x80000 verify reset; shutdown;>"),
                ("zero", "upload_protocol = jlink\n",
                 "JLinkExe <-device> <ATSAMD21G18> <-speed> <4000> <-if> <swd> <-autoconnect> <1> <-NoGui> <1> <-ExitOnError> <1>"
                 " <-CommanderScript> <.fbuild/build/x/firmware.bin.jlink>"),
                ("zero", port + "upload_protocol = stk500v2\nboard_upload.require_upload_port = yes\nupload_speed = 57600\n",
                 "avrdude <-p> <atmega2560> <-c> <stk500v2> <-P> <%s> <-b> <57600> <-u> <-U> <flash:w:.fbuild/build/x/firmware.hex:i>" % tty)):
            with self.subTest(board + options):
                project = self.variation(board, options)
                self.assertIn(expected + "\n", project.ninja("x/upload").out)
        self.assertEqual(project.exists(".fbuild/build/x/firmware.bin"), False)
        project = self.variation("zero", "upload_protocol = jlink\n")
        project.ninja("x/upload")
        self.assertEqual(project.read(".fbuild/build/x/firmware.bin.jlink"), "h\nloadbin .fbuild/build/x/firmware.bin, 0x2000\nr\nq\n")

    def test_drive(self):
        drive = os.path.join(self.folder("media"), "FEATHER BOOT")
        os.makedirs(drive)
        project = self.variation("adafruit_feather_m4", "upload_protocol = uf2\nupload_port = %s\n" % drive)
        run = project.ninja("x/upload", status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("it has no INFO_UF2.TXT", run.out + run.err)
        self.assertEqual(os.listdir(drive), [])
        with open(os.path.join(drive, "INFO_UF2.TXT"), "w") as out:
            out.write("UF2 Bootloader v3\n")
        run = project.ninja("x/upload")
        self.assertIn("drive: " + drive, run.out + run.err)
        with open(os.path.join(drive, "firmware.uf2"), "rb") as file:
            self.assertEqual(file.read(), project.bytes(".fbuild/build/x/firmware.uf2"))

    def test_unknown_protocols(self):
        project = self.variation("zero", "upload_protocol = cmsis-dab\n")
        project.ninja("x")
        run = project.ninja("x/upload", status=None)
        self.assertNotEqual(run.status, 0)
        self.assertRegex(run.out + run.err, r"platformio\.ini:\d+:\d+: upload_protocol 'cmsis-dab' is not supported for board 'zero'; "
                                            r"did you mean 'cmsis-dap'\?")
        project = self.variation("zero", "upload_protocol = custom\nupload_command = echo own $SOURCE\n")
        self.assertIn("own .fbuild/build/x/firmware.bin", project.ninja("x/upload").out)

    def test_missing_core(self):
        project = self.project({"platformio.ini": "[env:x]\nplatform = atmelsam\nframework = arduino\nboard = seeed_xiao\n", "src/main.ino": BLINK})
        self.assertError(project.gen(status=None), "framework-arduino-samd-seeed")

    def test_warm(self):
        self.assertTrue(self.blink.idle("zero", "nano", "m0", "m4", "due"), self.blink.why)


if __name__ == "__main__":
    unittest.main()
