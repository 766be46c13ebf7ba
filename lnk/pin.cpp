#include "lnk/pin.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "lnk/sha256.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr std::string_view kPrefix = "pin.";

std::string real_path(const std::string& path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) ? buffer : std::string();
}

bool leads_into(const std::string& link, const std::string& entry) {
  char buffer[PATH_MAX];
  if (::readlink(link.c_str(), buffer, sizeof buffer) < 0) return false;
  std::string from = real_path(link), to = real_path(entry);
  return !to.empty() && from.starts_with(to + "/");
}

}  // namespace

Status pin_entry(const std::string& entry, const std::string& link) {
  std::string path = entry + "/" + std::string(kPrefix) + sha256_of(link).substr(0, 16);
  Result<bool> written = write_if_changed(path, link + "\n");
  if (!written) return written.error();
  return {};
}

int live_pins(const std::string& entry) {
  Result<std::vector<DirEntry>> files = list_directory(entry);
  if (!files) return 0;
  int live = 0;
  for (const DirEntry& file : *files) {
    if (!file.name.starts_with(kPrefix)) continue;
    std::string path = entry + "/" + file.name;
    Result<std::string> link = read_file(path);
    if (link && link->ends_with('\n') && leads_into(link->substr(0, link->size() - 1), entry)) {
      ++live;
    } else {
      ::unlink(path.c_str());
    }
  }
  return live;
}

}  // namespace fbuild::lnk
