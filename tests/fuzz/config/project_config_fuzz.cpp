// A whole configuration: lookup, inheritance, ${...}, types, the printed JSON. Parts of
// the input, separated by \x01, are the main file and files that extra_configs may name.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "generator/config/config_json.h"

using namespace fbuild;
using namespace fbuild::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> files;
  for (size_t begin = 0; begin <= text.size() && files.size() < 4;) {
    size_t end = std::min(text.find('\x01', begin), text.size());
    files.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  ConfigInput input{.directory = "/nonexistent", .project_dir = "/project", .unix_time = 1};
  input.read = [&](const std::string& path) -> Result<std::string> {
    if (path == "platformio.ini") return files[0];
    size_t number = path.size() == 1 && path[0] >= '1' && path[0] <= '3' ? path[0] - '0' : 9;
    if (number < files.size()) return files[number];
    return Error{.what = "no such file"};
  };
  input.glob = [&](const std::string& pattern) {
    return pattern == "*" ? std::vector<std::string>{"1", "2", "3"} : std::vector{pattern};
  };
  input.variable = [](const char* name) -> const char* {
    std::string_view variable = name;
    if (variable == "HOME") return "/home/u";
    if (variable == "V") return "a ${this.board}\nb";
    if (variable == "PLATFORMIO_BUILD_FLAGS") return "-DX ${this.platform}";
    return nullptr;
  };
  PrintedConfig printed = print_config(input);
  if (printed.json.empty() || printed.json.back() != '\n') std::abort();
  return 0;
}
