#include "generator/platform/package_link.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "support/files.h"

namespace fbuild {

std::string link_target(const std::string& path) {
  char buffer[PATH_MAX];
  ssize_t n = ::readlink(path.c_str(), buffer, sizeof buffer);
  return n < 0 ? std::string() : std::string(buffer, static_cast<size_t>(n));
}

Result<bool> replace_link(const std::string& path, const std::string& target) {
  std::string old = link_target(path);
  if (old == target) return false;
  struct stat st;
  if (old.empty() && ::lstat(path.c_str(), &st) == 0)
    return Error{"there is something that is not a link", "move it away", path};
  std::string temporary = path + ".tmp." + std::to_string(::getpid());
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) == 0 &&
      ::rename(temporary.c_str(), path.c_str()) == 0)
    return true;
  Error error{"cannot make the link: " + errno_text(errno), "", path};
  ::unlink(temporary.c_str());
  return error;
}

Result<bool> link_package(const std::string& path, const std::string& root,
                          const std::string& project) {
  std::string target = path_inside(root, project);
  std::string folder = path_inside(dir_name(path), project);
  if (target[0] == '/' || folder[0] == '/') return replace_link(path, normalize_path(root));
  std::string up = "../";
  for (char c : folder)
    if (c == '/') up += "../";
  return replace_link(path, normalize_path(up + target));
}

}  // namespace fbuild
