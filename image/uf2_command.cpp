// fbuild-image uf2: a program, a binary or a HEX file as UF2.
#include "image/command_line.h"
#include "image/commands.h"
#include "image/output.h"
#include "image/text.h"
#include "image/uf2.h"

namespace fbuild {
namespace {

constexpr OptionSpec kOptions[] = {
    {"-o", OptionSpec::Value},         {"--family", OptionSpec::Value},
    {"--families", OptionSpec::Value}, {"--base", OptionSpec::Value},
    {"--abs-block", OptionSpec::Flag}, {"--abs-block-at", OptionSpec::Value},
};

Result<Uf2Family> family_of(const CommandLine& line) {
  const std::string* name = line.value("--family");
  if (!name) return Uf2Family{};
  if (std::optional<uint32_t> id = parse_number(*name)) {
    Uf2Family family;
    family.id = *id;
    return family;
  }
  const std::string* table = line.value("--families");
  Result<FactRow> row =
      find_fact_row(table ? *table : installed_table("uf2-families"), *name, "UF2 family");
  if (!row) return row.error();
  return uf2_family(*row);
}

Result<std::string> convert(const CommandLine& line, const std::string& input,
                            const Uf2Family& family) {
  constexpr uint32_t kPlainBase = 0x2000;
  Uf2Options options;
  Result<uint32_t> base =
      line.number("--base", family.flash.empty() ? kPlainBase : family.flash[0].begin);
  if (!base) return base.error();
  options.base = *base;
  Result<uint32_t> block = line.number("--abs-block-at", kAbsoluteBlockAddress);
  if (!block) return block.error();
  if (line.has("--abs-block") || line.has("--abs-block-at")) options.absolute_block = *block;

  Result<MappedFile> file = MappedFile::open(input);
  if (!file) return file.error();
  std::string_view bytes = file->bytes();
  bool is_elf = bytes.starts_with(
      "\x7f"
      "ELF");
  bool is_hex = bytes.starts_with(':');
  if (line.has("--base") && (is_elf || is_hex)) {
    return Error{.what = "says by itself where it goes", .fix = "no --base", .file = input};
  }
  if (is_elf) {
    Result<Elf> elf = read_elf(bytes, input);
    if (!elf) return elf.error();
    return uf2_from_elf(*elf, family, options, input);
  }
  if (is_hex) {
    Result<std::vector<HexRun>> runs = read_intel_hex(bytes, input);
    if (!runs) return runs.error();
    return uf2_from_hex(*runs, family, input);
  }
  return uf2_from_binary(bytes, family, options, input);
}

}  // namespace

int uf2_command(std::span<const std::string> arguments) {
  Result<CommandLine> line = parse_command_line(arguments, kOptions);
  if (!line) return fail(line.error());
  Result<InputOutput> files = input_and_output(*line, "uf2");
  if (!files) return fail(files.error());
  Result<Uf2Family> family = family_of(*line);
  if (!family) return fail(family.error());
  Result<std::string> image = convert(*line, files->input, *family);
  if (!image) return fail(image.error());
  return write_output(files->output, *image);
}

}  // namespace fbuild
