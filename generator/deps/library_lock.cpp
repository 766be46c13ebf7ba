#include "generator/deps/library_lock.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "support/json_text.h"
#include "support/suggest.h"

namespace fbuild {

namespace {

using Json = nlohmann::json;

const std::vector<std::string> kKeys = {"name",   "owner",  "id",   "version", "url",
                                        "commit", "sha256", "size", "extract"};

constexpr const char* kRemedy =
    "take the file from version control again, or delete it and run 'fbuild-gen --install'";

bool is_commit(const std::string& text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<LockedLibrary> read_item(const Json& item, const std::string& path) {
  auto fail = [&](const std::string& what, const std::string& fix = kRemedy) {
    return Error{what, fix, path};
  };
  if (!item.is_object()) return fail("an item of \"libraries\" is not an object");
  for (const auto& [key, value] : item.items())
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      std::string fix = did_you_mean(key, kKeys);
      return fail("unknown key \"" + key + "\" of a library", fix.empty() ? kRemedy : fix);
    }
  auto text = [&](const char* key) {
    return item.contains(key) && item[key].is_string() ? item[key].get<std::string>()
                                                       : std::string();
  };
  LockedLibrary out;
  out.name = text("name");
  out.owner = text("owner");
  out.version = text("version");
  out.url = text("url");
  out.commit = text("commit");
  if (out.name.empty()) return fail("a library has no \"name\"");
  std::string whose = "of library '" + out.name + "'";
  for (const char* key : {"id", "size"})
    if (item.contains(key) && !item[key].is_number_unsigned())
      return fail("\"" + std::string(key) + "\" " + whose + " is not a number");
  if (item.contains("id")) out.id = item["id"].get<uint64_t>();
  if (item.contains("commit")) {
    if (!out.url.starts_with("git+") || out.url.size() == 4)
      return fail("\"url\" " + whose + " is no git URL");
    if (!is_commit(out.commit)) return fail("\"commit\" " + whose + " is no full commit");
    if (!out.owner.empty() || item.contains("sha256"))
      return fail("library '" + out.name + "' is of git and of something else");
    return out;
  }
  if (Status valid = lnk::check_url(out.url); !valid)
    return fail("\"url\" " + whose + ": " + valid.error().what);
  Result<std::string> digest = lnk::check_sha256(text("sha256"));
  if (!digest) return fail("\"sha256\" " + whose + ": " + digest.error().what);
  out.sha256 = *digest;
  if (item.contains("size")) out.size = item["size"].get<uint64_t>();
  Result<lnk::Extract> kind = lnk::extract_from_name(text("extract"));
  if (!kind || *kind == lnk::Extract::File)
    return fail("\"extract\" " + whose + " is no kind of archive");
  out.extract = *kind;
  if (out.from_registry() && out.version.empty())
    return fail("library '" + out.name + "' has no \"version\"");
  return out;
}

auto order(const LockedLibrary& item) {
  return std::tie(item.name, item.owner, item.version, item.url, item.sha256, item.commit);
}

}  // namespace

Result<LibraryLock> parse_library_lock(const std::string& text, const std::string& path) {
  Json json = Json::parse(text, nullptr, false);
  LibraryLock out;
  if (!json.is_object() || !json.contains("libraries")) return out;
  if (!json["libraries"].is_array()) return Error{"\"libraries\" is not a list", kRemedy, path};
  for (const Json& item : json["libraries"]) {
    Result<LockedLibrary> library = read_item(item, path);
    if (!library) return library.error();
    out.push_back(std::move(*library));
  }
  return out;
}

std::string library_lock_text(LibraryLock lock) {
  std::sort(lock.begin(), lock.end(),
            [](const LockedLibrary& a, const LockedLibrary& b) { return order(a) < order(b); });
  lock.erase(std::unique(lock.begin(), lock.end(),
                         [](const LockedLibrary& a, const LockedLibrary& b) {
                           return order(a) == order(b);
                         }),
             lock.end());
  if (lock.empty()) return "";
  std::string out = "[";
  for (const LockedLibrary& item : lock) {
    out += out.back() == '[' ? "\n    {" : ",\n    {";
    auto add = [&](const char* key, const std::string& value) {
      out += (out.back() == '{' ? "\n      \"" : ",\n      \"") + std::string(key) + "\": " + value;
    };
    add("name", json_string(item.name));
    if (!item.owner.empty()) add("owner", json_string(item.owner));
    if (item.id) add("id", std::to_string(item.id));
    if (!item.version.empty()) add("version", json_string(item.version));
    add("url", json_string(item.url));
    if (item.from_git()) {
      add("commit", json_string(item.commit));
    } else {
      add("sha256", json_string(item.sha256));
      if (item.size) add("size", std::to_string(*item.size));
      add("extract", json_string(lnk::extract_name(item.extract)));
    }
    out += "\n    }";
  }
  return out + "\n  ]";
}

}  // namespace fbuild
