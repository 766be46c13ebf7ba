#include "generator/platform/platform.h"

#include <algorithm>
#include <cstdlib>

#include "generator/platform/file_facts.h"
#include "generator/platform/yaml_reader.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {

namespace {

// How scopes are written in a platform file, and PlatformIO's name for each.
const std::vector<std::pair<std::string, std::string>> kScopes = {
    {"asm", "ASFLAGS"},        {"asm_cpp", "ASPPFLAGS"}, {"c", "CFLAGS"},
    {"common", "CCFLAGS"},     {"cxx", "CXXFLAGS"},      {"cpp", "CPPFLAGS"},
    {"defines", "CPPDEFINES"}, {"includes", "CPPPATH"},  {"link", "LINKFLAGS"},
    {"libs", "LIBS"},          {"lib_paths", "LIBPATH"},
};

// Of one board; those that are shipped have some 30 values on 4 levels.
constexpr int kDeepestFacts = 32;
constexpr size_t kMostFacts = 10000;

struct Reader {
  const std::string& file;

  YamlMap map(const YAML::Node& node, std::string what) const {
    return YamlMap(node, file, std::move(what));
  }

  // A scalar keeps its type as YAML 1.2's core schema has it: decimal integers and
  // booleans; everything else is text. Quoted scalars are always text.
  Facts facts(const YAML::Node& node) const {
    size_t left = kMostFacts;
    return facts(node, kDeepestFacts, left);
  }

  Facts board(const YAML::Node& node, const std::string& id) const {
    if (!node.IsMap())
      throw YamlFailure{Error{"board '" + id + "' is not a map",
                              "write 'name: ...', 'build: {...}'", file, YamlMap::line_of(node)}};
    return facts(node);
  }

  // Anchors can make a tree that contains itself, or one of any size from a few lines.
  Facts facts(const YAML::Node& node, int levels, size_t& left) const {
    if (levels == 0 || left-- == 0)
      throw YamlFailure{Error{levels == 0 ? "too many levels" : "too many values",
                              "does an anchor contain itself?", file, YamlMap::line_of(node)}};
    if (node.IsMap()) {
      Facts out = Facts::object();
      for (const auto& item : node) out[item.first.Scalar()] = facts(item.second, levels - 1, left);
      return out;
    }
    if (node.IsSequence()) {
      Facts out = Facts::array();
      for (const YAML::Node& item : node) out.push_back(facts(item, levels - 1, left));
      return out;
    }
    if (node.IsNull()) return nullptr;
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return text;
    if (text == "true") return true;
    if (text == "false") return false;
    if (!text.empty() && text.size() < 18 &&
        std::all_of(text.begin() + (text[0] == '-' && text.size() > 1), text.end(),
                    [](char c) { return c >= '0' && c <= '9'; }))
      return std::strtoll(text.c_str(), nullptr, 10);
    return text;
  }

  // `when` and `unless`: maps of facts to values; all terms of both must hold.
  Condition condition(YamlMap& parent) const {
    Condition out;
    for (const char* word : {"when", "unless"}) {
      std::optional<YAML::Node> node = parent.find(word);
      if (!node) continue;
      bool wanted = word[0] == 'w';
      YamlMap map = this->map(*node, std::string("'") + word + "'");
      for (const std::string& key : map.keys()) {
        std::vector<std::string> values = map.texts(key);
        if (values.empty()) map.fail(*node, "'" + key + "' of '" + word + "' has no value");
        if (key == "has") {
          for (const std::string& name : values)
            out.terms.push_back({wanted ? Condition::Has : Condition::Lacks, name, {}});
        } else if (key == "define") {
          out.terms.push_back({wanted ? Condition::Defines : Condition::DefinesNone, key, values});
        } else if (key == "exists") {
          out.terms.push_back({wanted ? Condition::Exists : Condition::ExistsNone, key, values});
        } else if (key == "compiler" || key.compare(0, 8, "package.") == 0) {
          if (!wanted) map.fail(*node, "'unless' does not take versions", "turn the range around");
          out.terms.push_back({Condition::Version, key, values});
        } else {
          out.terms.push_back({wanted ? Condition::Matches : Condition::Differs, key, values});
        }
      }
    }
    return out;
  }

  std::vector<ArgumentSpec> arguments(YamlMap& parent) const {
    std::vector<ArgumentSpec> out;
    std::optional<YAML::Node> node = parent.find("arguments");
    if (!node) return out;
    if (!node->IsSequence()) parent.fail(*node, "'arguments' is not a list");
    for (const YAML::Node& item : *node) {
      ArgumentSpec spec;
      if (item.IsScalar()) {
        try {
          spec.words = split_words(item.Scalar());
        } catch (const YamlFailure& failure) {
          parent.fail(item, "'arguments': " + failure.error.what);
        }
      } else {
        YamlMap map = this->map(item, "an item of 'arguments'");
        spec.when = condition(map);
        spec.words = map.words("words");
        map.finish();
      }
      out.push_back(std::move(spec));
    }
    return out;
  }

  FlagAddition flags(const YAML::Node& node) const {
    FlagAddition out;
    YamlMap map = this->map(node, "flags");
    out.when = condition(map);
    for (const auto& [key, scope] : kScopes) {
      std::vector<std::string> words = map.words(key);
      if (!words.empty()) out.flags[scope] = std::move(words);
    }
    out.preprocessor = map.words("preprocessor");
    out.without = map.words("without");
    map.finish();
    return out;
  }

  std::vector<FlagAddition> flag_list(YamlMap& parent) const {
    std::vector<FlagAddition> out;
    std::optional<YAML::Node> node = parent.find("flags");
    if (!node) return out;
    if (!node->IsSequence()) return {flags(*node)};
    for (const YAML::Node& item : *node) out.push_back(flags(item));
    return out;
  }

  PackageSpec package(const std::string& name, const YAML::Node& node) const {
    YamlMap map = this->map(node, "package '" + name + "'");
    PackageSpec out;
    out.name = name;
    out.line = map.line();
    out.other_probes = map.texts("probe");
    if (!out.other_probes.empty()) {
      out.probe = out.other_probes.front();
      out.other_probes.erase(out.other_probes.begin());
    }
    if (std::optional<YAML::Node> system = map.find("system")) {
      YamlMap inner = this->map(*system, "'system' of package '" + name + "'");
      out.program = inner.text("program");
      out.folders = inner.texts("folders");
      out.debian = inner.text("debian");
      out.install = inner.text("install");
      out.system_versions = inner.texts("version");
      inner.finish();
    }
    if (std::optional<YAML::Node> version = map.find("version")) {
      YamlMap inner = this->map(*version, "'version' of package '" + name + "'");
      out.version_file = inner.required_text("file");
      out.version_key = inner.required_text("key");
      inner.finish();
    }
    if (std::optional<YAML::Node> versions = map.find("versions"))
      out.versions = read_versions(*versions, file, "package '" + name + "'");
    map.finish();
    return out;
  }

  std::vector<ConditionalName> conditional_names(YamlMap& parent, const std::string& key) const {
    std::vector<ConditionalName> out;
    std::optional<YAML::Node> node = parent.find(key);
    if (!node) return out;
    if (!node->IsSequence()) return {{node->Scalar(), {}}};
    for (const YAML::Node& item : *node) {
      if (item.IsScalar()) {
        out.push_back({item.Scalar(), {}});
        continue;
      }
      YamlMap map = this->map(item, "an item of '" + key + "'");
      out.push_back({map.required_text("name"), condition(map)});
      map.finish();
    }
    return out;
  }

  FrameworkSpec framework(const std::string& name, const YAML::Node& node) const {
    YamlMap map = this->map(node, "framework '" + name + "'");
    FrameworkSpec out;
    out.name = name;
    out.package = map.required_text("package");
    out.packages = conditional_names(map, "packages");
    out.sketches = map.flag("sketches", false);
    out.flags = flag_list(map);
    out.libraries = map.texts("libraries");
    out.ignored_libraries = conditional_names(map, "ignored_libraries");
    if (std::optional<YAML::Node> loose = map.find("loose_libraries")) {
      YamlMap inner = this->map(*loose, "'loose_libraries'");
      out.loose_libraries = condition(inner);
      inner.finish();
    }
    if (std::optional<YAML::Node> groups = map.find("groups")) {
      for (const YAML::Node& item : *groups) {
        YamlMap inner = this->map(item, "a group");
        GroupSpec group;
        group.name = inner.required_text("name");
        group.from = inner.required_text("from");
        group.filter = inner.text("filter");
        group.archive = inner.flag("archive", true);
        group.flags = flag_list(inner);
        group.when = condition(inner);
        inner.finish();
        out.groups.push_back(std::move(group));
      }
    }
    map.finish();
    return out;
  }

  // `late`: those before it already are.
  FactRule fact_rule(const YAML::Node& node, bool late) const {
    YamlMap map = this->map(node, "an item of 'facts'");
    FactRule out;
    out.name = map.required_text("set");
    out.value = map.text("to");
    out.in = map.text("in");
    out.file = map.text("file");
    out.key = map.text("key");
    out.row = map.text("row");
    out.match = map.text("match");
    out.missing = map.text("missing");
    out.fix = map.text("fix");
    out.when = condition(map);
    map.finish();
    out.late = late || !out.file.empty();
    for (const Condition::Term& term : out.when.terms) {
      if (term.name == "compiler" || term.kind == Condition::Defines ||
          term.kind == Condition::DefinesNone)
        map.fail(node, "a fact does not depend on '" + term.name + "'",
                 "it may depend on other facts, files and packages");
      out.late = out.late || term.kind >= Condition::Version;
    }
    if (!out.in.empty() && !out.file.empty())
      map.fail(node, "'in' and 'file' are two places to look", "give one of them");
    if (!out.missing.empty() && out.in.empty() && out.file.empty())
      map.fail(node, "'missing' needs 'in' or 'file'");
    if (!out.fix.empty() && out.missing.empty())
      map.fail(node, "'fix' is for what 'missing' says", "say that too");
    if (!out.key.empty() && (out.file.empty() || !out.match.empty()))
      map.fail(node, "'key' is for a 'file', without 'match'");
    if (!out.row.empty() && (out.file.empty() || !out.match.empty() || !out.key.empty()))
      map.fail(node, "'row' is for a 'file', without 'match' or 'key'");
    if (out.match.empty() != out.in.empty() && out.file.empty())
      map.fail(node, out.in.empty() ? "'match' needs 'in' or 'file'" : "'in' needs 'match'");
    if (!out.match.empty())
      if (Status valid = check_pattern(out.match); !valid) map.fail(node, valid.error().what);
    if (out.value.empty()) {
      if (out.in.empty() && out.file.empty()) map.required_text("to");
      out.value = out.match.empty() ? "{0}" : "{1}";
    }
    return out;
  }

  ActionSpec action(const YAML::Node& node) const {
    YamlMap map = this->map(node, "an action");
    ActionSpec out;
    out.name = map.required_text("name");
    out.rule = map.required_text("rule");
    out.in = map.text("in");
    out.out = map.text("out");
    out.data = map.flag("data", false);
    out.package = map.text("package");
    out.program = map.text("program");
    out.when = condition(map);
    out.needs_port = map.flag("port", false);
    out.needs_drive = map.flag("drive", false);
    if (std::optional<YAML::Node> errors = map.find("errors")) {
      if (!errors->IsSequence())
        map.fail(*errors, "'errors' is not a list", "write '- {when: ..., text: ...}'");
      for (const YAML::Node& item : *errors) {
        YamlMap inner = this->map(item, "an item of 'errors'");
        out.errors.push_back({condition(inner), inner.required_text("text"), inner.text("fix")});
        inner.finish();
      }
    }
    out.arguments = arguments(map);
    out.variables = text_map(map, "variables");
    map.finish();
    return out;
  }

  std::map<std::string, std::string> text_map(YamlMap& parent, const std::string& name) const {
    std::map<std::string, std::string> out;
    std::optional<YAML::Node> node = parent.find(name);
    if (!node) return out;
    YamlMap map = this->map(*node, "'" + name + "'");
    for (const std::string& key : map.keys()) out[key] = map.text(key);
    return out;
  }

  Platform platform(const YAML::Node& root) const {
    YamlMap map = this->map(root, "a platform file");
    Platform out;
    out.file = file;
    out.name = map.required_text("platform");
    out.title = map.text("title", out.name);
    out.templates = map.texts("templates");
    if (std::optional<YAML::Node> node = map.find("packages")) {
      YamlMap inner = this->map(*node, "'packages'");
      for (const std::string& name : inner.keys())
        out.packages[name] = package(name, inner.child(name));
    }
    if (std::optional<YAML::Node> node = map.find("toolchain")) {
      YamlMap inner = this->map(*node, "'toolchain'");
      out.toolchain.package = inner.required_text("package");
      out.toolchain.headers = inner.texts("headers");
      out.toolchain.programs = text_map(inner, "programs");
      inner.finish();
      if (out.toolchain.package.find('{') == std::string::npos &&
          !out.packages.count(out.toolchain.package))
        map.fail(*node,
                 "the toolchain's package '" + out.toolchain.package + "' is not under 'packages'");
    }
    if (std::optional<YAML::Node> node = map.find("frameworks")) {
      YamlMap inner = this->map(*node, "'frameworks'");
      for (const std::string& name : inner.keys())
        out.frameworks[name] = framework(name, inner.child(name));
    }
    if (std::optional<YAML::Node> node = map.find("facts")) {
      if (!node->IsSequence())
        map.fail(*node, "'facts' is not a list", "write '- {set: NAME, to: VALUE}'");
      for (const YAML::Node& item : *node)
        out.facts.push_back(fact_rule(item, !out.facts.empty() && out.facts.back().late));
    }
    out.flags = flag_list(map);
    out.variables = text_map(map, "variables");
    out.not_yet = map.texts("not_yet");
    if (std::optional<YAML::Node> node = map.find("prepare")) {
      for (const YAML::Node& item : *node) {
        YamlMap inner = this->map(item, "an item of 'prepare'");
        out.prepare.push_back({inner.required_text("rule"), inner.required_text("in"),
                               inner.required_text("out"), condition(inner), arguments(inner)});
        inner.finish();
      }
    }
    if (std::optional<YAML::Node> node = map.find("steps")) {
      for (const YAML::Node& item : *node) {
        YamlMap inner = this->map(item, "a step");
        out.steps.push_back({inner.required_text("rule"), inner.texts("in"),
                             inner.required_text("out"), inner.flag("default", true),
                             condition(inner), arguments(inner)});
        if (out.steps.back().in.empty()) inner.required_text("in");
        inner.finish();
      }
    }
    if (std::optional<YAML::Node> node = map.find("actions"))
      for (const YAML::Node& item : *node) out.actions.push_back(action(item));
    out.protocols = map.texts("protocols");
    if (std::optional<YAML::Node> node = map.find("size")) {
      YamlMap inner = this->map(*node, "'size'");
      out.size = {inner.text("flash"), inner.text("ram"), inner.text("flash_max"),
                  inner.text("ram_max"), inner.flag("ram_soft", false)};
      inner.finish();
    }
    if (std::optional<YAML::Node> node = map.find("embed")) {
      if (!node->IsSequence())
        map.fail(*node, "'embed' is not a list", "write '- {format: ..., arch: ...}'");
      for (const YAML::Node& item : *node) {
        YamlMap inner = this->map(item, "an item of 'embed'");
        out.embed.push_back(
            {condition(inner), inner.required_text("format"), inner.required_text("arch")});
        inner.finish();
      }
    }
    if (std::optional<YAML::Node> node = map.find("boards")) {
      YamlMap inner = this->map(*node, "'boards'");
      for (const auto& item : *node)
        out.boards[item.first.Scalar()] = board(item.second, item.first.Scalar());
    }
    map.finish();
    return out;
  }
};

// One board's text; lines of errors are the file's.
Result<Facts> parse_board(const BoardText& board, const std::string& id, const std::string& file) {
  try {
    return Reader{file}.board(YAML::Load(board.text)[id], id);
  } catch (YamlFailure& failure) {
    failure.error.line += board.line - 1;
    return failure.error;
  } catch (const YAML::Exception& error) {
    return Error{error.msg, "", file, error.mark.line + board.line, error.mark.column + 1};
  }
}

// Whether the file's one key `boards` is on that line and without a value.
bool boards_were_cut_at(const YAML::Node& root, int line) {
  if (!root.IsMap()) return false;
  int found = 0;
  for (const auto& item : root) {
    if (!item.first.IsScalar()) return false;
    if (item.first.Scalar() != "boards") continue;
    ++found;
    YAML::Mark mark = item.first.Mark();
    if (mark.line + 1 != line || mark.column != 0 || !item.second.IsNull()) return false;
  }
  return found == 1;
}

// The platform with its boards as texts; none where that cannot be, or where something is
// wrong: that is found, and said, where the text is whole.
std::optional<Platform> platform_without_boards(const std::string& text, const std::string& file) {
  std::optional<SplitPlatform> split = split_boards(text);
  if (!split) return std::nullopt;
  try {
    YAML::Node root = YAML::Load(split->rest);
    if (!boards_were_cut_at(root, split->line)) return std::nullopt;
    Platform out = Reader{file}.platform(root);
    out.board_texts = std::move(split->boards);
    return out;
  } catch (const YamlFailure&) {
    return std::nullopt;
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

}  // namespace

Result<Platform> parse_platform(const std::string& text, const std::string& file) {
  try {
    return Reader{file}.platform(YAML::Load(text));
  } catch (const YamlFailure& failure) {
    return failure.error;
  } catch (const YAML::Exception& error) {
    return Error{error.msg, "", file, error.mark.line + 1, error.mark.column + 1};
  }
}

Result<Platform> parse_platform_lazily(const std::string& text, const std::string& file) {
  std::optional<Platform> platform = platform_without_boards(text, file);
  return platform ? Result<Platform>(std::move(*platform)) : parse_platform(text, file);
}

Result<Platform> load_platform(const std::string& folder, const std::string& name) {
  std::string path = join_path(folder, name + ".yaml");
  if (name.find('/') != std::string::npos || !is_regular_file(path)) {
    std::vector<std::string> known;
    if (Result<std::vector<DirEntry>> entries = list_directory(folder))
      for (const DirEntry& entry : *entries)
        if (entry.name.size() > 5 && entry.name.ends_with(".yaml"))
          known.push_back(entry.name.substr(0, entry.name.size() - 5));
    std::string fix = did_you_mean(name, known);
    if (fix.empty()) {
      for (const std::string& word : known) fix += (fix.empty() ? "known are " : ", ") + word;
    }
    return Error{"unknown platform '" + name + "'", fix};
  }
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  return parse_platform_lazily(*text, path);
}

Result<Facts> find_board(const Platform& platform, const std::vector<std::string>& folders,
                         const std::string& id, std::string& source) {
  source.clear();
  std::vector<std::string> known;
  for (const std::string& folder : folders) {
    std::string path = join_path(folder, id + ".json");
    if (id.find('/') == std::string::npos && is_regular_file(path)) {
      Result<std::string> text = read_file(path);
      if (!text) return text.error();
      Facts facts;
      try {
        facts = Facts::parse(*text);
      } catch (const Facts::parse_error& error) {
        size_t end = std::min(error.byte ? error.byte - 1 : 0, text->size());
        size_t line_start = end ? text->rfind('\n', end - 1) : std::string::npos;
        int line = 1 + static_cast<int>(
                           std::count(text->begin(), text->begin() + static_cast<long>(end), '\n'));
        size_t column = line_start == std::string::npos ? end + 1 : end - line_start;
        return Error{"not valid JSON", "a board manifest is a JSON object", path, line,
                     static_cast<int>(column)};
      } catch (const Facts::exception&) {  // a number that no number type holds
        return Error{"not valid JSON",
                     "a board manifest is a JSON object with numbers of usual size", path};
      }
      if (!facts.is_object())
        return Error{"a board manifest has to be a JSON object", "write {\"build\": {...}, ...}",
                     path, 1};
      if (!facts.contains("build") || !facts["build"].is_object())
        return Error{"a board manifest needs an object \"build\"",
                     "write {\"build\": {\"mcu\": ...}, ...}", path, 1};
      facts["id"] = id;
      source = path;
      return facts;
    }
    if (Result<std::vector<DirEntry>> entries = list_directory(folder))
      for (const DirEntry& entry : *entries)
        if (entry.name.size() > 5 && entry.name.ends_with(".json"))
          known.push_back(entry.name.substr(0, entry.name.size() - 5));
  }
  if (auto board = platform.boards.find(id); board != platform.boards.end()) {
    Facts facts = board->second;
    facts["id"] = id;
    return facts;
  }
  if (auto board = platform.board_texts.find(id); board != platform.board_texts.end()) {
    Result<Facts> facts = parse_board(board->second, id, platform.file);
    if (facts) (*facts)["id"] = id;
    return facts;
  }
  for (const auto& [name, facts] : platform.boards) known.push_back(name);
  for (const auto& [name, text] : platform.board_texts) known.push_back(name);
  std::string fix = did_you_mean(id, known);
  if (fix.empty())
    fix = "its boards are listed in " + platform.file +
          ", and a project can bring its own as boards/<id>.json";
  return Error{"unknown board '" + id + "' for platform '" + platform.name + "'", fix};
}

}  // namespace fbuild
