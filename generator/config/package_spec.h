// What `platform`, `platform_packages` and `lib_deps` name: a package of the registry, a
// repository, an archive, a folder.
//
//   espressif32 @ ~6.5.0                     name and requirement
//   owner/Name@^1.2                          name with its owner
//   13   id=13                               number in the registry
//   https://github.com/a/b.git#v1            repository, at a branch, tag or commit
//   Name=https://host/x.zip                  archive under a name of its own
//   symlink:///somewhere   file://../x       a folder, used in place or copied
//   lib/local                                the same, when it exists
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "generator/config/version_range.h"
#include "support/result.h"

namespace fbuild::config {

struct PackageSpec {
  std::optional<std::string> owner;
  std::optional<std::string> id;  // decimal digits
  std::optional<std::string> name;
  std::optional<VersionRange> requirements;
  // With "git+", "hg+" before it where that is how to fetch it.
  std::optional<std::string> uri;
  bool custom_name = false;  // `Name=...`

  bool external() const { return uri && !uri->empty(); }
  bool symlink() const { return uri && uri->starts_with("symlink://"); }
};

// Reads a spec. `directory` is where relative paths are looked up; paths that were looked
// for are told to `probed`, because a spec changes its meaning when such a path appears.
Result<PackageSpec> parse_package_spec(std::string_view text, const std::string& directory,
                                       const std::function<void(const std::string&)>& probed = {});

// Reads an item of platform_packages: `name @ what`, where what is a requirement or any
// spec. The name decides which of the platform's packages is meant.
Result<PackageSpec> parse_platform_package(
    std::string_view item, const std::string& directory,
    const std::function<void(const std::string&)>& probed = {});

}  // namespace fbuild::config
