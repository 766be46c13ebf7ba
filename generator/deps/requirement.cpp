#include "generator/deps/requirement.h"

#include <algorithm>

#include "generator/config/package_spec.h"
#include "generator/deps/registry.h"
#include "lnk/manifest.h"
#include "support/files.h"

namespace fbuild {

namespace {

constexpr const char* kForms =
    "write owner/name@^1.2, or where it is: https://, git+https://, file:// or symlink://";

// Where an address leads.
Status read_place(std::string uri, const std::string& directory, LibraryRequirement& out) {
  if (uri.starts_with("symlink://")) {
    out.kind = LibraryRequirement::Folder;
    out.as_is = true;
    out.place = uri.substr(10);
    if (out.place.empty()) return Error{"it names no folder", "write symlink://folder"};
    if (!is_directory(join_path(directory, out.place)))
      return Error{"there is no folder '" + out.place + "'",
                   "symlink:// names a folder with a library, relative to platformio.ini"};
    return {};
  }
  if (uri.starts_with("file://")) {
    out.place = uri.substr(7);
    std::string path = join_path(directory, out.place);
    out.kind = is_directory(path) ? LibraryRequirement::Folder : LibraryRequirement::LocalArchive;
    if (out.place.empty() || !path_exists(path))
      return Error{
          "there is no file or folder '" + out.place + "'",
          "file:// names a folder with a library or an archive of one, relative to platformio.ini"};
    return {};
  }
  if (uri.starts_with("git+")) {
    out.kind = LibraryRequirement::Git;
    uri.erase(0, 4);
    if (size_t hash = uri.rfind('#'); hash != std::string::npos) {
      out.ref = uri.substr(hash + 1);
      uri.resize(hash);
    }
    out.place = uri;
    return {};
  }
  if (uri.starts_with("https://") || uri.starts_with("http://")) {
    out.kind = LibraryRequirement::Archive;
    // A fragment is not asked for.
    out.place = percent_encoded(uri.substr(0, uri.find('#')), true);
    if (Status valid = lnk::check_url(out.place); !valid) return valid.error();
    return {};
  }
  if (uri.starts_with("hg+") || uri.starts_with("svn+"))
    return Error{"repositories of " + uri.substr(0, uri.find('+')) + " are not fetched",
                 "give an archive of it, or a folder with symlink://"};
  return Error{"that is no place a library can come from", kForms};
}

Result<LibraryRequirement> from_spec(const config::PackageSpec& spec, const std::string& text,
                                     const std::string& directory) {
  LibraryRequirement out;
  out.text = text;
  out.owner = spec.owner.value_or("");
  out.name = spec.name.value_or("");
  out.id = spec.id.value_or("");
  out.range = spec.requirements;
  out.named = spec.custom_name;
  if (spec.external()) {
    if (Status s = read_place(*spec.uri, directory, out); !s)
      return Error{"'" + text + "': " + s.error().what, s.error().fix};
    if (out.kind == LibraryRequirement::Folder && out.name.empty())
      out.name = std::string(base_name(normalize_path(out.place)));
    return out;
  }
  // `Name=other`: PlatformIO takes what is behind it for the name.
  if (out.id.empty() && out.name.empty()) return Error{"'" + text + "' names no library", kForms};
  return out;
}

}  // namespace

Result<LibraryRequirement> parse_lib_dep(const std::string& item, int number,
                                         const std::string& directory,
                                         const std::function<void(const std::string&)>& probed) {
  Result<config::PackageSpec> spec = config::parse_package_spec(item, directory, probed);
  if (!spec)
    return Error{"'" + item + "' is no version requirement that can be read: " + spec.error().what,
                 "write one like @^1.2, @~1.2.3 or @>=1,<2"};
  Result<LibraryRequirement> out = from_spec(*spec, item, directory);
  if (!out) return out;
  out->wanted_by = "lib_deps";
  out->item = number;
  return out;
}

Result<LibraryRequirement> parse_manifest_dependency(const LibraryDependency& dependency,
                                                     const std::string& wanted_by,
                                                     const std::string& directory) {
  std::string text = (dependency.owner.empty() ? "" : dependency.owner + "/") + dependency.name;
  Result<LibraryRequirement> out = LibraryRequirement{};
  // A list of plain texts has whole specs in it.
  bool spec_in_name = dependency.owner.empty() && dependency.version.empty() &&
                      dependency.name.find_first_of("/@") != std::string::npos;
  Result<config::VersionRange> range = config::parse_range(dependency.version);
  if (spec_in_name) {
    Result<config::PackageSpec> spec = config::parse_package_spec(dependency.name, directory);
    if (!spec) return Error{"'" + dependency.name + "': " + spec.error().what};
    out = from_spec(*spec, dependency.name, directory);
  } else if (dependency.version.empty() || range) {
    if (dependency.name.empty()) return Error{"a dependency has no name"};
    out->owner = dependency.owner;
    out->name = dependency.name;
    if (!dependency.version.empty()) {
      out->range = *range;
      text += "@" + dependency.version;
    }
    out->text = text;
  } else {
    Result<config::PackageSpec> spec =
        config::parse_package_spec(dependency.name + "=" + dependency.version, directory);
    if (!spec || !spec->external())
      return Error{"'" + text + "': '" + dependency.version + "' is no version requirement"};
    out = from_spec(*spec, dependency.name + "=" + dependency.version, directory);
  }
  if (!out) return out;
  out->platforms = dependency.platforms;
  out->frameworks = dependency.frameworks;
  out->wanted_by = wanted_by;
  return out;
}

std::string place_key(const LibraryRequirement& requirement) {
  switch (requirement.kind) {
    case LibraryRequirement::Git:
      return "git+" + requirement.place + "#" + requirement.ref;
    case LibraryRequirement::Registry:
      return "";
    default:
      return requirement.place;
  }
}

std::string library_folder_name(const std::string& name) {
  std::string out = name;
  for (char& c : out) {
    bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                c == '_' || c == '-' || c == '.' || c == ' ';
    if (!kept) c = '_';
  }
  if (out.find_first_not_of(". ") == std::string::npos) out = "_" + out;
  return out;
}

}  // namespace fbuild
