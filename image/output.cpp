#include "image/output.h"

#include "image/commands.h"
#include "image/text.h"
#include "support/files.h"

namespace fbuild {

Result<OpenElf> open_elf(const std::string& path) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file) return file.error();
  Result<Elf> elf = read_elf(file->bytes(), path);
  if (!elf) return elf.error();
  return OpenElf{*std::move(file), *std::move(elf)};
}

Result<InputOutput> input_and_output(const CommandLine& line, std::string_view command) {
  const std::string* output = line.value("-o");
  if (line.files.size() != 1 || !output || output->empty()) {
    return Error{.what = concat({command, " needs one input file and -o OUTPUT"}),
                 .fix = "see fbuild-image --help"};
  }
  return InputOutput{line.files[0], *output};
}

int write_output(const std::string& path, std::string_view bytes) {
  Status status = replace_file(path, bytes);
  return status ? 0 : fail(status.error());
}

}  // namespace fbuild
