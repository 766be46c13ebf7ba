#include "lnk/manifest.h"

#include <sys/stat.h>

#include <array>
#include <string>
#include <vector>

#include "lnk/json_reader.h"
#include "support/files.h"
#include "support/json_text.h"
#include "support/suggest.h"

namespace fbuild::lnk {

namespace {

struct ExtractName {
  Extract kind;
  const char* name;
};

constexpr std::array<ExtractName, 6> kExtractNames = {{{Extract::File, "file"},
                                                       {Extract::Zip, "zip"},
                                                       {Extract::TarGz, "tar.gz"},
                                                       {Extract::TarXz, "tar.xz"},
                                                       {Extract::TarZst, "tar.zst"},
                                                       {Extract::TarBz2, "tar.bz2"}}};

constexpr size_t kMaxManifestBytes = 64 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Error at_value(const JsonMember& member, const std::string& file, Error error) {
  error.file = file;
  error.line = member.line;
  error.column = member.column;
  return error;
}

Error wrong_kind(const JsonMember& member, const std::string& file, const char* wanted) {
  return at_value(member, file, {"\"" + member.key + "\" must be " + wanted, ""});
}

}  // namespace

const char* extract_name(Extract kind) {
  for (const ExtractName& entry : kExtractNames)
    if (entry.kind == kind) return entry.name;
  return "file";
}

Result<Extract> extract_from_name(std::string_view name) {
  std::vector<std::string> names;
  std::string all;
  for (const ExtractName& entry : kExtractNames) {
    if (name == entry.name) return entry.kind;
    names.emplace_back(entry.name);
    all += (all.empty() ? "" : ", ") + std::string(entry.name);
  }
  // Spellings that are right elsewhere.
  if (name == "tgz") names = {"tar.gz"};
  std::string fix = name == "tgz" ? "did you mean 'tar.gz'?" : did_you_mean(name, names);
  return Error{"unknown archive kind \"" + std::string(name) + "\"",
               fix.empty() ? "known are " + all : fix};
}

Status check_url(std::string_view url) {
  if (url.empty()) return Error{"the URL is empty", "expected https://..."};
  for (char c : url) {
    if (c <= ' ' || c > '~')
      return Error{"the URL has a blank, control or non-ASCII character",
                   "percent-encode it (%20 for a blank)"};
  }
  size_t colon = url.find("://");
  if (colon == std::string_view::npos)
    return Error{"\"" + std::string(url) + "\" is not a URL", "expected https://..."};
  std::string scheme = lower(url.substr(0, colon));
  std::string_view rest = url.substr(colon + 3);
  if (scheme == "file") {
    if (rest.empty() || rest[0] != '/')
      return Error{"a file URL needs an absolute path", "expected file:///..."};
    return {};
  }
  if (scheme != "http" && scheme != "https")
    return Error{"cannot fetch \"" + scheme + "\" URLs", "http and https are known"};
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos)
    return Error{"the URL carries a user or password",
                 "keep them out of checked-in files, in ~/.netrc"};
  if (authority.empty() || authority[0] == ':') return Error{"the URL has no host", ""};
  return {};
}

Result<std::string> check_sha256(std::string_view digits) {
  std::string out = lower(digits);
  if (out.size() != 64)
    return Error{"the SHA-256 has " + std::to_string(out.size()) + " characters",
                 "expected 64 hex digits"};
  for (char c : out) {
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
      return Error{"the SHA-256 has a character that is not a hex digit", "expected 64 hex digits"};
  }
  return out;
}

Result<Manifest> parse_manifest(std::string_view text, const std::string& file) {
  // What Windows calls .lnk is something else entirely; say so instead of complaining
  // about its first byte.
  if (text.substr(0, 8) == std::string_view("L\0\0\0\x01\x14\x02\0", 8))
    return Error{"this is a Windows shortcut, not a manifest", "rename it or keep it elsewhere",
                 file};
  Result<JsonObject> object = read_json_object(text, file);
  if (!object) return object.error();

  static const std::vector<std::string> kKeys = {"v", "url", "sha256", "size", "extract"};
  Manifest out;
  bool has_version = false, has_url = false, has_digest = false;
  for (const JsonMember& member : object->members) {
    if (member.key == "v") {
      if (member.kind != JsonMember::Number) return wrong_kind(member, file, "the number 1");
      if (member.number != 1)
        return at_value(
            member, file,
            {"manifest version " + member.text + " is not known", "this program reads version 1"});
      has_version = true;
    } else if (member.key == "url") {
      if (member.kind != JsonMember::String) return wrong_kind(member, file, "a string");
      if (Status status = check_url(member.text); !status)
        return at_value(member, file, status.error());
      out.url = member.text;
      has_url = true;
    } else if (member.key == "sha256") {
      if (member.kind != JsonMember::String) return wrong_kind(member, file, "a string");
      Result<std::string> digest = check_sha256(member.text);
      if (!digest) return at_value(member, file, digest.error());
      out.sha256 = std::move(*digest);
      has_digest = true;
    } else if (member.key == "size") {
      if (member.kind != JsonMember::Number)
        return wrong_kind(member, file, "a whole number of bytes");
      out.size = member.number;
    } else if (member.key == "extract") {
      if (member.kind != JsonMember::String) return wrong_kind(member, file, "a string");
      Result<Extract> kind = extract_from_name(member.text);
      if (!kind) return at_value(member, file, kind.error());
      out.extract = *kind;
    } else {
      std::string fix = did_you_mean(member.key, kKeys);
      if (fix.empty()) fix = "known are v, url, sha256, size, extract";
      return Error{"unknown key \"" + member.key + "\"", fix, file, member.key_line,
                   member.key_column};
    }
  }
  const char* missing = !has_version ? "\"v\"" : !has_url ? "\"url\"" : "\"sha256\"";
  if (!has_version || !has_url || !has_digest) {
    const char* fix = !has_version ? "add \"v\": 1"
                      : !has_url   ? "add \"url\": \"https://...\""
                                 : "nothing is fetched without a digest; fbuild-lnk add writes it";
    return Error{std::string("the key ") + missing + " is missing", fix, file, object->end_line,
                 object->end_column};
  }
  return out;
}

Result<Manifest> load_manifest(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) &&
      static_cast<uint64_t>(st.st_size) > kMaxManifestBytes)
    return Error{"too large for a manifest (" + std::to_string(st.st_size) + " bytes)",
                 "a manifest has at most 64 KiB", path};
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  return parse_manifest(*text, path);
}

std::string manifest_text(const Manifest& manifest) {
  std::string out = "{\n  \"v\": 1,\n  \"url\": " + json_string(manifest.url) +
                    ",\n  \"sha256\": " + json_string(manifest.sha256);
  if (manifest.size) out += ",\n  \"size\": " + std::to_string(*manifest.size);
  if (manifest.extract != Extract::File)
    out += ",\n  \"extract\": " + json_string(extract_name(manifest.extract));
  return out + "\n}\n";
}

}  // namespace fbuild::lnk
