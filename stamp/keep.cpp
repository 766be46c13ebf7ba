#include "stamp/keep.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "support/files.h"
#include "support/process.h"

namespace fbuild::stamp {

namespace {

void put(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

Result<int> run_keep(const std::vector<std::string>& words) {
  const char* usage = "fbuild-stamp keep -- COMMAND...";
  if (words.empty() || words[0] != "--")
    return Error{"'" + (words.empty() ? "" : words[0]) + "' is not expected here", usage};
  std::vector<std::string> command(words.begin() + 1, words.end());
  if (command.empty()) return Error{"no command given", usage};
  auto option = std::find(command.begin(), command.end(), "-o");
  Result<ProcessOutput> output = run_process(command, {.directory = {}, .capture_err = true});
  if (!output) return output.error();
  put(1, output->out);
  put(2, output->err);
  if (option == command.end() || option + 1 == command.end()) return output->exit_status;
  std::string file = *(option + 1), said = output->out + output->err;
  // That nothing can be kept is no reason for the compile to fail.
  (void)write_if_changed(file + (output->exit_status ? ".failed" : ".said"), said);
  if (output->exit_status == 0) ::unlink((file + ".failed").c_str());
  return output->exit_status;
}

}  // namespace fbuild::stamp
