// fbuild-image esp8266: a program as an image for the ESP8266.
#include "image/command_line.h"
#include "image/commands.h"
#include "image/esp8266_image.h"
#include "image/esp_command.h"
#include "image/output.h"
#include "image/text.h"
#include "support/files.h"

namespace fbuild {
namespace {

constexpr OptionSpec kOptions[] = {
    {"-o", OptionSpec::Value},
    {"--chip", OptionSpec::Value},
    {"--chips", OptionSpec::Value},
    {"--flash-mode", OptionSpec::Value},
    {"--flash-freq", OptionSpec::Value},
    {"--flash-size", OptionSpec::Value},
    {"--eboot", OptionSpec::Value},
    {"--format", OptionSpec::Value},
    {"--use-segments", OptionSpec::Flag},
};

Result<Esp8266Options> image_options(const CommandLine& line, uint32_t format) {
  Result<EspChip> chip = esp_chip_of(line, format == 3 ? "esp8266-3" : "esp8266");
  if (!chip) return chip.error();
  Result<EspFlash> flash = esp_flash_of(line, *chip);
  if (!flash) return flash.error();
  Esp8266Options options;
  options.flash_mode = flash->mode.value_or(0);
  Result<uint8_t> size = esp_code(chip->sizes, "1MB", "flash size", *chip);
  if (!flash->size && !size) return size.error();
  options.flash_size_frequency =
      static_cast<uint8_t>((flash->size ? *flash->size : *size) + flash->frequency.value_or(0));
  options.from_segments = line.has("--use-segments");
  options.flash = chip->flash;
  options.memory = chip->memory;
  return options;
}

int write_parts(const Elf& elf, const Esp8266Options& options, const InputOutput& files) {
  Result<Esp8266Parts> parts = esp8266_image_1(elf, options, files.input);
  if (!parts) return fail(parts.error());
  auto name = [&](uint32_t offset) {
    std::string digits = hex_text(offset).substr(2);
    if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
    return concat({files.output, "0x", digits, ".bin"});
  };
  if (!parts->flash.empty()) {
    int status = write_output(name(parts->flash_offset), parts->flash);
    if (status != 0) return status;
  }
  return write_output(name(0), parts->loaded);
}

}  // namespace

int esp8266_command(std::span<const std::string> arguments) {
  Result<CommandLine> line = parse_command_line(arguments, kOptions);
  if (!line) return fail(line.error());
  Result<InputOutput> files = input_and_output(*line, "esp8266");
  if (!files) return fail(files.error());
  const std::string* eboot = line->value("--eboot");
  Result<uint32_t> format = line->number("--format", eboot ? 0 : 1);
  if (!format || *format > 3 || (eboot != nullptr) != (*format == 0)) {
    return fail({.what = "--format is wrong", .fix = "1, 2 or 3, or --eboot ELF instead of it"});
  }
  Result<Esp8266Options> options = image_options(*line, *format);
  if (!options) return fail(options.error());
  Result<OpenElf> program = open_elf(files->input);
  if (!program) return fail(program.error());
  if (*format == 1) return write_parts(program->elf, *options, *files);

  Result<std::string> image = std::string();
  if (*format == 0) {
    Result<OpenElf> bootloader = open_elf(*eboot);
    if (!bootloader) return fail(bootloader.error());
    image = esp8266_arduino_image(bootloader->elf, *eboot, program->elf, files->input, *options);
  } else if (*format == 2) {
    image = esp8266_image_2(program->elf, *options, files->input);
  } else {
    image = esp8266_image_3(program->elf, *options, files->input);
  }
  if (!image) return fail(image.error());
  return write_output(files->output, *image);
}

}  // namespace fbuild
