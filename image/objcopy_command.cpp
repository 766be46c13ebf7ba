// fbuild-image hex and bin: the stored bytes of a program as Intel HEX or as they are.
#include "image/command_line.h"
#include "image/commands.h"
#include "image/intel_hex.h"
#include "image/output.h"
#include "image/stored_bytes.h"
#include "image/text.h"

namespace fbuild {
namespace {

constexpr OptionSpec kOptions[] = {
    {"-o", OptionSpec::Value},      {"-R", OptionSpec::Values},        {"-j", OptionSpec::Values},
    {"--move", OptionSpec::Values}, {"--gap-fill", OptionSpec::Value},
};

Result<SectionNames> names_of(const CommandLine& line, std::string_view option) {
  SectionNames names;
  for (const std::string& list : line.values(option)) {
    Result<SectionNames> more = parse_section_names(list);
    if (!more) return more.error();
    names.patterns.insert(names.patterns.end(), more->patterns.begin(), more->patterns.end());
  }
  return names;
}

Result<SectionChoice> section_choice(const CommandLine& line) {
  SectionChoice choice;
  Result<SectionNames> only = names_of(line, "-j");
  if (!only) return only.error();
  choice.only = *std::move(only);
  Result<SectionNames> without = names_of(line, "-R");
  if (!without) return without.error();
  choice.without = *std::move(without);
  for (const std::string& move : line.values("--move")) {
    size_t equals = move.rfind('=');
    std::optional<uint32_t> address;
    if (equals != move.npos) address = parse_number(std::string_view(move).substr(equals + 1));
    if (!address) {
      return Error{.what = concat({"--move has the value '", move, "'"}),
                   .fix = "a section and its address, as in .eeprom=0"};
    }
    choice.moved.emplace_back(move.substr(0, equals), *address);
  }
  return choice;
}

enum class Form { Hex, Binary };

int objcopy_command(std::span<const std::string> arguments, Form form) {
  Result<CommandLine> line = parse_command_line(arguments, kOptions);
  if (!line) return fail(line.error());
  Result<InputOutput> files = input_and_output(*line, form == Form::Hex ? "hex" : "bin");
  if (!files) return fail(files.error());
  Result<SectionChoice> choice = section_choice(*line);
  if (!choice) return fail(choice.error());
  Result<uint32_t> fill = line->number("--gap-fill", 0);
  if (!fill) return fail(fill.error());
  if (*fill > 255 || (form == Form::Hex && line->has("--gap-fill"))) {
    return fail({.what = "--gap-fill is wrong here", .fix = "a byte, for bin only"});
  }
  Result<OpenElf> program = open_elf(files->input);
  if (!program) return fail(program.error());
  Result<std::vector<StoredBytes>> sections = stored_bytes(program->elf, *choice, files->input);
  if (!sections) return fail(sections.error());
  if (form == Form::Hex) {
    return write_output(files->output, intel_hex(*std::move(sections), program->elf.entry));
  }
  Result<std::string> bytes = flat_binary(*sections, static_cast<uint8_t>(*fill), files->input);
  if (!bytes) return fail(bytes.error());
  return write_output(files->output, *bytes);
}

}  // namespace

int hex_command(std::span<const std::string> arguments) {
  return objcopy_command(arguments, Form::Hex);
}

int bin_command(std::span<const std::string> arguments) {
  return objcopy_command(arguments, Form::Binary);
}

}  // namespace fbuild
