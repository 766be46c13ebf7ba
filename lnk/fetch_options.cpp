#include "lnk/fetch_options.h"

#include <charconv>
#include <cstdlib>

#include "lnk/manifest.h"

namespace fbuild::lnk {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Status read_switch(const char* name, bool& out) {
  std::string value = environment(name);
  if (value.empty() || value == "0" || value == "no" || value == "off" || value == "false")
    return {};
  if (value == "1" || value == "yes" || value == "on" || value == "true") {
    out = true;
    return {};
  }
  return Error{std::string(name) + " is \"" + value + "\"", "expected 1 or 0"};
}

Status read_count(const char* name, int& out) {
  std::string value = environment(name);
  if (value.empty()) return {};
  int number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 1)
    return Error{std::string(name) + " is \"" + value + "\"", "expected a whole number from 1 up"};
  out = number;
  return {};
}

}  // namespace

Result<uint64_t> parse_bytes(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  int shift = unit.empty()                 ? 0
              : unit == "K" || unit == "k" ? 10
              : unit == "M" || unit == "m" ? 20
              : unit == "G" || unit == "g" ? 30
              : unit == "T" || unit == "t" ? 40
                                           : -1;
  if (error != std::errc() || shift < 0 || number > (UINT64_MAX >> shift))
    return Error{"\"" + std::string(text) + "\" is not a number of bytes",
                 "expected digits and K, M, G or T, as in 20G"};
  return number << shift;
}

Result<std::vector<Mirror>> parse_mirrors(std::string_view text) {
  std::vector<Mirror> out;
  while (!text.empty()) {
    size_t end = text.find_first_of(" \t\n");
    std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (word.empty()) continue;
    size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == word.size())
      return Error{"FBUILD_MIRROR: \"" + std::string(word) + "\" is not a mirror",
                   "expected from=to, as in https://example.com/=https://mirror.example/"};
    Mirror mirror{std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))};
    if (Status status = check_url(mirror.to + "/"); !status)
      return Error{"FBUILD_MIRROR: " + status.error().what, status.error().fix};
    out.push_back(std::move(mirror));
  }
  return out;
}

std::vector<std::string> places_of(const std::string& url, const std::vector<Mirror>& mirrors) {
  std::vector<std::string> out;
  for (const Mirror& mirror : mirrors) {
    if (url.compare(0, mirror.from.size(), mirror.from) != 0) continue;
    std::string rest = url.substr(mirror.from.size());
    bool boundary = rest.empty() || mirror.from.back() == '/' || rest[0] == '/' || rest[0] == '?';
    if (boundary) out.push_back(mirror.to + rest);
  }
  if (out.empty()) out.push_back(url);
  return out;
}

Result<FetchOptions> fetch_options_from_environment() {
  FetchOptions out;
  Result<std::vector<Mirror>> mirrors = parse_mirrors(environment("FBUILD_MIRROR"));
  if (!mirrors) return mirrors.error();
  out.mirrors = std::move(*mirrors);
  for (const Status& status : {read_switch("FBUILD_OFFLINE", out.offline),
                               read_switch("FBUILD_ALLOW_FILE_URLS", out.allow_file_urls),
                               read_count("FBUILD_FETCH_ATTEMPTS", out.attempts),
                               read_count("FBUILD_FETCH_STALL", out.stall_seconds)}) {
    if (!status) return status.error();
  }
  if (std::string value = environment("FBUILD_FETCH_MAX"); !value.empty()) {
    Result<uint64_t> bytes = parse_bytes(value);
    if (!bytes) return Error{"FBUILD_FETCH_MAX: " + bytes.error().what, bytes.error().fix};
    out.max_bytes = *bytes;
  }
  out.ca_file = environment("SSL_CERT_FILE");
  out.netrc_file = environment("NETRC");
  return out;
}

}  // namespace fbuild::lnk
