// The hex and bin commands against objcopy, on programs made by real compilers.
#include "tests/image/elf_builder.h"
#include "tests/image/run.h"

using namespace fbuild;
using fbuild::test::run;
using fbuild::test::run_image;
using fbuild::test::TemporaryFolder;

namespace {

using Arguments = std::vector<std::string>;

Arguments joined(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void compare(const std::string& folder, const std::string& objcopy, const Arguments& theirs,
             const Arguments& ours) {
  for (auto [command, format] : {std::pair("hex", "ihex"), std::pair("bin", "binary")}) {
    CAPTURE(command);
    ProcessOutput expected =
        run(folder, joined(joined({objcopy, "-O", format}, theirs), {"a.elf", "expected"}));
    REQUIRE_MESSAGE(expected.exit_status == 0, expected.err);
    ProcessOutput made =
        run_image(folder, joined(joined({command}, ours), {"-o", "made", "a.elf"}));
    REQUIRE_MESSAGE(made.exit_status == 0, made.err);
    CHECK(test::content(folder + "/made") == test::content(folder + "/expected"));
  }
}

constexpr char kAvrProgram[] =
    "#include <avr/eeprom.h>\n"
    "#include <avr/pgmspace.h>\n"
    "const char text[30000] PROGMEM = \"text\";\n"
    "const char more[30000] PROGMEM = \"more\";\n"
    "const char most[30000] PROGMEM = \"most\";\n"
    "char EEMEM settings[10] = {1, 2, 3};\n"
    "volatile int data[20] = {1, 2, 3};\n"
    "int main(void) { return text[data[0]] + more[data[1]] + most[data[2]]; }\n";

// Code in one memory, data stored behind it and run in another, a third memory apart.
constexpr char kProgram[] =
    "const char table[300] = {1, 2, 3};\n"
    "volatile int data[30] = {1, 2};\n"
    "char bss[999];\n"
    "__attribute__((section(\".high\"))) int high[5] = {1, 2, 3, 4, 5};\n"
    "void _start(void) { for (;;) bss[data[1]] = table[data[2]] + high[1]; }\n";
constexpr char kScript[] =
    "ENTRY(_start)\n"
    "MEMORY {\n"
    "  flash (rx) : ORIGIN = 0x0800ff00, LENGTH = 1M\n"
    "  ram (rwx) : ORIGIN = 0x20000000, LENGTH = 1M\n"
    "  high (rx) : ORIGIN = 0x08200000, LENGTH = 1K\n"
    "}\n"
    "SECTIONS {\n"
    "  .text : { *(.text* .literal*) *(.rodata*) } > flash\n"
    "  .data : { *(.data*) } > ram AT> flash\n"
    "  .bss (NOLOAD) : { *(.bss*) *(COMMON) } > ram\n"
    "  .high : { KEEP(*(.high)) } > high\n"
    "}\n";

void compare_linked(const std::string& prefix, const Arguments& flags) {
  if (!test::installed(prefix + "gcc")) return;
  TemporaryFolder folder;
  test::write(folder / "a.c", kProgram);
  test::write(folder / "a.ld", kScript);
  ProcessOutput compiled =
      run(folder.path,
          joined(joined({prefix + "gcc"}, flags),
                 {"-Os", "-g", "-nostdlib", "-nostartfiles", "-T", "a.ld", "a.c", "-o", "a.elf"}));
  REQUIRE_MESSAGE(compiled.exit_status == 0, compiled.err);
  compare(folder.path, prefix + "objcopy", {}, {});
  compare(folder.path, prefix + "objcopy", {"-R", ".high"}, {"-R", ".high"});
  compare(folder.path, prefix + "objcopy", {"-j", ".data", "-j", ".text"}, {"-j", ".text,.data"});
}

}  // namespace

TEST_CASE("an AVR's flash and EEPROM are as avr-objcopy writes them") {
  if (!test::installed("avr-gcc")) return;
  TemporaryFolder folder;
  test::write(folder / "a.c", kAvrProgram);
  ProcessOutput compiled =
      run(folder.path, {"avr-gcc", "-mmcu=atmega2560", "-Os", "a.c", "-o", "a.elf"});
  REQUIRE_MESSAGE(compiled.exit_status == 0, compiled.err);
  compare(folder.path, "avr-objcopy", {"-R", ".eeprom"}, {"-R", ".eeprom"});
  compare(folder.path, "avr-objcopy",
          {"-j", ".eeprom", "--set-section-flags=.eeprom=alloc,load", "--no-change-warnings",
           "--change-section-lma", ".eeprom=0"},
          {"-j", ".eeprom", "--move", ".eeprom=0"});
}

TEST_CASE("an ARM program's images are as objcopy writes them") {
  compare_linked("arm-none-eabi-", {"-mcpu=cortex-m3", "-mthumb"});
}

TEST_CASE("a RISC-V program's images are as objcopy writes them") {
  compare_linked("riscv64-unknown-elf-", {"-march=rv32imc", "-mabi=ilp32"});
}

TEST_CASE("bad input of hex and bin is one line, and leaves the old file") {
  TemporaryFolder folder;
  test::write(folder / "a.elf",
              test::build_elf({{.name = ".text", .content = "abc"},
                               {.name = ".far", .address = 0x20000000, .content = "def"}})
                  .bytes);
  test::write(folder / "old", "old");
  auto error = [&](Arguments arguments) {
    ProcessOutput output = run_image(folder.path, std::move(arguments));
    CHECK(output.exit_status == 2);
    CHECK(test::content(folder / "old") == "old");
    return output.err;
  };
  CHECK(error({"bin", "-o", "old", "a.elf"}) ==
        "a.elf: stored bytes reach from 0x0 to 0x20000002; a binary file holds 256 MiB at most; "
        "leave a section out with -R\n");
  CHECK(error({"hex", "a.elf"}) ==
        "fbuild-image: hex needs one input file and -o OUTPUT; see fbuild-image --help\n");
  CHECK(error({"hex", "--move", ".x", "-o", "old", "a.elf"}) ==
        "fbuild-image: --move has the value '.x'; a section and its address, as in .eeprom=0\n");
  CHECK(error({"hex", "-o", "missing/x", "a.elf"}) ==
        "missing/x: cannot write: No such file or directory\n");

  ProcessOutput output = run_image(
      folder.path, {"bin", "--move", ".far=6", "--gap-fill", "0xff", "-o", "made", "a.elf"});
  CHECK(output.exit_status == 0);
  CHECK(test::content(folder / "made") ==
        "abc\xff\xff\xff"
        "def");
}
