#include "generator/library/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace fbuild {

namespace {

using Json = nlohmann::json;

bool is_blank(char c) {
  return std::string_view(" \t\r\n\v\f\x1c\x1d\x1e\x1f").find(c) != std::string_view::npos;
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void add_once(std::vector<std::string>& list, std::string item) {
  if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end())
    list.push_back(std::move(item));
}

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// A manifest that is not UTF-8 is taken for Latin-1.
std::string as_utf8(std::string_view text) {
  bool valid = true;
  for (size_t i = 0; i < text.size() && valid;) {
    auto byte = static_cast<unsigned char>(text[i]);
    size_t more = byte < 0x80                   ? 0
                  : byte >= 0xc2 && byte < 0xe0 ? 1
                  : byte >= 0xe0 && byte < 0xf0 ? 2
                  : byte >= 0xf0 && byte < 0xf5 ? 3
                                                : 4;
    valid = more < 4 && i + more < text.size();
    for (size_t k = 1; valid && k <= more; ++k)
      valid = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    i += more + 1;
  }
  if (valid) return std::string(text);
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

// A text or a list of texts as it is.
std::vector<std::string> texts(const Json& object, const char* key) {
  std::vector<std::string> out;
  auto found = object.find(key);
  if (found == object.end()) return out;
  if (found->is_string()) out.push_back(found->get<std::string>());
  if (found->is_array())
    for (const Json& item : *found)
      if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

std::string text_of(const Json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Error wrong(const char* key, const char* right) {
  return Error{std::string("\"") + key + "\" is not " + right, std::string("write ") + right};
}

// "a, b" or ["a", "b"].
Status read_list(const Json& object, const char* key, std::vector<std::string>& out) {
  auto found = object.find(key);
  if (found == object.end()) return {};
  bool fits = found->is_string() || found->is_array();
  if (found->is_array())
    fits = std::all_of(found->begin(), found->end(),
                       [](const Json& item) { return item.is_string(); });
  if (!fits) return wrong(key, "a text or a list of texts");
  for (const std::string& text : texts(object, key)) {
    if (found->is_array()) {
      add_once(out, lower(strip(text)));
    } else {
      for (std::string_view item : split_at_commas(text)) add_once(out, lower(strip(item)));
    }
  }
  return {};
}

// As read_list, but a text is split at commas wherever it stands (PlatformIO's
// items_to_list), and letters stay as they are.
std::vector<std::string> read_qualifiers(const Json& object, const char* key) {
  std::vector<std::string> out;
  for (const std::string& text : texts(object, key))
    for (std::string_view item : split_at_commas(text)) add_once(out, std::string(strip(item)));
  return out;
}

LibraryDependency read_dependency(const Json& object) {
  LibraryDependency out{text_of(object, "owner"), text_of(object, "name"),
                        text_of(object, "version")};
  out.platforms = read_qualifiers(object, "platforms");
  out.frameworks = read_qualifiers(object, "frameworks");
  return out;
}

Status read_dependencies(const Json& raw, std::vector<LibraryDependency>& out) {
  if (raw.is_object() && raw.contains("name")) {
    out.push_back(read_dependency(raw));
  } else if (raw.is_object()) {
    for (const auto& [key, version] : raw.items()) {
      size_t slash = key.find('/');
      LibraryDependency item;
      if (slash != std::string::npos) item.owner = key.substr(0, slash);
      item.name = slash == std::string::npos ? key : key.substr(slash + 1);
      if (version.is_string()) item.version = version.get<std::string>();
      out.push_back(std::move(item));
    }
  } else if (raw.is_array()) {
    for (const Json& item : raw) {
      if (item.is_object()) {
        out.push_back(read_dependency(item));
      } else if (item.is_string()) {
        out.push_back({"", item.get<std::string>(), ""});
      } else {
        return wrong("dependencies", "a list of names or objects");
      }
    }
  } else {
    return wrong("dependencies", "a list or an object");
  }
  return {};
}

bool is_text(const Json& value) {
  return value.is_string();
}
bool is_object(const Json& value) {
  return value.is_object();
}

// Whether the value at `key`, or each item of the list there, is what it should be.
Status check(const Json& object, const char* key, bool (*fits)(const Json&), const char* right) {
  auto found = object.find(key);
  if (found == object.end() || fits(*found)) return {};
  if (found->is_array() && std::all_of(found->begin(), found->end(), fits)) return {};
  return wrong(key, right);
}

// What says nothing to a build, but makes PlatformIO leave out the whole manifest.
Status check_descriptions(const Json& json) {
  for (const char* key : {"keywords", "headers"})
    if (Status s = check(json, key, is_text, "a text or a list of texts"); !s) return s;
  if (auto found = json.find("authors"); found == json.end() || found->is_null() || *found == "")
    return {};
  return check(json, "authors", is_object, "an object or a list of objects");
}

Status read_build(const Json& build, LibraryManifest& out) {
  if (build.is_null()) return {};
  if (!build.is_object()) return wrong("build", "an object");
  out.has_build = true;
  auto is_null = [&](const char* key) { return build.contains(key) && build[key].is_null(); };
  for (const char* key : {"srcFilter", "flags", "unflags"})
    if (Status s = check(build, key, is_text, "a text or a list of texts"); !s && !is_null(key))
      return s;
  for (const char* key : {"srcDir", "includeDir", "extraScript"})
    if (build.contains(key) && !build[key].is_string() &&
        !(is_null(key) && key == std::string_view("extraScript")))
      return wrong(key, "a text");
  if (std::string dir = text_of(build, "srcDir"); build.contains("srcDir")) out.source_dir = dir;
  if (std::string dir = text_of(build, "includeDir"); build.contains("includeDir"))
    out.include_dir = dir;
  out.source_filter = texts(build, "srcFilter");
  out.flags = texts(build, "flags");
  out.unflags = texts(build, "unflags");
  if (auto found = build.find("libArchive"); found != build.end()) {
    // Python's truth: false, 0, "" and null are false.
    if (found->is_boolean()) out.archive = found->get<bool>();
    if (found->is_number()) out.archive = found->get<double>() != 0;
    if (found->is_string()) out.archive = !found->get<std::string>().empty();
    if (found->is_null()) out.archive = false;
  }
  auto mode = [&](const char* key) -> std::optional<std::string> {
    auto found = build.find(key);
    if (found == build.end()) return std::nullopt;
    if (found->is_number_integer()) return std::to_string(found->get<int64_t>());
    return text_of(build, key);
  };
  out.ldf_mode = mode("libLDFMode");
  out.compat_mode = mode("libCompatMode");
  out.builder = text_of(build, "builder");
  out.extra_script = text_of(build, "extraScript");
  return {};
}

}  // namespace

Result<LibraryManifest> read_library_json(std::string_view source) {
  if (source.starts_with("\xef\xbb\xbf"))
    return Error{"a byte order mark is not JSON", "save it without one", "", 1};
  std::string text = as_utf8(source);
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    size_t end = std::min(error.byte ? error.byte - 1 : 0, text.size());
    int line = 1 + static_cast<int>(std::count(
                       text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    return Error{"not valid JSON", "a library manifest is a JSON object", "", line};
  } catch (const Json::exception&) {  // a number that no number type holds
    return Error{"not valid JSON",
                 "a library manifest is a JSON object with numbers of usual size"};
  }
  if (!json.is_object())
    return Error{"a library manifest has to be a JSON object", "write {\"name\": ...}", "", 1};
  LibraryManifest out;
  out.name = text_of(json, "name");
  out.version = text_of(json, "version");
  if (Status s = read_list(json, "frameworks", out.frameworks); !s) return s.error();
  if (Status s = read_list(json, "platforms", out.platforms); !s) return s.error();
  if (auto found = json.find("dependencies"); found != json.end())
    if (Status s = read_dependencies(*found, out.dependencies); !s) return s.error();
  if (auto found = json.find("build"); found != json.end())
    if (Status s = read_build(*found, out); !s) return s.error();
  if (Status s = check_descriptions(json); !s) return s.error();
  return out;
}

Result<LibraryManifest> read_library_properties(std::string_view source) {
  std::string text = as_utf8(source);
  LibraryManifest out;
  std::string architectures, depends;
  auto set = [](std::string& to, std::string_view value) { to = std::string(value); };
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find_first_of("\n\r\v\f\x1c\x1d\x1e", begin), text.size());
    std::string_view line = strip(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    size_t equals = line.find('=');
    if (equals == std::string_view::npos || line[0] == '#') continue;
    std::string_view key = strip(line.substr(0, equals)), value = strip(line.substr(equals + 1));
    if (value.empty()) continue;
    if (key == "name") set(out.name, value);
    if (key == "version") set(out.version, value);
    if (key == "architectures") set(architectures, value);
    if (key == "depends") set(depends, value);
    if (key == "ldflags") set(out.linker_flags, value);
    if (key == "precompiled") out.precompiled = value == "true" || value == "full";
  }
  out.frameworks = {"arduino"};
  for (std::string_view item : split_at_commas(architectures)) {
    if (item.find("particle-") != std::string_view::npos)
      return Error{"libraries of Particle are not supported", "remove it from 'architectures'"};
    std::string_view name = strip(item);
    add_once(out.architectures, std::string(name));
  }
  for (std::string_view item : split_at_commas(depends)) {
    item = strip(item);
    if (item.empty()) continue;
    LibraryDependency dependency{"", std::string(item), "", {}, {"arduino"}};
    if (size_t open = item.find('('); item.back() == ')' && open != std::string_view::npos) {
      if (item.rfind('(') != open)
        return Error{"'depends' is not a list of names: '" + std::string(item) + "'",
                     "write 'name (version), ...'"};
      dependency.name = std::string(strip(item.substr(0, open)));
      dependency.version = std::string(strip(item.substr(open + 1, item.size() - open - 2)));
    }
    out.dependencies.push_back(std::move(dependency));
  }
  return out;
}

}  // namespace fbuild
