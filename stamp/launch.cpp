#include "stamp/launch.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "support/files.h"

namespace fbuild::stamp {

std::vector<std::string> launched(const std::string& launcher, std::vector<std::string> command) {
  std::string& compiler = command.front();
  if (compiler.find('/') != std::string::npos) {
    char folder[PATH_MAX];
    if (::realpath(std::string(dir_name(compiler)).c_str(), folder))
      compiler = join_path(folder, base_name(compiler));
  }
  command.insert(command.begin(), launcher);
  return command;
}

bool launcher_spoke(const std::string& launcher, std::string_view printed) {
  std::string_view name = base_name(launcher);
  while (!printed.empty()) {
    size_t end = std::min(printed.find('\n'), printed.size());
    std::string_view line = printed.substr(0, end);
    printed.remove_prefix(std::min(end + 1, printed.size()));
    if (line.size() <= name.size() || (line[name.size()] != '[' && line[name.size()] != ':'))
      continue;
    if (std::equal(name.begin(), name.end(), line.begin(),
                   [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); }))
      return true;
  }
  return false;
}

Error run_launch(const std::vector<std::string>& words) {
  if (words.size() < 3 || words[1] != "--")
    return Error{"launch takes PROGRAM -- COMMAND...", "fbuild-stamp --help"};
  std::vector<std::string> command = launched(words[0], {words.begin() + 2, words.end()});
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  return Error{"cannot run '" + command[0] + "': " + errno_text(errno),
               "was it installed when fbuild-gen ran?"};
}

}  // namespace fbuild::stamp
