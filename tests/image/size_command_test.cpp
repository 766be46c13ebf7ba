// The size command as a whole, its figures against those of `size -A` for real programs.
#include <sstream>

#include "support/suggest.h"
#include "tests/image/elf_builder.h"
#include "tests/image/run.h"

using namespace fbuild;
using fbuild::test::run;
using fbuild::test::run_image;
using fbuild::test::TemporaryFolder;

namespace {

constexpr char kProgram[] =
    "const char table[300] = {1, 2, 3};\n"
    "volatile int data[20] = {1, 2, 3};\n"
    "volatile char bss[99];\n"
    "volatile int kept __attribute__((section(\".noinit\")));\n"
    "int main(void) { for (;;) { bss[0] = table[data[1]++ & 255]; kept++; } }\n";

// Every section of `size -A` output, asked for one by one.
void compare_with_size(const std::string& compiler, std::vector<std::string> flags,
                       const std::string& size_program) {
  if (!test::installed(compiler) || !test::installed(size_program)) return;
  TemporaryFolder folder;
  test::write(folder / "a.c", kProgram);
  std::vector<std::string> command = {compiler, "-Os", "-g", "a.c", "-o", "a.elf"};
  command.insert(command.end(), flags.begin(), flags.end());
  ProcessOutput compiled = run(folder.path, command);
  REQUIRE_MESSAGE(compiled.exit_status == 0, compiled.err);

  ProcessOutput sizes = run(folder.path, {size_program, "-A", "-d", "a.elf"});
  std::istringstream lines(sizes.out);
  std::string line, name;
  unsigned long size = 0, address = 0, compared = 0;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    if (!(fields >> name >> size >> address)) continue;
    ProcessOutput ours = run_image(folder.path, {"size", "--flash", name, "a.elf"});
    CHECK(ours.out == "Flash: (used " + std::to_string(size) + " bytes)\n");
    ++compared;
  }
  CHECK(compared > 4);
}

}  // namespace

TEST_CASE("sizes are those of avr-size -A") {
  compare_with_size("avr-gcc", {"-mmcu=atmega328p"}, "avr-size");
}

TEST_CASE("sizes are those of arm-none-eabi-size -A") {
  compare_with_size("arm-none-eabi-gcc",
                    {"-mcpu=cortex-m0", "-mthumb", "-nostartfiles", "-nostdlib"},
                    "arm-none-eabi-size");
}

TEST_CASE("sizes are those of riscv64-unknown-elf-size -A") {
  compare_with_size("riscv64-unknown-elf-gcc",
                    {"-march=rv32imc", "-mabi=ilp32", "-nostartfiles", "-nostdlib"},
                    "riscv64-unknown-elf-size");
}

TEST_CASE("the report, its JSON file, and what does not fit") {
  TemporaryFolder folder;
  test::write(folder / "a.elf",
              test::build_elf({{.name = ".text", .content = std::string(900, 'x')},
                               {.name = ".data", .content = std::string(30, 'x')},
                               {.name = ".bss", .type = ElfSection::NoBits, .bss_size = 12}})
                  .bytes);
  std::vector<std::string> command = {"size",       "--flash", ".text,.data", "--ram",
                                      ".data,.bss", "--json",  "s.json",      "a.elf",
                                      "--ram-max",  "2048",    "--flash-max"};
  auto with_flash = [&](const std::string& max) {
    std::vector<std::string> full = command;
    full.push_back(max);
    return run_image(folder.path, full);
  };
  ProcessOutput output = with_flash("32256");
  CHECK(output.exit_status == 0);
  CHECK(output.out ==
        "RAM:   [          ]   2.1% (used 42 bytes from 2048 bytes)\n"
        "Flash: [          ]   2.9% (used 930 bytes from 32256 bytes)\n");
  CHECK(output.err == "");
  CHECK(test::content(folder / "s.json") ==
        "{\"ram\":{\"used\":42,\"max\":2048},\"flash\":{\"used\":930,\"max\":32256},"
        "\"sections\":{\".text\":900,\".data\":30,\".bss\":12}}\n");

  test::write(folder / "s.json", "old");
  output = with_flash("900");
  CHECK(output.exit_status == 1);
  CHECK(output.err ==
        "error: the program is 930 bytes, 30 bytes (3.3%) more than the 900 bytes of flash; "
        "make it smaller or choose a board with more\n");
  CHECK(test::content(folder / "s.json") == "old");

  output = run_image(
      folder.path, {"size", "--flash", ".text", "--ram", ".data,.bss", "--ram-max", "40", "a.elf"});
  CHECK(output.exit_status == 1);
  CHECK(output.err ==
        "error: the data is 42 bytes, 2 bytes (5.0%) more than the 40 bytes of RAM; "
        "make it smaller or choose a board with more\n");
  output = run_image(folder.path, {"size", "--flash", ".text", "--ram", ".data,.bss", "--ram-max",
                                   "40", "--ram-soft", "a.elf"});
  CHECK(output.exit_status == 0);
  CHECK(output.err ==
        "warning: the data is 42 bytes, 2 bytes (5.0%) more than the 40 bytes of RAM\n");

  output = run_image(folder.path, {"size", "--flash", ".text", "--ram", ".data", "--ram-max", "60",
                                   "--brief", "a.elf"});
  CHECK(output.out == "RAM 50.0% (30/60), Flash 900 bytes\n");
}

TEST_CASE("bad input of the size command is one line and exit status 2") {
  TemporaryFolder folder;
  test::write(folder / "text", "not a program");
  auto error = [&](std::vector<std::string> arguments) {
    ProcessOutput output = run_image(folder.path, std::move(arguments));
    CHECK(output.exit_status == 2);
    CHECK(output.out == "");
    return output.err;
  };
  CHECK(error({"siez"}) == "fbuild-image: unknown command 'siez'; did you mean 'size'?\n");
  CHECK(error({"size", "--flsh", ".text", "a"}) ==
        "fbuild-image: unknown option --flsh; did you mean '--flash'?\n");
  CHECK(error({"size", "--flash", ".text", "missing"}) ==
        "missing: cannot be read: No such file or directory\n");
  CHECK(error({"size", "--flash", ".text", "."}) == ".: is not a regular file\n");
  CHECK(error({"size", "--flash", ".text", "text"}).starts_with("text: is not an ELF file; "));
  CHECK(error({"size", "--flash", ".text", "--flash-max", "12x", "text"}) ==
        "fbuild-image: --flash-max has the value '12x'; a number such as 4096, 0x1000 or 4K\n");
  CHECK(error({"size", "text"}) ==
        "fbuild-image: size needs --flash SECTIONS and one ELF file; see fbuild-image --help\n");
}
