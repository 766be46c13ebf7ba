#include "generator/platform/package_lock.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "support/files.h"
#include "support/json_text.h"
#include "support/suggest.h"

namespace fbuild {

namespace {

using Json = nlohmann::json;

const std::vector<std::string> kKeys = {"name", "version", "system", "wanted",  "installed",
                                        "url",  "sha256",  "size",   "extract", "strip"};

auto order(const LockedPackage& p) {
  return std::tie(p.name, p.system, p.version, p.archive.url, p.archive.sha256, p.wanted);
}

constexpr const char* kRemedy =
    "take the file from version control again, or delete it and run 'fbuild-gen --install'";

Result<LockedPackage> read_item(const Json& item, const std::string& path) {
  auto fail = [&](const std::string& what, const std::string& fix = kRemedy) {
    return Error{what, fix, path};
  };
  if (!item.is_object()) return fail("an item of \"packages\" is not an object");
  for (const auto& [key, value] : item.items())
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      std::string fix = did_you_mean(key, kKeys);
      return fail("unknown key \"" + key + "\" of a package", fix.empty() ? kRemedy : fix);
    }
  auto text = [&](const char* key) {
    return item.contains(key) && item[key].is_string() ? item[key].get<std::string>() : "";
  };
  LockedPackage out;
  out.name = text("name");
  out.version = text("version");
  out.system = text("system");
  out.wanted = text("wanted");
  if (out.name.empty() || out.system.empty())
    return fail("a package has no \"name\" or no \"system\"");
  out.installed =
      item.contains("installed") && item["installed"].is_boolean() && item["installed"].get<bool>();
  if (out.installed) return out;
  out.archive.url = text("url");
  if (Status valid = lnk::check_url(out.archive.url); !valid)
    return fail("\"url\" of package '" + out.name + "': " + valid.error().what);
  Result<std::string> digest = lnk::check_sha256(text("sha256"));
  if (!digest) return fail("\"sha256\" of package '" + out.name + "': " + digest.error().what);
  out.archive.sha256 = *digest;
  if (item.contains("size")) {
    if (!item["size"].is_number_unsigned())
      return fail("\"size\" of package '" + out.name + "' is not a number of bytes");
    out.archive.size = item["size"].get<uint64_t>();
  }
  Result<lnk::Extract> kind = lnk::extract_from_name(text("extract"));
  if (!kind || *kind == lnk::Extract::File)
    return fail("\"extract\" of package '" + out.name + "' is no kind of archive");
  out.archive.extract = *kind;
  if (!item.contains("strip") || (item["strip"] != 0 && item["strip"] != 1))
    return fail("\"strip\" of package '" + out.name + "' is neither 0 nor 1");
  out.archive.strip = item["strip"].get<int>();
  out.archive.systems = {out.system};
  return out;
}

}  // namespace

Result<PackageLock> read_package_lock(const std::string& path) {
  if (!path_exists(path)) return PackageLock{};
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  return parse_package_lock(*text, path);
}

Result<PackageLock> parse_package_lock(const std::string& text, const std::string& path) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    size_t end = std::min(error.byte ? error.byte - 1 : 0, text.size());
    size_t line_start = end ? text.rfind('\n', end - 1) : std::string::npos;
    int line =
        1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(end), '\n'));
    size_t column = line_start == std::string::npos ? end + 1 : end - line_start;
    return Error{"not valid JSON", kRemedy, path, line, static_cast<int>(column)};
  } catch (const Json::exception&) {  // a number that no number type holds
    return Error{"not valid JSON", kRemedy, path};
  }
  if (!json.is_object() || !json.contains("version") || json["version"] != 1)
    return Error{"not a lock file of version 1",
                 "a newer fbuild may have written it; " + std::string(kRemedy), path};
  if (!json.contains("packages") || !json["packages"].is_array())
    return Error{"it has no list \"packages\"", kRemedy, path};
  PackageLock out;
  for (const Json& item : json["packages"]) {
    Result<LockedPackage> package = read_item(item, path);
    if (!package) return package.error();
    out.push_back(std::move(*package));
  }
  return out;
}

std::string package_lock_text(PackageLock lock, const std::string& libraries) {
  std::sort(lock.begin(), lock.end(),
            [](const LockedPackage& a, const LockedPackage& b) { return order(a) < order(b); });
  std::string out = "{\n  \"version\": 1,\n  \"packages\": [";
  for (size_t i = 0; i < lock.size(); ++i) {
    const LockedPackage& package = lock[i];
    out += i ? ",\n    {" : "\n    {";
    auto add = [&](const char* key, const std::string& value) {
      out += (out.back() == '{' ? "\n      \"" : ",\n      \"") + std::string(key) + "\": " + value;
    };
    add("name", json_string(package.name));
    add("version", json_string(package.version));
    add("system", json_string(package.system));
    if (!package.wanted.empty()) add("wanted", json_string(package.wanted));
    if (package.installed) {
      add("installed", "true");
    } else {
      add("url", json_string(package.archive.url));
      add("sha256", json_string(package.archive.sha256));
      if (package.archive.size) add("size", std::to_string(*package.archive.size));
      add("extract", json_string(lnk::extract_name(package.archive.extract)));
      add("strip", std::to_string(package.archive.strip));
    }
    out += "\n    }";
  }
  out += lock.empty() ? "]" : "\n  ]";
  if (!libraries.empty()) out += ",\n  \"libraries\": " + libraries;
  return out + "\n}\n";
}

PackageLock updated_lock(const PackageLock& old, const PackageLock& used, const std::string& host,
                         bool all_environments) {
  auto holds = [](const PackageLock& lock, const LockedPackage& package) {
    return std::any_of(lock.begin(), lock.end(),
                       [&](const LockedPackage& other) { return order(other) == order(package); });
  };
  auto same_version = [](const LockedPackage& a, const LockedPackage& b) {
    return a.name == b.name && a.version == b.version && a.wanted == b.wanted &&
           a.installed == b.installed;
  };
  PackageLock gone;
  if (all_environments)
    for (const LockedPackage& package : old)
      if (package.is_for(host) && !holds(used, package)) gone.push_back(package);
  PackageLock out;
  for (const LockedPackage& package : used)
    if (!holds(out, package)) out.push_back(package);
  for (const LockedPackage& package : old) {
    // An archive of the same version for another host goes with the one for this host; what
    // other hosts have installed is theirs.
    bool dropped = std::any_of(gone.begin(), gone.end(), [&](const LockedPackage& other) {
      return order(other) == order(package) || (!package.installed && same_version(other, package));
    });
    // What is declared now stands above what was written down for the same thing.
    bool replaced = std::any_of(out.begin(), out.end(), [&](const LockedPackage& other) {
      return same_version(other, package) && other.system == package.system;
    });
    if (!dropped && !replaced) out.push_back(package);
  }
  return out;
}

}  // namespace fbuild
