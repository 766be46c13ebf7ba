#include "lnk/find_manifests.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr std::array<std::string_view, 11> kExcluded = {
    ".git", ".hg",    ".svn",    ".fbuild",     ".pio",        ".venv",
    "venv", ".cache", ".vscode", "__pycache__", "node_modules"};

constexpr std::string_view kSuffix = ".lnk";

Status search(const std::string& folder, std::set<std::pair<dev_t, ino_t>>& seen,
              std::vector<std::string>& out) {
  struct stat st;
  if (::stat(folder.empty() ? "." : folder.c_str(), &st) != 0)
    return Error{"cannot stat: " + errno_text(errno), "", folder};
  if (!seen.emplace(st.st_dev, st.st_ino).second) return {};
  Result<std::vector<DirEntry>> entries = list_directory(folder.empty() ? "." : folder);
  if (!entries) return entries.error();
  for (const DirEntry& entry : *entries) {
    std::string path = join_path(folder, entry.name);
    if (entry.kind == DirEntry::Directory) {
      if (is_excluded_folder(entry.name)) continue;
      if (Status status = search(path, seen, out); !status) return status;
    } else if (entry.name.size() > kSuffix.size() &&
               entry.name.compare(entry.name.size() - kSuffix.size(), kSuffix.size(), kSuffix) ==
                   0) {
      // A dangling link or a FIFO by that name is reported when it is read.
      out.push_back(std::move(path));
    }
  }
  return {};
}

}  // namespace

bool is_excluded_folder(std::string_view name) {
  return std::find(kExcluded.begin(), kExcluded.end(), name) != kExcluded.end();
}

Result<std::vector<std::string>> find_manifests(const std::string& folder) {
  std::vector<std::string> out;
  std::set<std::pair<dev_t, ino_t>> seen;
  std::string start = normalize_path(folder);
  if (Status status = search(start == "." ? "" : start, seen, out); !status) return status.error();
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace fbuild::lnk
