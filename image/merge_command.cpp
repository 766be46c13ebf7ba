// fbuild-image merge: one file for the whole flash of an ESP chip.
#include <cstdio>
#include <deque>

#include "image/command_line.h"
#include "image/commands.h"
#include "image/flash_merge.h"
#include "image/output.h"
#include "image/text.h"

namespace fbuild {
namespace {

constexpr OptionSpec kOptions[] = {
    {"-o", OptionSpec::Value},           {"--chip", OptionSpec::Value},
    {"--chips", OptionSpec::Value},      {"--flash-mode", OptionSpec::Value},
    {"--flash-freq", OptionSpec::Value}, {"--flash-size", OptionSpec::Value},
    {"--start", OptionSpec::Value},      {"--pad-to-size", OptionSpec::Value},
};

// The files of the command line, and the copies of those whose header is changed.
struct Parts {
  std::vector<FlashPart> parts;
  std::deque<MappedFile> files;
  std::deque<std::string> copies;
};

Status set_flash(Parts& parts, const CommandLine& line) {
  if (!line.has("--flash-mode") && !line.has("--flash-size") && !line.has("--flash-freq")) {
    return {};
  }
  Result<EspChip> chip = esp_chip_of(line);
  if (!chip) return chip.error();
  Result<EspFlash> flash = esp_flash_of(line, *chip);
  if (!flash) return flash.error();
  for (FlashPart& part : parts.parts) {
    if (part.offset != chip->bootloader || part.bytes.size() < 8) continue;
    std::string& copy = parts.copies.emplace_back(part.bytes);
    if (!set_esp_flash(copy, *flash, chip->extended_header)) {
      Error warning{.what = concat({"warning: is no ", chip->name,
                                    " image; its flash settings stay as they are"}),
                    .file = part.file};
      std::fprintf(stderr, "%s\n", warning.text().c_str());
    }
    part.bytes = copy;
  }
  return {};
}

}  // namespace

int merge_command(std::span<const std::string> arguments) {
  Result<CommandLine> line = parse_command_line(arguments, kOptions);
  if (!line) return fail(line.error());
  const std::string* output = line->value("-o");
  if (line->files.empty() || line->files.size() % 2 != 0 || !output) {
    return fail({.what = "merge needs pairs of an offset and a file, and -o OUTPUT",
                 .fix = "as in 0x1000 bootloader.bin 0x10000 firmware.bin"});
  }
  Result<uint32_t> start = line->number("--start", 0);
  if (!start) return fail(start.error());
  Result<uint32_t> pad_to = line->number("--pad-to-size", 0);
  if (!pad_to) return fail(pad_to.error());

  Parts parts;
  for (size_t i = 0; i < line->files.size(); i += 2) {
    std::optional<uint32_t> offset = parse_number(line->files[i]);
    if (!offset) {
      return fail({.what = concat({"'", line->files[i], "' is no offset"}),
                   .fix = "a number such as 0x10000 before each file"});
    }
    Result<MappedFile> file = MappedFile::open(line->files[i + 1]);
    if (!file) return fail(file.error());
    parts.files.push_back(*std::move(file));
    parts.parts.push_back({*offset, parts.files.back().bytes(), line->files[i + 1]});
  }
  if (Status status = set_flash(parts, *line); !status) return fail(status.error());
  Result<std::string> merged = merge_flash(std::move(parts.parts), *start, *pad_to);
  if (!merged) return fail(merged.error());
  return write_output(*output, *merged);
}

}  // namespace fbuild
