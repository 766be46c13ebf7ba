#include "generator/platform/package.h"

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "support/files.h"

namespace fbuild {

std::string package_file_version(const PackageSpec& spec, const std::string& root) {
  if (spec.version_file.empty()) return "";
  Result<std::string> text = read_file(join_path(root, spec.version_file));
  if (!text) return "";
  std::string_view rest = *text;
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.substr(0, equals) != spec.version_key) continue;
    std::string_view value = line.substr(equals + 1);
    while (!value.empty() && (value.back() == '\r' || value.back() == ' ')) value.remove_suffix(1);
    return std::string(value);
  }
  return "";
}

std::string probe_in(const PackageSpec& spec, const std::string& root) {
  if (path_exists(join_path(root, spec.probe))) return spec.probe;
  for (const std::string& probe : spec.other_probes)
    if (path_exists(join_path(root, probe))) return probe;
  return spec.probe;
}

bool has_package(const PackageSpec& spec, const std::vector<std::string>& programs,
                 const std::string& root) {
  if (!spec.probe.empty() && !path_exists(join_path(root, probe_in(spec, root)))) return false;
  for (const std::string& program : programs)
    if (!is_regular_file(join_path(root, program))) return false;
  return true;
}

namespace {

std::string real_path(const std::string& path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) ? buffer : std::string();
}

// The root of the first PATH folder that has the program and, beside it, all the others.
// A link is followed when the folder it lies in is not the toolchain's own.
std::string root_on_path(const PackageSpec& spec, const std::vector<std::string>& programs) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  for (;;) {
    size_t colon = rest.find(':');
    std::string candidate = absolute_path(join_path(rest.substr(0, colon), spec.program));
    if (is_regular_file(candidate)) {
      for (const std::string& program : {candidate, real_path(candidate)}) {
        std::string folder(dir_name(program));
        if (base_name(folder) != "bin" || base_name(program) != spec.program) continue;
        std::string root(dir_name(folder));
        if (has_package(spec, programs, root)) return root;
      }
    }
    if (colon == std::string_view::npos) return "";
    rest.remove_prefix(colon + 1);
  }
}

}  // namespace

Result<Package> package_at(const PackageSpec& spec, const std::string& place,
                           const std::string& project) {
  std::string path = place;
  for (std::string_view scheme : {"symlink://", "file://"})
    if (path.compare(0, scheme.size(), scheme) == 0) path = path.substr(scheme.size());
  Package out{spec.name, normalize_path(join_path(project, path)), place, ""};
  if (!is_directory(out.root))
    return Error{"package '" + spec.name + "' is not at '" + path + "': no such folder",
                 "give the folder that has '" + spec.probe + "'"};
  if (!has_package(spec, {}, out.root))
    return Error{
        "'" + path + "' is not package '" + spec.name + "': it has no '" + spec.probe + "'",
        "give the folder that has it"};
  out.version = package_file_version(spec, out.root);
  return out;
}

Result<Package> system_package(const PackageSpec& spec, const std::vector<std::string>& programs) {
  Package out{spec.name, "", "", ""};
  if (!spec.program.empty()) out.root = root_on_path(spec, programs);
  for (const std::string& folder : spec.folders)
    if (out.root.empty() && has_package(spec, programs, folder)) out.root = folder;
  if (out.root.empty()) {
    std::string fix =
        spec.debian.empty() ? "" : "install it with 'apt-get install " + spec.debian + "', or ";
    if (!spec.install.empty()) fix += "install it with '" + spec.install + "', or ";
    if (spec.versions.empty()) {
      fix += "name a folder with 'platform_packages = " + spec.name + " @ symlink:///path'";
    } else {
      fix += "fetch it with 'fbuild-gen --install'";
    }
    std::string what = "package '" + spec.name + "' is not installed";
    if (!spec.program.empty())
      what += " ('" + spec.program + "' is not on PATH with its companions)";
    return Error{what, fix};
  }
  out.version = package_file_version(spec, out.root);
  return out;
}

}  // namespace fbuild
