#include "generator/library/platform_names.h"

#include <sstream>

#include "support/files.h"

namespace fbuild {

Result<PlatformNames> read_platform_names(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  PlatformNames out;
  std::istringstream lines(*text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string kind, name, platform;
    words >> kind >> name >> platform;
    if (platform.empty() || (kind != "properties" && kind != "json"))
      return Error{"no such line", "write 'properties NAME PLATFORM' or 'json NAME PLATFORM'", path,
                   number};
    (kind == "json" ? out.old_names : out.architectures).emplace_back(name, platform);
  }
  return out;
}

std::vector<std::string> platforms_of(const LibraryManifest& manifest, const PlatformNames& names) {
  std::vector<std::string> out;
  for (const std::string& platform : manifest.platforms) {
    out.push_back(platform);
    for (const auto& [name, now] : names.old_names)
      if (platform == name) out.back() = now;
  }
  for (const std::string& architecture : manifest.architectures) {
    if (architecture == "*") return {"*"};
    for (const auto& [name, platform] : names.architectures)
      if (architecture == name) out.push_back(platform);
  }
  return out;
}

}  // namespace fbuild
