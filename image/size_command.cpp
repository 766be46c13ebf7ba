// fbuild-image size: prints what a program takes of its device's memories, after every
// link.
#include <cstdio>

#include "image/command_line.h"
#include "image/commands.h"
#include "image/mapped_file.h"
#include "image/size_report.h"
#include "image/text.h"
#include "support/files.h"

namespace fbuild {
namespace {

constexpr OptionSpec kOptions[] = {
    {"--flash", OptionSpec::Value},     {"--ram", OptionSpec::Value},
    {"--flash-max", OptionSpec::Value}, {"--ram-max", OptionSpec::Value},
    {"--json", OptionSpec::Value},      {"--brief", OptionSpec::Flag},
    {"--ram-soft", OptionSpec::Flag},
};

struct SizeRequest {
  SectionNames flash_sections, ram_sections;
  MemoryUse flash, ram;
  bool has_ram = false;
};

Result<SizeRequest> size_request(const CommandLine& line) {
  SizeRequest request;
  if (line.files.size() != 1 || !line.has("--flash")) {
    return Error{.what = "size needs --flash SECTIONS and one ELF file",
                 .fix = "see fbuild-image --help"};
  }
  Result<SectionNames> flash = parse_section_names(*line.value("--flash"));
  if (!flash) return flash.error();
  request.flash_sections = *std::move(flash);
  Result<uint32_t> flash_max = line.number("--flash-max", 0);
  if (!flash_max) return flash_max.error();
  request.flash.max = *flash_max;
  Result<uint32_t> ram_max = line.number("--ram-max", 0);
  if (!ram_max) return ram_max.error();
  request.ram.max = *ram_max;
  if (const std::string* list = line.value("--ram")) {
    Result<SectionNames> ram = parse_section_names(*list);
    if (!ram) return ram.error();
    request.ram_sections = *std::move(ram);
    request.has_ram = true;
  }
  return request;
}

}  // namespace

int size_command(std::span<const std::string> arguments) {
  Result<CommandLine> line = parse_command_line(arguments, kOptions);
  if (!line) return fail(line.error());
  Result<SizeRequest> request = size_request(*line);
  if (!request) return fail(request.error());
  Result<MappedFile> file = MappedFile::open(line->files[0]);
  if (!file) return fail(file.error());
  Result<Elf> elf = read_elf(file->bytes(), line->files[0]);
  if (!elf) return fail(elf.error());

  MemoryUse& flash = request->flash;
  MemoryUse* ram = request->has_ram ? &request->ram : nullptr;
  flash.used = sections_size(*elf, request->flash_sections);
  if (ram) ram->used = sections_size(*elf, request->ram_sections);

  std::string report;
  if (line->has("--brief")) {
    if (ram) report = concat({"RAM ", memory_brief(*ram), ", "});
    report += concat({"Flash ", memory_brief(flash), "\n"});
  } else {
    if (ram) report += memory_line("RAM", *ram);
    report += memory_line("Flash", flash);
  }
  std::fwrite(report.data(), 1, report.size(), stdout);
  std::fflush(stdout);

  // Where what a section list calls RAM may lie in more than one memory, its limit is soft.
  bool soft = line->has("--ram-soft"), fits = true;
  auto judge = [&](const MemoryUse& use, const char* what, const char* memory, bool warn) {
    if (!use.too_big()) return;
    fits = fits && warn;
    std::string text = concat({warn ? "warning: the " : "error: the ", what, " is ",
                               std::to_string(use.used), " bytes, ", memory_excess(use, memory),
                               warn ? "\n" : "; make it smaller or choose a board with more\n"});
    std::fwrite(text.data(), 1, text.size(), stderr);
  };
  if (ram) judge(*ram, "data", "RAM", soft);
  judge(flash, "program", "flash", false);
  if (!fits) return 1;
  if (const std::string* path = line->value("--json")) {
    Result<bool> written = write_if_changed(*path, size_json(*elf, ram, &flash));
    if (!written) return fail(written.error());
  }
  return 0;
}

}  // namespace fbuild
