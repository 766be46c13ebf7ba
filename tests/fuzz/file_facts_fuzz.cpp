// What packages' files say of themselves: properties, flags files, linker scripts, partition
// tables. The input's first line is a key, the rest is such a file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "generator/plan/linker_scripts.h"
#include "generator/platform/facts.h"
#include "generator/platform/file_facts.h"
#include "generator/platform/yaml_reader.h"

using namespace fbuild;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Kinds of patterns that platform files have.
const char* const kPatterns[] = {
    "(-march=\\S+|-mlongcalls)",
    "([^/]+)$",
    "^(.*)\\.csv$",
    "^([0-9]+)[0-9]{6}L?$",
    "^(([0-9]{1,3}\\.){3}[0-9]{1,3}|[^/]+\\.local)$",
    "irom0_0_seg\\s*:.+len\\s*=\\s*(0x[0-9a-fA-F]+)",
    "^\\s*[^#,]+,\\s*(?:0|app)\\s*,\\s*(?:factory|ota_0)\\s*,[^,]*,\\s*([0-9]\\w*)",
    "PROVIDE\\s*\\(\\s*_FS_start\\s*=\\s*(0x[0-9a-fA-F]+)",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t end = std::min(input.find('\n'), input.size());
  std::string_view key = input.substr(0, end), text = input.substr(std::min(end + 1, input.size()));
  auto lookup = [](std::string_view name) {
    return name.size() % 2 ? std::optional(std::string(name)) : std::nullopt;
  };

  // A value is one that is there, and its words can always be told apart.
  for (const std::string& copy : {std::string(text), keyed_line(text, key).value_or("")}) {
    try {
      for (const std::string& word : split_words(shell_form(copy)))
        require(word.size() <= copy.size());
    } catch (const YamlFailure&) {
      std::abort();
    }
    (void)!fill(shell_form(copy), lookup);
  }
  if (std::optional<std::string> value = keyed_line(text, key))
    require(text.find(std::string(key) + "=" + *value) != std::string_view::npos);
  for (const char* pattern : kPatterns) {
    std::optional<std::vector<std::string>> found = first_match(text, pattern);
    if (!found) continue;
    require(!found->empty() && text.find((*found)[0]) != std::string_view::npos);
  }
  if (std::optional<std::vector<std::string>> cells = table_row(text, key))
    require(!cells->empty() && cells->front() == key);
  for (const std::string& name : included_scripts(text))
    require(text.find(name) != std::string_view::npos);
  return 0;
}
