#include "generator/config/package_spec.h"

#include <algorithm>

#include "generator/config/python_text.h"
#include "generator/config/unicode_text.h"
#include "support/files.h"

namespace fbuild::config {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool is_local_uri(std::string_view text) {
  return text.starts_with("file://") || text.starts_with("symlink://");
}

// The parts of a URI that matter here, split as Python's urlparse does.
struct UriParts {
  std::string scheme, host, path;
};

Result<UriParts> split_uri(std::string_view uri) {
  UriParts out;
  while (!uri.empty() && static_cast<unsigned char>(uri[0]) <= ' ') uri.remove_prefix(1);
  std::string text;
  for (char c : uri) {
    if (c != '\t' && c != '\r' && c != '\n') text += c;
  }
  size_t colon = text.find(':');
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (colon != kNone && colon > 0 && letter(text[0])) {
    bool scheme =
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [&](char c) {
          return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        });
    if (scheme) {
      out.scheme = lower(text.substr(0, colon));
      text.erase(0, colon + 1);
    }
  }
  if (text.starts_with("//")) {
    size_t end = std::min(text.find_first_of("/?#", 2), text.size());
    out.host = text.substr(2, end - 2);
    if ((out.host.find('[') == kNone) != (out.host.find(']') == kNone)) {
      return Error{.what = "Invalid IPv6 URL", .fix = "close the bracket"};
    }
    text.erase(0, end);
  }
  text.resize(std::min(text.find('#'), text.size()));
  text.resize(std::min(text.find('?'), text.size()));
  static constexpr std::string_view kWithParameters[] = {
      "",     "ftp",   "hdl", "prospero", "http", "https", "shttp",
      "rtsp", "rtspu", "sip", "sips",     "mms",  "sftp",  "tel"};
  if (std::find(std::begin(kWithParameters), std::end(kWithParameters), out.scheme) !=
      std::end(kWithParameters)) {
    size_t slash = text.rfind('/');
    size_t semicolon = text.find(';', slash == kNone ? 0 : slash);
    if (semicolon != kNone) text.resize(semicolon);
  }
  out.path = std::move(text);
  return out;
}

// What a package that is known by its address only is called.
Result<std::string> name_from_uri(std::string_view uri) {
  if (uri.ends_with('/')) uri.remove_suffix(1);
  uri = uri.substr(0, uri.find('#'));
  uri = uri.substr(0, uri.find('?'));
  if (is_local_uri(uri)) uri = uri.substr(0, uri.find('@'));
  Result<UriParts> parts = split_uri(uri);
  if (!parts) return parts.error();
  const std::string& path = parts->path;
  if (parts->host == "github.com" && std::count(path.begin(), path.end(), '/') > 2) {
    size_t first = path.find('/', path.find('/') + 1);
    return path.substr(first + 1, path.find('/', first + 1) - first - 1);
  }
  std::string_view name = base_name(uri);
  size_t dot = name.find('.');
  if (dot == kNone) return std::string(name);
  return std::string(strip(name.substr(0, dot)));
}

// Takes a spec's text apart, part by part, in PlatformIO's order; each step leaves what the
// next one reads, or nothing.
Status parse_text(PackageSpec& spec, std::string_view given, const std::string& directory,
                  const std::function<void(const std::string&)>& probed) {
  std::optional<std::string> rest(strip(given));
  if (!is_local_uri(*rest) && rest->find_first_of("/\\") != std::string::npos &&
      rest->find('\0') == std::string::npos) {
    if (probed) probed(*rest);
    if (path_exists(join_path(directory, *rest))) rest->insert(0, "file://");
  }
  if (size_t at = rest->rfind('@'); at != std::string::npos && !is_local_uri(*rest)) {
    std::string tail = rest->substr(at + 1);
    if (tail.find_first_of(":/") == std::string::npos) {
      std::string_view wanted = strip(tail);
      spec.requirements.reset();
      if (!wanted.empty()) {
        Result<VersionRange> range = parse_range(wanted);
        if (!range) return range.error();
        spec.requirements = std::move(*range);
      }
      rest = std::string(strip(rest->substr(0, at)));
    }
  }
  if (size_t equals = rest->find('='); equals != std::string::npos && !rest->starts_with("id=")) {
    std::string head = rest->substr(0, equals);
    if (head.find('/') == std::string::npos) {
      spec.name = std::string(strip(head));
      spec.custom_name = true;
      rest = std::string(strip(rest->substr(equals + 1)));
    }
  }
  while (rest) {  // id=, perhaps several times
    if (all_digits(*rest)) {
      std::optional<std::string> number = python_int(*rest);
      if (!number) return Error{.what = "the package number " + *rest + " is no number"};
      spec.id = *number;
      rest.reset();
    } else if (rest->starts_with("id=")) {
      rest->erase(0, 3);
    } else {
      break;
    }
  }
  if (rest && std::count(rest->begin(), rest->end(), '/') == 1 &&
      rest->find('@') == std::string::npos) {
    size_t slash = rest->find('/');
    spec.owner = std::string(strip(std::string_view(*rest).substr(0, slash)));
    spec.name = std::string(strip(std::string_view(*rest).substr(slash + 1)));
    rest.reset();
  }
  if (rest && rest->find_first_of("@:/") != std::string::npos) {
    spec.uri = std::string(strip(*rest));
    rest.reset();
    Result<UriParts> parts = split_uri(*spec.uri);
    if (!parts) return parts.error();
    bool plain = parts->scheme == "file" || parts->scheme.find('+') != std::string::npos ||
                 spec.uri->starts_with("git+");
    const std::string& host = parts->host;
    const std::string& path = parts->path;
    bool forge = host == "github.com" || host == "gitlab.com" || host == "bitbucket.com";
    bool archive = path.ends_with(".zip") || path.ends_with(".tar.gz") || path.ends_with(".tar.xz");
    if (plain) {
      // says itself how to fetch it
    } else if (path.ends_with(".git") || (forge && !archive)) {
      spec.uri->insert(0, "git+");
    } else if (host == "mbed.com" || host == "os.mbed.com" || host == "developer.mbed.org") {
      spec.uri->insert(0, "hg+");
    }
  }
  bool named = spec.name && !spec.name->empty();
  if (!named && spec.uri && !spec.uri->empty()) {
    Result<std::string> name = name_from_uri(*spec.uri);
    if (!name) return name.error();
    spec.name = std::move(*name);
  } else if (rest && !rest->empty()) {
    spec.name = std::move(rest);
  }
  return {};
}

}  // namespace

Result<PackageSpec> parse_package_spec(std::string_view text, const std::string& directory,
                                       const std::function<void(const std::string&)>& probed) {
  PackageSpec spec;
  if (Status done = parse_text(spec, text, directory, probed); !done) return done.error();
  return spec;
}

Result<PackageSpec> parse_platform_package(std::string_view item, const std::string& directory,
                                           const std::function<void(const std::string&)>& probed) {
  std::string_view name = item, version = "*";
  if (size_t at = item.find('@'); at != kNone) {
    name = item.substr(0, at);
    version = strip(item.substr(at + 1));
  }
  Result<PackageSpec> named = parse_package_spec(name, directory, probed);
  if (!named) return named.error();
  PackageSpec spec;
  if (named->owner && !named->owner->empty()) spec.owner = named->owner;
  spec.name = named->name;
  if (version.empty()) return spec;
  if (Result<VersionRange> range = parse_range(version)) {
    spec.requirements = std::move(*range);
    return spec;
  } else if (!spec.name || spec.name->empty()) {
    return range.error();
  }
  // No requirement: where to get the package from, under its own name.
  std::string raw = *spec.name + "=" + std::string(version);
  if (Status done = parse_text(spec, raw, directory, probed); !done) return done.error();
  return spec;
}

}  // namespace fbuild::config
