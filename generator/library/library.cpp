#include "generator/library/library.h"

#include <nlohmann/json.hpp>

#include "support/files.h"

namespace fbuild {

namespace {

using Json = nlohmann::json;

// A text or a list of texts.
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

std::vector<std::string> default_filter() {
  return {"+<*>", "-<.git/>", "-<.svn/>", "-<example/>", "-<examples/>", "-<test/>", "-<tests/>"};
}

// Where Arduino's own builder finds sources: src/ and all below it, or else the root and
// utility/ alone. It never takes .asm files.
std::vector<std::string> arduino_filter(const std::string& folder) {
  if (is_directory(join_path(folder, "src"))) {
    std::vector<std::string> out = default_filter();
    out.push_back("-<**/*.[aA][sS][mM]>");
    return out;
  }
  std::vector<std::string> out;
  bool utility = is_directory(join_path(folder, "utility"));
  for (const char* extension : {"c", "cc", "cpp", "cxx", "c++", "S", "spp", "SPP", "sx", "s"}) {
    out.push_back(std::string("+<*.") + extension + ">");
    if (utility) out.push_back(std::string("+<utility/*.") + extension + ">");
  }
  return out;
}

std::string first_folder(const std::string& folder, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::string path = join_path(folder, name); is_directory(path)) return path;
  return "";
}

// The value of NAME=value in library.properties.
std::string property(const std::string& text, const std::string& name) {
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    size_t equals = line.find('=');
    if (equals != std::string::npos && line.substr(0, equals) == name) return line.substr(equals + 1);
  }
  return "";
}

Status read_library_json(const std::string& path, Library& library) {
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  Json json;
  try {
    json = Json::parse(*text);
  } catch (const Json::parse_error& error) {
    size_t end = std::min(error.byte ? error.byte - 1 : 0, text->size());
    int line = 1;
    for (size_t i = 0; i < end; ++i) line += (*text)[i] == '\n';
    return Error{"not valid JSON", "a library manifest is a JSON object", path, line};
  } catch (const Json::exception&) {  // a number that no number type holds
    return Error{"not valid JSON", "a library manifest is a JSON object with numbers of usual size", path};
  }
  if (!json.is_object()) return Error{"a library manifest has to be a JSON object", "write {\"name\": ...}", path, 1};
  if (json.contains("name") && json["name"].is_string()) library.name = json["name"];
  library.frameworks = texts(json, "frameworks");
  auto found = json.find("build");
  if (found == json.end() || !found->is_object()) return {};
  const Json& build = *found;
  if (std::vector<std::string> dir = texts(build, "srcDir"); !dir.empty())
    library.source_dir = normalize_path(join_path(library.folder, dir[0]));
  if (std::vector<std::string> dir = texts(build, "includeDir"); !dir.empty())
    library.include_dirs.push_back(normalize_path(join_path(library.folder, dir[0])));
  library.source_filter = texts(build, "srcFilter");
  library.build_flags = texts(build, "flags");
  library.build_unflags = texts(build, "unflags");
  if (build.contains("libArchive") && build["libArchive"].is_boolean()) {
    library.has_manifest_archive = true;
    library.archive = build["libArchive"];
  }
  for (const char* key : {"extraScript", "builder"})
    if (build.contains(key)) library.notes.push_back(std::string("its manifest's \"build.") + key + "\" is not run");
  return {};
}

}  // namespace

Result<Library> load_library(const std::string& folder) {
  Library library;
  library.folder = folder;
  library.name = std::string(base_name(folder));
  std::string json = join_path(folder, "library.json");
  std::string properties = join_path(folder, "library.properties");
  bool has_json = is_regular_file(json), is_arduino = is_regular_file(properties);
  if (has_json)
    if (Status status = read_library_json(json, library); !status) return status.error();
  if (is_arduino && !has_json) {
    Result<std::string> text = read_file(properties);
    if (!text) return text.error();
    if (std::string name = property(*text, "name"); !name.empty()) library.name = name;
    library.frameworks = {"arduino"};
    if (std::string flags = property(*text, "ldflags"); !flags.empty()) library.build_flags = {flags};
    if (std::string kind = property(*text, "precompiled"); kind == "true" || kind == "full")
      library.notes.push_back("its precompiled archives are not linked");
  }

  std::string source = first_folder(folder, {"src", "Src"});
  if (library.source_dir.empty()) library.source_dir = source.empty() ? folder : source;
  if (library.include_dirs.empty()) {
    std::string include = first_folder(folder, {"include", "Include"});
    // Arduino knows an include folder only beside src.
    if (is_arduino && !has_json && source.empty()) include.clear();
    if (!include.empty()) library.include_dirs.push_back(include);
  }
  library.include_dirs.push_back(library.source_dir);
  if (is_arduino && source.empty())
    if (std::string utility = first_folder(folder, {"utility"}); !utility.empty())
      library.include_dirs.push_back(utility);
  if (library.source_filter.empty())
    library.source_filter = is_arduino ? arduino_filter(folder) : default_filter();
  return library;
}

}  // namespace fbuild
