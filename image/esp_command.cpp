// fbuild-image esp: a program as an image for the ESP32 family.
#include "image/esp_command.h"

#include "image/command_line.h"
#include "image/commands.h"
#include "image/esp_image.h"
#include "image/output.h"
#include "image/text.h"

namespace fbuild {
namespace {

constexpr OptionSpec kOptions[] = {
    {"-o", OptionSpec::Value},
    {"--chip", OptionSpec::Value},
    {"--chips", OptionSpec::Value},
    {"--flash-mode", OptionSpec::Value},
    {"--flash-freq", OptionSpec::Value},
    {"--flash-size", OptionSpec::Value},
    {"--min-rev", OptionSpec::Value},
    {"--min-rev-full", OptionSpec::Value},
    {"--max-rev-full", OptionSpec::Value},
    {"--elf-sha256-offset", OptionSpec::Value},
    {"--no-digest", OptionSpec::Flag},
    {"--use-segments", OptionSpec::Flag},
    {"--mmu-page-size", OptionSpec::Value},
    {"--pad-to-size", OptionSpec::Value},
    {"--secure-pad", OptionSpec::Value},
};

Result<EspImageOptions> image_options(const CommandLine& line, const EspChip& chip) {
  EspImageOptions options;
  Result<EspFlash> flash = esp_flash_of(line, chip);
  if (!flash) return flash.error();
  options.flash_mode = flash->mode.value_or(0);
  // 1MB, the default size, has the code 0 in all chips with this header.
  options.flash_size_frequency =
      static_cast<uint8_t>(flash->size.value_or(0) + flash->frequency.value_or(0));
  struct Number {
    std::string_view name;
    uint32_t* into;
    uint32_t most;
  };
  uint32_t secure_pad = 0;
  for (const Number& number : {Number{"--min-rev", &options.min_revision, 255},
                               Number{"--min-rev-full", &options.min_revision_full, 65535},
                               Number{"--max-rev-full", &options.max_revision_full, 65535},
                               Number{"--elf-sha256-offset", &options.elf_digest_at, UINT32_MAX},
                               Number{"--mmu-page-size", &options.page, 16u << 20},
                               Number{"--pad-to-size", &options.pad_to, 256u << 20},
                               Number{"--secure-pad", &secure_pad, 2}}) {
    Result<uint32_t> value = line.number(number.name, *number.into);
    if (!value) return value.error();
    if (*value > number.most) {
      return Error{.what = concat({number.name, " is too large"}),
                   .fix = concat({"at most ", std::to_string(number.most)})};
    }
    *number.into = *value;
  }
  options.secure_pad = static_cast<int>(secure_pad);
  options.append_digest = !line.has("--no-digest");
  options.from_segments = line.has("--use-segments");
  if (options.secure_pad != 0 && !options.append_digest) {
    return Error{.what = "--secure-pad does not go with --no-digest", .fix = "one of the two"};
  }
  return options;
}

}  // namespace

Result<EspChip> esp_chip_of(const CommandLine& line, std::string_view otherwise) {
  const std::string* given = line.value("--chip");
  std::string_view name = given ? *given : otherwise;
  if (name.empty()) {
    return Error{.what = "the chip is not given", .fix = "--chip and its name, as in --chip esp32"};
  }
  const std::string* table = line.value("--chips");
  Result<FactRow> row = find_fact_row(table ? *table : installed_table("esp-chips"), name, "chip");
  if (!row) return row.error();
  return esp_chip(*row);
}

Result<EspFlash> esp_flash_of(const CommandLine& line, const EspChip& chip) {
  EspFlash flash;
  if (const std::string* mode = line.value("--flash-mode")) {
    Result<uint8_t> code = esp_flash_mode(*mode);
    if (!code) return code.error();
    flash.mode = *code;
  }
  if (const std::string* size = line.value("--flash-size")) {
    Result<uint8_t> code = esp_code(chip.sizes, *size, "flash size", chip);
    if (!code) return code.error();
    flash.size = *code;
  }
  if (const std::string* frequency = line.value("--flash-freq")) {
    Result<uint8_t> code = esp_code(chip.frequencies, *frequency, "flash frequency", chip);
    if (!code) return code.error();
    flash.frequency = *code;
  }
  return flash;
}

int esp_command(std::span<const std::string> arguments) {
  Result<CommandLine> line = parse_command_line(arguments, kOptions);
  if (!line) return fail(line.error());
  Result<InputOutput> files = input_and_output(*line, "esp");
  if (!files) return fail(files.error());
  Result<EspChip> chip = esp_chip_of(*line);
  if (!chip) return fail(chip.error());
  if (!chip->extended_header) {
    return fail({.what = concat({chip->name, " has images of another kind"}),
                 .fix = "the command esp8266"});
  }
  Result<EspImageOptions> options = image_options(*line, *chip);
  if (!options) return fail(options.error());
  Result<OpenElf> program = open_elf(files->input);
  if (!program) return fail(program.error());
  Result<std::string> image =
      esp_image(program->elf, program->file.bytes(), *chip, *options, files->input);
  if (!image) return fail(image.error());
  return write_output(files->output, *image);
}

}  // namespace fbuild
