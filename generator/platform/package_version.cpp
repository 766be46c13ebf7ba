#include "generator/platform/package_version.h"

#include <sys/utsname.h>

#include <algorithm>
#include <charconv>

#include "generator/platform/yaml_reader.h"

namespace fbuild {

std::string host_system() {
  utsname name{};
  if (::uname(&name) != 0) return "";
  std::string system = name.sysname, machine = name.machine;
  // A 32-bit program on a 64-bit kernel needs 32-bit tools.
  if (machine == "aarch64" && sizeof(void*) == 4) machine = "armv7l";
  std::transform(system.begin(), system.end(), system.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return system + "_" + machine;
}

bool PackageArchive::is_for(const std::string& system) const {
  return std::any_of(systems.begin(), systems.end(),
                     [&](const std::string& name) { return name == system || name == kAnySystem; });
}

const PackageArchive* PackageVersion::archive_for(const std::string& system) const {
  for (const PackageArchive& archive : archives)
    if (archive.is_for(system)) return &archive;
  return nullptr;
}

std::optional<lnk::Extract> archive_kind(const std::string& url) {
  using lnk::Extract;
  std::string path = url.substr(0, url.find_first_of("?#"));
  for (auto [ending, kind] :
       {std::pair(".zip", Extract::Zip), std::pair(".tar.gz", Extract::TarGz),
        std::pair(".tgz", Extract::TarGz), std::pair(".tar.xz", Extract::TarXz),
        std::pair(".txz", Extract::TarXz), std::pair(".tar.zst", Extract::TarZst),
        std::pair(".tar.bz2", Extract::TarBz2), std::pair(".tbz2", Extract::TarBz2)})
    if (path.ends_with(ending)) return kind;
  return std::nullopt;
}

namespace {

PackageArchive read_archive(const YAML::Node& node, const std::string& file,
                            const std::string& what) {
  YamlMap map(node, file, "an archive of " + what);
  PackageArchive out;
  out.line = map.line();
  out.systems = map.texts("system");
  if (out.systems.empty()) out.systems = {kAnySystem};
  out.url = map.required_text("url");
  if (Status valid = lnk::check_url(out.url); !valid)
    map.fail(node, "'url' of an archive of " + what + ": " + valid.error().what, valid.error().fix);
  Result<std::string> digest = lnk::check_sha256(map.required_text("sha256"));
  if (!digest)
    map.fail(node, "'sha256' of an archive of " + what + ": " + digest.error().what,
             digest.error().fix);
  out.sha256 = *digest;
  if (std::string text = map.text("size"); !text.empty()) {
    uint64_t size = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || end != text.data() + text.size())
      map.fail(node, "'size' of an archive of " + what + " is not a number of bytes",
               "write digits alone");
    out.size = size;
  }
  if (std::string name = map.text("extract"); !name.empty()) {
    Result<lnk::Extract> kind = lnk::extract_from_name(name);
    if (!kind)
      map.fail(node, "'extract' of an archive of " + what + ": " + kind.error().what,
               kind.error().fix);
    out.extract = *kind;
  } else if (std::optional<lnk::Extract> kind = archive_kind(out.url)) {
    out.extract = *kind;
  }
  if (out.extract == lnk::Extract::File)
    map.fail(node, "the archive of " + what + " is of no known kind",
             "add 'extract: tar.gz', or what it is");
  std::string strip = map.text("strip", "1");
  if (strip != "0" && strip != "1")
    map.fail(node, "'strip' of an archive of " + what + " is neither 0 nor 1",
             "it is the number of leading folders taken off");
  out.strip = strip == "1";
  map.finish();
  return out;
}

}  // namespace

std::vector<PackageVersion> read_versions(const YAML::Node& node, const std::string& file,
                                          const std::string& what) {
  std::vector<PackageVersion> out;
  if (!node.IsSequence())
    throw YamlFailure{Error{"'versions' of " + what + " is not a list", "write '- version: ...'",
                            file, YamlMap::line_of(node)}};
  for (const YAML::Node& item : node) {
    YamlMap map(item, file, "a version of " + what);
    PackageVersion version;
    version.version = map.required_text("version");
    if (std::any_of(out.begin(), out.end(),
                    [&](const PackageVersion& other) { return other.version == version.version; }))
      map.fail(item, what + " has version '" + version.version + "' twice", "keep one of them");
    std::optional<YAML::Node> archives = map.find("archives");
    if (!archives || !archives->IsSequence() || archives->size() == 0)
      map.fail(item, "version '" + version.version + "' of " + what + " has no 'archives'",
               "list at least one");
    for (const YAML::Node& archive : *archives)
      version.archives.push_back(read_archive(archive, file, what));
    map.finish();
    out.push_back(std::move(version));
  }
  return out;
}

}  // namespace fbuild
