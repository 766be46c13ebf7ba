"""Families beside AVR: each with a small core of tests/cores in the vendor's package layout,
built with the platform file that is shipped, to the family's image."""

import json
import os
import re
import shutil
import subprocess
import unittest

from family_project import BLINK, Family, ROOT
from project import CORE, SMALL

STM32 = """\
[platformio]
default_envs = f405

[env]
platform = ststm32
framework = arduino
platform_packages =
  framework-arduinoststm32 @ symlink://%s
  framework-cmsis @ symlink://%s

[env:f405]
board = adafruit_feather_f405

[env:pill]
board = bluepill_f103c8

[env:generic]
board = genericSTM32F103C8
"""

TEENSY = """\
[env]
platform = teensy
framework = arduino
platform_packages = framework-arduinoteensy @ symlink://%s
"""

STM32_BLINK = """\
#include <Arduino.h>
extern "C" const char *variant_name();
void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  Serial.print("board ");
  Serial.println(variant_name());
  Serial.print("clock ");
  Serial.println(clock_source());
}
void loop() {
  digitalWrite(LED_BUILTIN, HIGH);
  Serial.println("on");
  delay(20);
  digitalWrite(LED_BUILTIN, LOW);
  Serial.println("off");
  delay(20);
}
"""


class Stm32(Family):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.core, cls.cmsis = cls.packages("ststm32", "framework-arduinoststm32", "framework-cmsis")
        cls.blink = cls.project({"platformio.ini": STM32 % (cls.core, cls.cmsis), "src/main.cpp": STM32_BLINK})
        cls.blink.build("f405", "pill", "generic")

    def test_image(self):
        for environment, stack in (("f405", 0x20020000), ("pill", 0x20005000), ("generic", 0x20005000)):
            with self.subTest(environment):
                sections = self.sections(self.blink, environment)
                self.assertEqual(sections[".isr_vector"], (0x08000000, 64))
                self.assertEqual(sections[".data"][0], 0x20000000)
                # The core's script puts this behind what the variant's has.
                self.assertEqual(sections[".noinit"][0], sum(sections[".bss"]))
                entry = self.entry(self.blink, environment)
                self.assertEqual(entry, self.symbols(self.blink, environment)["Reset_Handler"])
                image = self.blink.bytes(".fbuild/build/%s/firmware.bin" % environment)
                self.assertEqual(image, self.objcopied(self.blink, environment, "binary"))
                self.assertEqual(int.from_bytes(image[:4], "little"), stack)
                self.assertEqual(int.from_bytes(image[4:8], "little"), entry)
                self.assertEqual(entry & 1, 1)
                self.blink.ninja(environment + "/firmware.hex")
                self.assertEqual(self.blink.firmware(environment), self.objcopied(self.blink, environment, "ihex", "-R", ".eeprom"))

    def test_floating_point_unit(self):
        self.assertIn("Tag_ABI_VFP_args: VFP registers", self.elf(self.blink, "f405", "-A"))
        self.assertNotIn("VFP", self.elf(self.blink, "pill", "-A"))

    def test_runs(self):
        """The text of the polled USART, in QEMU: variant, SrcWrapper's strong symbol, delays."""
        text = self.emulated(self.blink, "f405", r"(?s)on\r\noff\r\non\r\noff")
        self.assertIn("board FEATHER_F405\r\nclock SrcWrapper\r\non\r\noff\r\non\r\noff", text)

    def test_words_of_the_commands(self):
        lines = self.commands(self.blink, "pill")
        compile = next(line for line in lines if " -c src/main.cpp" in line)
        for word in ("-DSTM32F1xx", "-DARDUINO_BLUEPILL_F103C8", "'-DVARIANT_H=\"variant_PILL_F103Cx.h\"'", "-DVECT_TAB_OFFSET=0x0",
                     "/STM32F1xx/F103C8T_F103CB(T-U)'"):
            self.assertIn(word, compile)
        link = next(line for line in lines if " -o .fbuild/build/pill/firmware.elf" in line)
        for word in ("-Wl,--defsym=LD_MAX_SIZE=65536", "-Wl,--defsym=LD_FLASH_OFFSET=0x0", "--specs=nano.specs"):
            self.assertIn(word, link)
        self.assertLess(link.index("/SrcWrapper-"), link.index("libFrameworkArduino.a"))
        generic = next(line for line in self.commands(self.blink, "generic") if " -c src/main.cpp" in line)
        self.assertIn("-DARDUINO_GENERIC_F103C8TX", generic)
        self.assertIn("variant_generic.h", generic)

    def variation(self, options):
        project = self.project({"platformio.ini": STM32 % (self.core, self.cmsis) + options, "src/main.cpp": STM32_BLINK})
        project.gen("-q")
        return project

    def test_bootloader_and_switches(self):
        project = self.variation("""
[env:maple]
board = bluepill_f103c8
upload_protocol = dfu
build_flags = -DPIO_FRAMEWORK_ARDUINO_STANDARD_LIB -DPIO_FRAMEWORK_ARDUINO_NANOLIB_FLOAT_PRINTF
""")
        project.ninja("maple")
        self.assertEqual(self.sections(project, "maple")[".isr_vector"][0], 0x08002000)
        text = "\n".join(self.commands(project, "maple"))
        self.assertIn("-DVECT_TAB_OFFSET=0x2000", text)
        self.assertIn("-DBL_LEGACY_LEAF", text)
        self.assertIn(" -u_printf_float", text)
        self.assertNotIn("nano.specs", text)
        # A part that does not fit is an error and leaves nothing to flash.
        project.edit("platformio.ini", "upload_protocol = dfu", "upload_protocol = dfu\nboard_upload.maximum_size = 8300")
        run = project.ninja("maple", status=None)
        self.assertNotEqual(run.status, 0)
        self.assertFalse(project.exists(".fbuild/build/maple/firmware.bin"))

    def test_uploads(self):
        lines = {}
        tty = self.serial_port()
        for protocol in ("stlink", "cmsis-dap", "dfu", "serial", "st-flash", "jlink", "jlink-jtag", "blackmagic", "blackmagic-jtag", "hid"):
            project = self.variation("upload_protocol = %s\nupload_port = %s\n" % (protocol, tty))
            self.tools(project, "openocd", "dfu-util", "stm32flash", "st-flash", "JLinkExe", "gdb-multiarch", "hid-flash")
            lines[protocol] = project.ninja("generic/upload").out
        build = ".fbuild/build/generic/firmware"
        self.assertIn("openocd <-d1> <-f> <interface/stlink.cfg> <-c> <transport select hla_swd> <-f> <target/stm32f1x.cfg>"
                      " <-c> <program {%s.elf}  verify reset; shutdown;>" % build, lines["stlink"])
        self.assertIn("<interface/cmsis-dap.cfg> <-c> <transport select swd>", lines["cmsis-dap"])
        self.assertIn("dfu-util <-d> <0x1EAF:0x0003> <-a> <2> <-R> <-D%s.bin>" % build, lines["dfu"])
        self.assertIn("stm32flash <-g> <0x08000000> <-b> <115200> <-w%s.bin> <%s>" % (build, tty), lines["serial"])
        self.assertIn("st-flash <--reset> <--format> <ihex> <write> <%s.hex>" % build, lines["st-flash"])

        for protocol, wire, scan in (("jlink", "swd", "swdp"), ("jlink-jtag", "jtag", "jtag")):
            self.assertIn("JLinkExe <-device> <STM32F103C8> <-speed> <4000> <-if> <%s> <-autoconnect> <1> <-NoGui> <1> <-ExitOnError> <1> "
                          "<-CommanderScript> <%s.bin.jlink>" % (wire, build), lines[protocol])
            self.assertIn("gdb-multiarch <-nx> <--batch> <-ex> <target extended-remote %s> <-ex> <monitor %s_scan> <-ex> <attach 1> "
                          "<-ex> <load> <-ex> <compare-sections> <-ex> <kill> <%s.elf>" % (tty, scan, build),
                          lines["blackmagic" + protocol[5:]])
        self.assertIn("hid-flash <%s.bin> <%s>" % (build, os.path.basename(tty)), lines["hid"])

    def test_upload_to_a_debug_adapters_drive(self):
        drive = self.folder("drive")
        project = self.variation("upload_protocol = mbed\nupload_port = %s\n" % drive)
        self.assertIn("MBED.HTM", project.ninja("generic/upload", status=None).out)
        with open(drive + "/MBED.HTM", "w"):
            pass
        project.ninja("generic/upload")
        with open(drive + "/firmware.bin", "rb") as file:
            self.assertEqual(file.read(), project.bytes(".fbuild/build/generic/firmware.bin"))

    def test_all_ids_of_a_bootloader(self):
        board = ('{"build": {"core": "stm32", "cpu": "cortex-m4", "mcu": "stm32f405rgt6", "f_cpu": "168000000L", "product_line": "STM32F405xx", '
                 '"variant": "STM32F4xx/F405RGT_F415RGT", "arduino": {"board": "FEATHER_F405"}, "hwids": [["0x1", "0x2"], ["0x3", "0x4"]]}, '
                 '"frameworks": ["arduino"], "upload": {"maximum_size": 1048576, "maximum_ram_size": 131072}}')
        project = self.project({"platformio.ini": STM32 % (self.core, self.cmsis) + "[env:two]\nboard = two\nupload_protocol = dfu\n",
                                "src/main.cpp": STM32_BLINK, "boards/two.json": board})
        self.tools(project, "dfu-util")
        self.assertIn("dfu-util <-d> <0x1:0x2,0x3:0x4> <-a> <0>", project.ninja("two/upload").out)

    def test_changes(self):
        core, cmsis = self.packages("ststm32", "framework-arduinoststm32", "framework-cmsis")
        project = self.project({"platformio.ini": STM32 % (core, cmsis), "src/main.cpp": STM32_BLINK})
        project.build("f405")
        self.assertTrue(project.idle("f405"), project.why)
        before = project.bytes(".fbuild/build/f405/firmware.bin")
        # A script of the core links again and compiles nothing.
        for script in ("system/ldscript.ld", "variants/STM32F4xx/F405RGT_F415RGT/ldscript.ld"):
            with open(os.path.join(core, script), "a") as out:
                out.write("/* more */\n")
            out = project.ninja("f405").out
            self.assertIn("link .fbuild/build/f405/firmware.elf", out)
            self.assertNotIn("compile", out)
            self.assertEqual(project.bytes(".fbuild/build/f405/firmware.bin"), before)
        # So does a header of the second package, for those who include it.
        with open(os.path.join(cmsis, "CMSIS/Core/Include/cmsis_gcc.h"), "a") as out:
            out.write("#define MORE\n")
        out = project.ninja("f405").out
        self.assertIn("compile src/main.cpp", out)
        self.assertNotIn("clock.c", out)
        self.assertTrue(project.idle("f405"), project.why)

    def test_own_script_of_the_project(self):
        project = self.variation("[env:own]\nboard = bluepill_f103c8\nboard_build.ldscript = own.ld\n")
        with open(os.path.join(self.core, "variants/STM32F1xx/F103C8T_F103CB(T-U)/ldscript.ld")) as file:
            text = file.read()
        project.write("own.ld", text.replace("0x08000000", "0x08001000"))
        project.gen("-q")
        project.ninja("own")
        self.assertEqual(self.sections(project, "own")[".isr_vector"][0], 0x08001000)
        project.write("own.ld", text.replace("0x08000000", "0x08003000"))
        self.assertNotIn("compile", project.ninja("own").out)
        self.assertEqual(self.sections(project, "own")[".isr_vector"][0], 0x08003000)

    def test_missing_second_package(self):
        project = self.project({"platformio.ini": (STM32 % (self.core, self.cmsis)).replace("  framework-cmsis @ symlink://%s\n" % self.cmsis, ""),
                                "src/main.cpp": STM32_BLINK})
        self.assertError(project.gen(status=None), "framework-cmsis")


class Teensy(Family):
    BOARDS = {"teensylc": (0x20001800, 0), "teensy30": (0x20002000, 0), "teensy31": (0x20008000, 0),
              "teensy35": (0x20030000, 1), "teensy36": (0x20030000, 1), "teensy40": (0x20080000, 1),
              "teensy41": (0x20080000, 1), "teensymm": (0x20080000, 1)}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.core, = cls.packages("teensy", "framework-arduinoteensy")
        ini = TEENSY % cls.core + "".join("[env:%s]\nboard = %s\n" % (board, board) for board in cls.BOARDS)
        cls.blink = cls.project({"platformio.ini": ini, "src/main.ino": BLINK})
        cls.blink.build(*cls.BOARDS)

    def test_images(self):
        for board, (stack, fpu) in self.BOARDS.items():
            with self.subTest(board):
                symbols = self.symbols(self.blink, board)
                self.assertEqual(symbols["_estack"], stack)
                self.assertEqual(self.entry(self.blink, board), symbols["ResetHandler"])
                self.assertEqual("VFP registers" in self.elf(self.blink, board, "-A"), bool(fpu))
                self.assertEqual(self.blink.firmware(board), self.objcopied(self.blink, board, "ihex", "-R", ".eeprom"))
                image = self.objcopied(self.blink, board, "binary")
                words = [int.from_bytes(image[at:at + 4], "little") for at in range(0, len(image) & ~3, 4)]
                sections = self.sections(self.blink, board)
                if board.startswith(("teensy4", "teensymm")):
                    self.assertEqual(sections[".text.progmem"][0], 0x60000000)
                    self.assertEqual(sections[".text.itcm"][0], 0)
                    self.assertEqual(words[0], 0x42464346)
                    self.assertEqual(words[0x400:0x402], [0x432000D1, symbols["ResetHandler"]])
                else:
                    self.assertEqual(sections[".text"][0], 0)
                    self.assertEqual(words[:2], [stack, symbols["ResetHandler"]])
                    self.assertEqual(words[0x103], 0xFFFFF9DE)

    def test_words_of_the_commands(self):
        for board, words, others in (("teensylc", ("-Os", "--specs=nano.specs", "-mno-unaligned-access"), ("-mfpu", "-O2")),
                                     ("teensy31", ("-O2", "-fsingle-precision-constant"), ("-mfpu", "nano.specs")),
                                     ("teensy36", ("-mfpu=fpv4-sp-d16",), ()),
                                     ("teensy40", ("-mfpu=fpv5-d16", "-fno-threadsafe-statics"), ("-mno-unaligned-access",))):
            with self.subTest(board):
                line = next(line for line in self.commands(self.blink, board) if " -c " in line and "/cores/%s/main.cpp" % ("teensy4" if board == "teensy40" else "teensy3") in line)
                for word in (*words, "-DUSB_SERIAL", "-DLAYOUT_US_ENGLISH", "-DCORE_TEENSY"):
                    self.assertIn(" " + word, line)
                for word in others:
                    self.assertNotIn(" " + word, line)

    def test_profiles_and_usb_types(self):
        ini = TEENSY % self.core + """[env:fast]
board = teensy40
build_flags = -DTEENSY_OPT_FASTEST -DUSB_SERIAL -DUSB_KEYBOARDONLY -DLAYOUT_GERMAN
"""
        project = self.project({"platformio.ini": ini, "src/main.ino": BLINK})
        project.build("fast")
        text = "\n".join(self.commands(project, "fast"))
        self.assertIn(" -O3 ", text)
        self.assertNotIn(" -O2 ", text)
        self.assertNotIn("-DLAYOUT_US_ENGLISH", text)
        self.assertEqual(text.count("-DUSB_SERIAL"), text.count("-DUSB_KEYBOARDONLY"))

    def test_same_bytes_at_another_time(self):
        other = self.project({"platformio.ini": TEENSY % self.core + "[env:teensy40]\nboard = teensy40\n", "src/main.ino": BLINK})
        other.build("teensy40")
        self.assertEqual(other.firmware("teensy40"), self.blink.firmware("teensy40"))

    def test_included_script(self):
        core, = self.packages("teensy", "framework-arduinoteensy")
        project = self.project({"platformio.ini": TEENSY % core + "[env:teensy31]\nboard = teensy31\n", "src/main.ino": BLINK})
        project.build("teensy31")
        self.assertTrue(project.idle("teensy31"), project.why)
        with open(os.path.join(core, "cores/teensy3/sections.ld"), "a") as out:
            out.write("/* more */\n")
        out = project.ninja("teensy31").out
        self.assertIn("link ", out)
        self.assertNotIn("compile", out)

    def test_upload(self):
        self.tools(self.blink, "teensy_loader_cli")
        self.assertIn("teensy_loader_cli <--mcu=imxrt1062> <-w> <-s> <-v> <.fbuild/build/teensy40/firmware.hex>",
                      self.blink.ninja("teensy40/upload").out)

    def test_release_of_the_package(self):
        core, = self.packages("teensy", "framework-arduinoteensy")
        project = self.project({"platformio.ini": TEENSY % core + "[env:t]\nboard = teensylc\n", "src/main.ino": BLINK})
        project.gen("-q")
        self.assertIn("-DTEENSYDUINO=159", "\n".join(self.commands(project, "t")))
        with open(core + "/package.json", "w") as out:
            out.write('{"name": "framework-arduinoteensy", "version": "1.162.0"}')
        project.gen("-q")
        self.assertIn("-DTEENSYDUINO=162", "\n".join(self.commands(project, "t")))


class OtherAvrCores(Family):
    """Cores for AVR parts beside Arduino's, in the vendor's layout and in that of PlatformIO's packages."""

    INI = """\
[env]
platform = atmelavr
framework = arduino
platform_packages =
  framework-arduino-avr-minicore @ symlink://%s
  framework-arduino-avr-attiny @ symlink://%s
  framework-arduino-avr-digistump @ symlink://%s
[env:mini]
board = ATmega328P
[env:slow]
board = ATmega328P
upload_protocol = arduino
[env:bare]
board = attiny85
[env:own]
board = attiny85
build_flags = -DCLOCK_SOURCE=6
[env:digi]
board = digispark-tiny
"""

    def core(self, name, folder, variant):
        top = self.folder(name)
        os.makedirs(top + "/cores")
        os.makedirs(top + "/variants/" + variant)
        os.makedirs(top + "/libraries")
        os.symlink(CORE + "/cores/arduino", top + "/cores/" + folder)
        shutil.copy(CORE + "/variants/standard/pins_arduino.h", top + "/variants/" + variant)
        return top

    def test_flags_limits_and_uploads(self):
        cores = (self.core("mini", "MCUdude_corefiles", "standard"), self.core("tiny", "tinymodern", "tinyX5"),
                 self.core("digi", "dtiny", "digispark"))
        os.symlink(CORE + "/cores/arduino", cores[1] + "/cores/tiny")
        os.symlink(CORE + "/cores/arduino", cores[2] + "/cores/pro")
        project = self.project({"platformio.ini": self.INI % cores, "src/main.cpp": SMALL})
        self.tools(project, "avrdude", "micronucleus")
        plan = {name: json.loads(project.gen("--print-plan", name).out) for name in ("mini", "slow", "bare", "own", "digi")}
        text = {name: "\n".join(self.commands(project, name)) for name in plan}
        self.assertIn("-std=gnu++17", text["mini"])
        self.assertIn("/cores/MCUdude_corefiles/", text["mini"])
        self.assertIn("-std=gnu++11", text["bare"])
        self.assertIn("-DCLOCK_SOURCE=0 -DNEOPIXELPORT=PORTB", text["bare"])
        self.assertIn("-DCLOCK_SOURCE=6", text["own"])
        self.assertNotIn("-DCLOCK_SOURCE=0", text["own"])
        # Without what the bootloader takes: urclock's, optiboot's, none.
        self.assertEqual([plan[name]["size"]["flash_max"] for name in ("mini", "slow", "bare")], ["32384", "32256", "8192"])
        upload = {name: next(item for item in plan[name]["actions"] if item["name"] == "upload") for name in plan}
        self.assertIn("-c urclock -xnometadata", upload["mini"]["variables"]["arguments"])
        self.assertEqual(upload["digi"]["rule"], "micronucleus")
        self.assertEqual(upload["digi"]["variables"]["arguments"], "--no-ansi --run --timeout 60 .fbuild/build/digi/firmware.hex")

    def test_a_variant_without_sources_is_an_empty_archive(self):
        """As in PlatformIO, whose linker orders by it the jumps it adds to large programs."""
        project = self.project({"platformio.ini": "[env:mega]\nplatform = atmelavr\nframework = arduino\nboard = megaatmega2560\n",
                                "src/main.cpp": SMALL})
        project.build("mega")
        archive = ".fbuild/build/mega/lib/libFrameworkArduinoVariant.a"
        self.assertEqual(project.bytes(archive), b"!<arch>\n")
        link = next(line for line in self.commands(project, "mega") if " -o .fbuild/build/mega/firmware.elf" in line)
        self.assertRegex(link, archive + r" \S*/libFrameworkArduino\.a -lm")
        project.ninja("mega/clean")
        self.assertFalse(project.exists(archive))
        project.build("mega")
        self.assertTrue(project.idle("mega"), project.why)


class RaspberryPi(Family):
    INI = """\
[env]
platform = raspberrypi
framework = arduino
platform_packages = framework-arduinopico @ symlink://%s

[env:pico]
board = rpipico

[env:pico2]
board = rpipico2
"""
    PARTS = {"rp2040": ["-mcpu=cortex-m0plus", "-mthumb"],
             "rp2350": ["-march=armv8-m.main+fp+dsp", "-mthumb", "-mfloat-abi=softfp"]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.core, = cls.packages("raspberrypi", "framework-arduinopico")
        for part, words in cls.PARTS.items():
            folder = os.path.join(cls.core, "lib", part)
            compile = ["arm-none-eabi-gcc", *words, "-Os", "-c", os.path.join(cls.core, "lib/prebuilt.c"), "-o"]
            subprocess.run([*compile, folder + "/ota.o", "-DOTA"], check=True)
            subprocess.run([*compile, folder + "/delay.o"], check=True)
            subprocess.run(["arm-none-eabi-ar", "rcs", folder + "/libpico.a", folder + "/delay.o"], check=True)
            for name in ("lwip", "bearssl"):
                subprocess.run(["arm-none-eabi-ar", "rcs", folder + "/lib%s.a" % name], check=True)
        cls.blink = cls.project({"platformio.ini": cls.INI % cls.core, "src/main.ino": BLINK})
        cls.blink.build("pico", "pico2")

    def test_images(self):
        for environment, family, flash, ram in (("pico", 0xE48BFF56, 2 << 20, 256 << 10), ("pico2", 0xE48BFF59, 4 << 20, 512 << 10)):
            with self.subTest(environment):
                symbols = self.symbols(self.blink, environment)
                self.assertEqual(self.entry(self.blink, environment), symbols["_entry_point"])
                self.assertEqual(symbols["_estack"], 0x20000000 + ram)
                # The figures that the script was made with.
                self.assertEqual(symbols["_EEPROM_start"], 0x10000000 + flash - 4096)
                self.assertEqual(symbols["_FS_start"], symbols["_FS_end"])
                image = self.objcopied(self.blink, environment, "binary")
                self.assertEqual(self.uf2(self.blink, environment, family, 0x10000000).rstrip(b"\0"), image.rstrip(b"\0"))
                vectors = 256 if environment == "pico" else 0
                self.assertEqual(int.from_bytes(image[vectors:vectors + 8], "little"), symbols["_estack"] | symbols["_entry_point"] << 32)
                self.assertIn("__wrap_part_delay", symbols)
        self.assertEqual(self.sections(self.blink, "pico")[".boot2"], (0x10000000, 256))
        self.assertEqual(self.objcopied(self.blink, "pico", "binary")[:4], bytes.fromhex("b5b5004b"))

    def test_the_usb_library_is_in_when_it_is_chosen(self):
        """The core's SPI includes it under #ifdef, which the finder looks through."""
        files = {"platformio.ini": self.INI % self.core + "\n[env:usb]\nboard = rpipico\nbuild_flags = -DUSE_TINYUSB\n",
                 "src/main.ino": BLINK + "#ifdef USE_TINYUSB\n#include <Adafruit_TinyUSB.h>\n#endif\n",
                 "lib/usb/library.properties": "name=Adafruit TinyUSB Library\nversion=1.0\n",
                 "lib/usb/Adafruit_TinyUSB.h": "", "lib/usb/usb.c": "int usb;\n"}
        project = self.project(files)
        for environment, libraries in (("pico", []), ("usb", ["Adafruit TinyUSB Library"])):
            self.assertEqual(project.plan(environment)["libraries"], libraries)
        project.gen()
        link = [line for line in self.commands(project, "usb") if "-o .fbuild/build/usb/firmware.elf" in line]
        self.assertIn(" .fbuild/build/usb/lib/usb/usb.c.o ", link[0])

    def test_file_system_and_a_changed_script(self):
        core, = self.packages("raspberrypi", "framework-arduinopico")
        shutil.copytree(self.core, core, dirs_exist_ok=True)
        project = self.project({"platformio.ini": self.INI % core, "src/main.ino": BLINK})
        project.edit("platformio.ini", "board = rpipico\n", "board = rpipico\nboard_build.filesystem_size = 0.5MB\n")
        project.build("pico")
        symbols = self.symbols(project, "pico")
        self.assertEqual(symbols["_FS_end"] - symbols["_FS_start"], 512 << 10)
        self.assertTrue(project.idle("pico"), project.why)
        # Other figures, another script: it is linked again and nothing is compiled.
        project.edit("platformio.ini", "0.5MB", "1MB")
        out = project.ninja("pico").out
        self.assertIn("link ", out)
        self.assertNotIn("compile", out)
        symbols = self.symbols(project, "pico")
        self.assertEqual(symbols["_FS_end"] - symbols["_FS_start"], 1 << 20)
        with open(os.path.join(core, "lib/rp2040/memmap_default.ld"), "a") as out:
            out.write("_more = 7;\n")
        out = project.ninja("pico").out
        self.assertNotIn("compile", out)
        self.assertEqual(self.symbols(project, "pico")["_more"], 7)
        self.assertTrue(project.idle("pico"), project.why)
        # The data image is as large, and goes where the program expects it.
        tool = self.folder("mklittlefs")
        with open(tool + "/mklittlefs", "w") as out:
            out.write('#!/bin/sh\nfor out; do :; done\necho "$@" >$out\n')
        os.chmod(tool + "/mklittlefs", 0o755)
        project.write("data/a.txt", "1")
        project.edit("platformio.ini", "platform_packages = ", "platform_packages =\n  tool-mklittlefs-rp2040-earlephilhower @ symlink://%s\n  " % tool)
        self.tools(project, "picotool")
        out = project.ninja("pico/uploadfs").out
        folder = ".fbuild/build/pico/"
        self.assertEqual(project.read(folder + "littlefs.bin"), "-c %sdata -p 256 -b 4096 -s 1048576 %slittlefs.bin\n" % (folder, folder))
        self.assertEqual(project.read(folder + "data/a.txt"), "1")
        self.assertIn("picotool <load> <-f> <-v> <-x> <%slittlefs.bin> <--offset> <0x%x>" % (folder, symbols["_FS_start"]), out)
        self.assertIn("build.filesystem_size", project.ninja("pico2/buildfs", status=None).out)

    def test_upload(self):
        self.tools(self.blink, "picotool")
        self.assertIn("picotool <load> <-f> <-v> <-x> <.fbuild/build/pico/firmware.uf2>", self.blink.ninja("pico/upload").out)

    def test_runs(self):
        """The text of the UART, in rp2040js: behind the second stage, by the vectors of the image."""
        sketch = BLINK.replace("Serial.begin(9600);", 'Serial.begin(9600); Serial.println("hello");').replace("delay(500)", "delay(1)")
        project = self.project({"platformio.ini": self.INI % self.core, "src/main.ino": sketch})
        project.build("pico")
        self.assertRegex(self.emulated(project, "pico", r"(?s)hello\r\noff\r\noff"), r"hello\r\noff\r\noff")

    def test_functions_of_the_boot_rom(self):
        """There is no boot ROM, which is said; a file in its place is used."""
        sketch = BLINK.replace("Serial.begin(9600);", """Serial.begin(9600);
  auto lookup = (void *(*)(uint16_t *, uint32_t))(uintptr_t) * (uint16_t *)0x18;
  Serial.println("asking");
  lookup((uint16_t *)(uintptr_t) * (uint16_t *)0x14, 'C' << 8 | 'M');
  Serial.println("answered");""")
        project = self.project({"platformio.ini": self.INI % self.core + "\n[env:rom]\nboard = rpipico\nboard_debug.bootrom = my rom.bin\n",
                                "src/main.ino": sketch})
        project.build("pico", "rom")
        run = project.ninja("pico/emulate", status=None)
        self.assertNotEqual(run.status, 0)
        self.assertIn("asking\r\n", run.out)
        self.assertNotIn("answered", run.out)
        self.assertIn("the program asks the boot ROM for a function, and rp2040js has no boot ROM; 'board_debug.bootrom = FILE'", run.out + run.err)
        # Its function that looks up others returns.
        rom = bytearray(16384)
        rom[0x14:0x1a] = bytes.fromhex("600060006100")
        rom[0x60:0x62] = bytes.fromhex("7047")
        project.write("my rom.bin", bytes(rom))
        self.assertIn("answered", self.emulated(project, "rom", "answered"))
        project.write("my rom.bin", b"short")
        run = project.ninja("rom/emulate", status=None)
        self.assertIn("my rom.bin: a boot ROM has 16384 bytes, not 5", run.out + run.err)


class NoNames(unittest.TestCase):
    """Families are data: no part is named in C++, except in comments."""

    def test_no_part_is_named(self):
        found = []
        for folder in ("generator", "stamp", "lnk"):
            for root, _, files in os.walk(os.path.join(ROOT, folder)):
                for name in files:
                    if name.endswith((".cpp", ".h")):
                        with open(os.path.join(root, name), encoding="utf-8") as file:
                            text = file.read()
                        for line in self.without_comments(text).splitlines():
                            if re.search(r"avr|esp32|esp8266|stm32|teensy|rp2040|pico\b|samd|atmega|attiny|bossa", line, re.I):
                                found.append("%s: %s" % (os.path.join(folder, name), line.strip()))
        self.assertEqual(found, [])

    @staticmethod
    def without_comments(text):
        pattern = r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/'
        return re.sub(pattern, lambda match: match[0] if match[0][0] == '"' else " ", text, flags=re.S)

    def test_the_reading_of_comments(self):
        self.assertEqual(self.without_comments('a // b\n/* c\n d */ "// avr" e').split(), ["a", '"//', 'avr"', "e"])


if __name__ == "__main__":
    unittest.main()
