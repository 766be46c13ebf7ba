// fbuild-image partitions: a partition CSV as the binary the bootloader reads.
#include <cstdio>

#include "image/command_line.h"
#include "image/commands.h"
#include "image/output.h"
#include "image/partition_table.h"
#include "image/text.h"

namespace fbuild {
namespace {

constexpr OptionSpec kOptions[] = {
    {"-o", OptionSpec::Value},
    {"--offset", OptionSpec::Value},
    {"--flash-size", OptionSpec::Value},
    {"--primary-bootloader-offset", OptionSpec::Value},
    {"--recovery-bootloader-offset", OptionSpec::Value},
    {"--secure", OptionSpec::Value},
    {"--no-md5", OptionSpec::Flag},
    {"--subtype", OptionSpec::Values},
    {"--json", OptionSpec::Flag},
    {"--file-system", OptionSpec::Value},
};

Result<PartitionSubtype> subtype_of(const std::string& text) {
  size_t first = text.find(','), last = text.rfind(',');
  PartitionSubtype subtype;
  std::optional<uint32_t> value;
  if (first != text.npos && first != last) {
    subtype.type = text.substr(0, first);
    subtype.name = text.substr(first + 1, last - first - 1);
    value = parse_number(std::string_view(text).substr(last + 1));
  }
  bool type = subtype.type == "app" || subtype.type == "data" || subtype.type == "bootloader" ||
              subtype.type == "partition_table";
  if (!value || *value > 254 || !type || subtype.name.empty()) {
    return Error{.what = concat({"--subtype has the value '", text, "'"}),
                 .fix = "type, name and number, as in data,mine,0x40"};
  }
  subtype.value = static_cast<uint8_t>(*value);
  return subtype;
}

Result<PartitionOptions> partition_options(const CommandLine& line) {
  PartitionOptions options;
  Result<uint32_t> offset = line.number("--offset", options.table_offset);
  if (!offset) return offset.error();
  options.table_offset = *offset;
  Result<uint32_t> flash = line.number("--flash-size", 0);
  if (!flash) return flash.error();
  options.flash_size = *flash;
  auto bootloader = [&](std::string_view name, std::optional<uint32_t>& into) -> Status {
    if (!line.has(name)) return {};
    Result<uint32_t> number = line.number(name, 0);
    if (!number) return number.error();
    into = *number;
    return {};
  };
  Status status = bootloader("--primary-bootloader-offset", options.primary_bootloader);
  if (!status) return status.error();
  status = bootloader("--recovery-bootloader-offset", options.recovery_bootloader);
  if (!status) return status.error();
  if (options.primary_bootloader && *options.primary_bootloader >= options.table_offset) {
    return Error{.what = "--primary-bootloader-offset is not below the partition table",
                 .fix = "less than --offset"};
  }
  Result<uint32_t> secure = line.number("--secure", 0);
  if (!secure || *secure > 2) return Error{.what = "--secure is wrong", .fix = "1 or 2"};
  options.secure_boot = static_cast<int>(*secure);
  options.md5 = !line.has("--no-md5");
  for (const std::string& text : line.values("--subtype")) {
    Result<PartitionSubtype> subtype = subtype_of(text);
    if (!subtype) return subtype.error();
    options.subtypes.push_back(*std::move(subtype));
  }
  return options;
}

}  // namespace

int partitions_command(std::span<const std::string> arguments) {
  Result<CommandLine> line = parse_command_line(arguments, kOptions);
  if (!line) return fail(line.error());
  bool json = line->has("--json");
  const std::string* file_system = line->value("--file-system");
  if (line->files.size() != 1 || (!json && !file_system && !line->has("-o"))) {
    return fail(
        {.what = "partitions needs one CSV file and -o OUTPUT, --json or --file-system NAME",
         .fix = "see fbuild-image --help"});
  }
  const std::string& input = line->files[0];
  Result<PartitionOptions> options = partition_options(*line);
  if (!options) return fail(options.error());
  Result<MappedFile> file = MappedFile::open(input);
  if (!file) return fail(file.error());
  Result<PartitionTable> table = read_partition_csv(file->bytes(), *options, input);
  if (!table) return fail(table.error());
  Result<std::string> binary = partition_binary(*table, *options, input);
  if (!binary) return fail(binary.error());
  for (const std::string& warning : table->warnings) {
    std::fprintf(stderr, "%s\n", warning.c_str());
  }
  if (json) {
    std::string text = partition_json(*table);
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  if (file_system) {
    Result<Partition> found = file_system_partition(*table, *file_system, input);
    if (!found) return fail(found.error());
    std::printf("%lld %lld\n", static_cast<long long>(*found->offset),
                static_cast<long long>(found->size));
  }
  const std::string* output = line->value("-o");
  return output ? write_output(*output, *binary) : 0;
}

}  // namespace fbuild
