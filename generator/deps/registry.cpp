#include "generator/deps/registry.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "generator/config/unicode_text.h"
#include "generator/platform/package_version.h"
#include "lnk/manifest.h"

namespace fbuild {

namespace {

using Json = nlohmann::json;

constexpr const char* kRemedy =
    "is FBUILD_REGISTRY the URL of a registry, and is no portal or proxy answering in its place?";

std::string text_of(const Json& object, const char* key) {
  auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<uint64_t> number_of(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<uint64_t>();
}

// Libraries are for any kind of host; archives of programs are not.
bool for_any_host(const Json& file) {
  auto found = file.find("system");
  if (found == file.end() || found->is_null()) return true;
  if (found->is_string())
    return found->get<std::string>().empty() ||
           found->get<std::string>().find('*') != std::string::npos;
  if (!found->is_array()) return false;
  return found->empty() ||
         std::any_of(found->begin(), found->end(), [](const Json& item) { return item == "*"; });
}

// What has no archive that could be verified is not there for us.
std::optional<RegistryVersion> read_version(const Json& json) {
  RegistryVersion out;
  out.name = text_of(json, "name");
  auto files = json.is_object() ? json.find("files") : json.end();
  if (out.name.empty() || files == json.end() || !files->is_array()) return std::nullopt;
  for (const Json& file : *files) {
    if (!file.is_object() || !for_any_host(file)) continue;
    auto checksum = file.find("checksum");
    if (checksum == file.end()) continue;
    Result<std::string> digest = lnk::check_sha256(text_of(*checksum, "sha256"));
    out.url = percent_encoded(text_of(file, "download_url"), true);
    bool web = out.url.starts_with("https://") || out.url.starts_with("http://");
    if (!digest || !web || !lnk::check_url(out.url)) continue;
    out.sha256 = *digest;
    out.size = number_of(file, "size");
    return out;
  }
  return std::nullopt;
}

Result<RegistryPackage> read_package(const Json& json, const std::string& url) {
  RegistryPackage out;
  if (!json.is_object()) return Error{url + ": the registry's answer is no package", kRemedy};
  out.name = text_of(json, "name");
  auto owner = json.find("owner");
  if (owner != json.end()) out.owner = text_of(*owner, "username");
  if (out.name.empty() || out.owner.empty())
    return Error{url + ": the registry's answer has no name or no owner", kRemedy};
  out.id = number_of(json, "id").value_or(0);
  if (auto versions = json.find("versions"); versions != json.end() && versions->is_array()) {
    for (const Json& item : *versions)
      if (std::optional<RegistryVersion> version = read_version(item))
        out.versions.push_back(std::move(*version));
  } else if (auto latest = json.find("version"); latest != json.end()) {
    if (std::optional<RegistryVersion> version = read_version(*latest))
      out.versions.push_back(std::move(*version));
  }
  return out;
}

Result<Json> parse(const std::string& text, const std::string& url) {
  try {
    return Json::parse(text);
  } catch (const Json::exception&) {
    return Error{url + ": the registry's answer is no JSON", kRemedy};
  }
}

}  // namespace

Result<RegistryPackage> parse_registry_package(const std::string& text, const std::string& url) {
  Result<Json> json = parse(text, url);
  if (!json) return json.error();
  return read_package(*json, url);
}

Result<std::vector<RegistryPackage>> parse_registry_search(const std::string& text,
                                                           const std::string& url) {
  Result<Json> json = parse(text, url);
  if (!json) return json.error();
  if (!json->is_object() || !json->contains("items") || !(*json)["items"].is_array())
    return Error{url + ": the registry's answer has no list \"items\"", kRemedy};
  std::vector<RegistryPackage> out;
  for (const Json& item : (*json)["items"]) {
    Result<RegistryPackage> package = read_package(item, url);
    if (!package) return package.error();
    out.push_back(std::move(*package));
  }
  return out;
}

LibraryLock pinnable_versions(const RegistryPackage& package) {
  LibraryLock out;
  for (const RegistryVersion& version : package.versions) {
    LockedLibrary item;
    item.name = package.name;
    item.owner = package.owner;
    item.id = package.id;
    item.version = version.name;
    item.url = version.url;
    item.sha256 = version.sha256;
    item.size = version.size;
    item.extract = archive_kind(version.url).value_or(lnk::Extract::File);
    out.push_back(std::move(item));
  }
  return out;
}

std::string percent_encoded(const std::string& text, bool path) {
  static const char digits[] = "0123456789ABCDEF";
  // What a URL that is already one may hold, or what one word in it may.
  std::string_view plain = path ? "-._~!$&'()*+,;=:@/?#%[]" : "-._~";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || (byte < 0x80 && plain.find(c) != std::string_view::npos)) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::string registry_package_path(const std::string& owner, const std::string& name) {
  return "/v3/packages/" + percent_encoded(config::lower(owner), false) + "/library/" +
         percent_encoded(config::lower(name), false);
}

std::string registry_search_path(const std::string& query) {
  return "/v3/search?query=" + percent_encoded(query, false);
}

}  // namespace fbuild
