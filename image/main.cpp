// fbuild-image: what is done with a linked program: its size, its image files. Started
// after every link, so it is one static program that reads, writes and is gone.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "image/commands.h"
#include "image/text.h"
#include "support/perf_log.h"
#include "support/suggest.h"

namespace {

constexpr char kUsage[] =
    "fbuild-image COMMAND ...: sizes and images of linked programs (32-bit ELF files)\n"
    "\n"
    "  size --flash SECTIONS [--ram SECTIONS] [--flash-max BYTES] [--ram-max BYTES]\n"
    "       [--ram-soft] [--json FILE] [--brief] ELF\n"
    "      Prints the use of RAM and flash. SECTIONS is a comma list of section names, each\n"
    "      with an optional * at its end. More than there is: exit status 1; with\n"
    "      --ram-soft, more RAM is a warning.\n"
    "\n"
    "  hex [-R SECTIONS] [-j SECTIONS] [--move SECTION=ADDRESS] -o FILE ELF\n"
    "  bin [-R SECTIONS] [-j SECTIONS] [--move SECTION=ADDRESS] [--gap-fill BYTE] -o FILE ELF\n"
    "      The program as Intel HEX or as plain bytes, the same as objcopy's -O ihex and\n"
    "      -O binary: all sections but those of -R, or only those of -j. --move gives a\n"
    "      section another address (objcopy's --change-section-lma).\n"
    "\n"
    "  uf2 [--family NAME|ID] [--families TABLE] [--base ADDRESS] [--abs-block]\n"
    "      [--abs-block-at ADDRESS] -o FILE INPUT\n"
    "      UF2 from an ELF file, a HEX file, or plain bytes that go to --base.\n"
    "\n"
    "  esp --chip NAME [--chips TABLE] [--flash-mode MODE] [--flash-freq FREQ]\n"
    "      [--flash-size SIZE] [--min-rev N] [--min-rev-full N] [--max-rev-full N]\n"
    "      [--elf-sha256-offset N] [--no-digest] [--use-segments] [--mmu-page-size N]\n"
    "      [--pad-to-size N] [--secure-pad 1|2] -o FILE ELF\n"
    "      An application or bootloader image for the ESP32 family, as esptool's elf2image.\n"
    "\n"
    "  esp8266 --eboot ELF | --format 1|2|3 [--flash-mode MODE] [--flash-freq FREQ]\n"
    "      [--flash-size SIZE] [--use-segments] [--chip NAME] [--chips TABLE] -o FILE ELF\n"
    "      An ESP8266 image: with --eboot as the Arduino core's elf2bin.py, with --format as\n"
    "      esptool's elf2image --version (1 makes two files whose names begin with FILE).\n"
    "\n"
    "  merge [--chip NAME] [--chips TABLE] [--flash-mode MODE] [--flash-freq FREQ]\n"
    "      [--flash-size SIZE] [--start N] [--pad-to-size N] -o FILE OFFSET BINARY...\n"
    "      One file for the whole flash, as esptool's merge-bin; flash settings that are\n"
    "      given are put into the bootloader's header.\n"
    "\n"
    "  partitions [--offset N] [--flash-size N] [--secure 1|2] [--no-md5]\n"
    "      [--primary-bootloader-offset N] [--recovery-bootloader-offset N]\n"
    "      [--subtype TYPE,NAME,NUMBER]... [--json] [--file-system NAME] [-o FILE] CSV\n"
    "      A partition table as gen_esp32part.py makes and checks it; --json prints it;\n"
    "      --file-system prints offset and size of a partition for a file system, that of\n"
    "      this name, or the last for ''.\n"
    "\n"
    "  --version, --help\n"
    "\n"
    "Numbers are decimal, 0x hexadecimal, or with K or M at their end (1024, 1048576).\n"
    "Exit status: 0 done, 1 the program does not fit, 2 bad input.\n";

struct Command {
  const char* name;
  int (*run)(std::span<const std::string>);
};

// clang-format off
constexpr Command kCommands[] = {
    {"size", fbuild::size_command},
    {"hex", fbuild::hex_command},
    {"bin", fbuild::bin_command},
    {"uf2", fbuild::uf2_command},
    {"esp", fbuild::esp_command},
    {"esp8266", fbuild::esp8266_command},
    {"merge", fbuild::merge_command},
    {"partitions", fbuild::partitions_command},
};
// clang-format on

}  // namespace

namespace fbuild {

int fail(const Error& error) {
  std::string line = concat({error.file.empty() ? "fbuild-image: " : "", error.text(), "\n"});
  std::fwrite(line.data(), 1, line.size(), stderr);
  return 2;
}

}  // namespace fbuild

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (arguments[0] == "--version") {
    std::puts("fbuild-image " FBUILD_VERSION);
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (arguments[0] == command.name) {
      fbuild::PerfLog log("fbuild-image");
      int status = command.run(std::span(arguments).subspan(1));
      log.phase(command.name);
      return status;
    }
    names.push_back(command.name);
  }
  std::string fix = fbuild::did_you_mean(arguments[0], names);
  if (fix.empty()) fix = "see fbuild-image --help";
  return fbuild::fail(
      {.what = fbuild::concat({"unknown command '", arguments[0], "'"}), .fix = fix});
}
