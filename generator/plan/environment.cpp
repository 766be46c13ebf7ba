#include "generator/plan/environment.h"

#include <algorithm>
#include <cstdlib>

#include "generator/plan/packages.h"
#include "generator/plan/script_flag.h"
#include "generator/platform/facts_read.h"
#include "generator/platform/file_facts.h"
#include "generator/platform/yaml_reader.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {

using config::ListItem;
using config::ProjectConfig;
using config::Value;

namespace {

// `*` stands for any text.
bool matches(std::string_view text, std::string_view pattern) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (text.substr(0, star) != pattern.substr(0, star)) return false;
  pattern.remove_prefix(star + 1);
  text.remove_prefix(star);
  for (;; text.remove_prefix(1)) {
    if (matches(text, pattern)) return true;
    if (text.empty()) return false;
  }
}

// An option's value as text; "" when it is not set.
Result<std::string> text_of(ProjectConfig& config, const std::string& section, const char* option) {
  Result<const Value*> value = config.get(section, option);
  if (!value) return value.error();
  return (*value)->kind == Value::Kind::None ? std::string() : config::value_text(**value);
}

Result<std::vector<ListItem>> list_of(ProjectConfig& config, const std::string& section,
                                      const char* option) {
  Result<const Value*> value = config.get(section, option);
  if (!value) return value.error();
  return (*value)->items;
}

// The error of something the environment names, at the place where it does.
Error at_option(ProjectConfig& config, const std::string& section, const char* option,
                const Error& error) {
  if (!error.file.empty()) return error;
  return config.at(config.origin(section, option), error.what, error.fix);
}

Error missing_option(ProjectConfig& config, const std::string& section, const std::string& option,
                     const std::string& what, const std::string& fix) {
  // There is no such line: one that looks like a typo of it, else the section's first option, is
  // the nearest place.
  config::Origin place;
  if (Result<std::vector<std::string>> names = config.options(section); names && !names->empty()) {
    std::vector<std::string> others;
    for (const std::string& name : *names)
      if (name != option) others.push_back(name);
    if (std::optional<std::string> typo = nearest_word(option, others))
      return config.at(config.origin(section, *typo), what,
                       "did you mean '" + option + "' instead of '" + *typo + "'?");
    place = config.origin(section, names->front());
  }
  return config.at(place, what, fix);
}

Result<std::shared_ptr<const Platform>> platform_named(Session& session, const std::string& name) {
  std::shared_ptr<const Platform>& known = session.platforms[name];
  if (!known) {
    Result<Platform> platform = load_platform(session.platforms_dir, name);
    if (!platform) return platform.error();
    known = std::make_shared<const Platform>(std::move(*platform));
  }
  return known;
}

// board_build.mcu = X and the like, with the type the manifest's own value has; and the
// upload_* options, which stand above the board's.
Status override_facts(Session& session, const std::string& section, Facts& facts) {
  Result<std::vector<std::string>> options = session.config.options(section);
  if (!options) return options.error();
  for (const std::string& option : *options) {
    if (!option.starts_with("board_")) continue;
    Result<const Value*> value = session.config.get(section, option);
    if (!value) return value.error();
    std::string path = option.substr(6), text = config::value_text(**value);
    const Facts* old = find_fact(facts, path);
    if (old && old->is_boolean()) {
      std::transform(text.begin(), text.end(), text.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
      set_fact(facts, path, text == "1" || text == "yes" || text == "true");
    } else if (old && old->is_number_integer()) {
      char* end = nullptr;
      long long number = std::strtoll(text.c_str(), &end, 10);
      if (text.empty() || *end)
        return session.config.at((*value)->origin,
                                 "'" + option + "' has to be a whole number, not '" + text + "'",
                                 "the board's own value is " + fact_text(*old));
      set_fact(facts, path, number);
    } else {
      set_fact(facts, path, text);
    }
  }
  for (const char* name : {"protocol", "speed", "port", "flags", "resetmethod"}) {
    std::string option = std::string("upload_") + name;
    Result<const Value*> value = session.config.get(section, option);
    if (!value) return value.error();
    if ((*value)->kind == Value::Kind::None) continue;
    if ((*value)->kind == Value::Kind::List) {
      Facts list = Facts::array();
      for (const ListItem& item : (*value)->items) list.push_back(item.text);
      if (!list.empty()) set_fact(facts, std::string("upload.") + name, list);
    } else if (std::string text = config::value_text(**value); !text.empty()) {
      set_fact(facts, std::string("upload.") + name, text);
    }
  }
  return {};
}

}  // namespace

void Session::warn(Error warning) {
  std::string text = warning.text();
  for (const Error& known : warnings)
    if (known.text() == text) return;
  warnings.push_back(std::move(warning));
}

std::string Environment::link_of(const std::string& package) const {
  for (const PackageUse& use : packages)
    if (use.package.name == package) return use.link;
  return "";
}

std::optional<std::string> Environment::look_up(std::string_view place) const {
  if (place == "env") return name;
  if (place == "build_dir") return directory;
  if (place == "framework") {
    Result<std::string> package = fill(framework->package, [this](std::string_view n) {
      const Facts* fact = find_fact(facts, n);
      return fact ? std::optional(fact_text(*fact)) : std::nullopt;
    });
    return package ? std::optional(link_of(*package)) : std::nullopt;
  }
  if (place == "variants") {
    // A project may bring its own variants: build.variants_dir is a folder of the project.
    std::string own = fact_or(facts, "build.variants_dir", "");
    return own.empty() ? *look_up("framework") + "/variants" : normalize_path(own);
  }
  if (place.starts_with("version.")) {
    for (const PackageUse& use : packages)
      if (use.package.name == place.substr(8) && !use.package.version.empty())
        return use.package.version;
    return std::nullopt;
  }
  if (place.starts_with("define.")) {
    auto macro = defines.find(std::string(place.substr(7)));
    return macro == defines.end() ? std::nullopt : std::optional(macro->second);
  }
  if (place.starts_with("package.")) {
    std::string link = link_of(std::string(place.substr(8)));
    return link.empty() ? std::nullopt : std::optional(link);
  }
  const Facts* fact = find_fact(facts, place);
  return fact ? std::optional(fact_text(*fact)) : std::nullopt;
}

bool Environment::holds(const Condition& condition) const {
  for (const Condition::Term& term : condition.terms) {
    std::optional<std::string> value;
    if (term.kind == Condition::Version) {
      if (term.name == "compiler") {
        value = compiler.version;
      } else {
        for (const PackageUse& use : packages)
          if ("package." + use.package.name == term.name) value = use.package.version;
      }
      if (!value || value->empty() || !version_in(*value, term.values)) return false;
      continue;
    }
    if (term.kind == Condition::Defines || term.kind == Condition::DefinesNone) {
      bool defined =
          std::any_of(term.values.begin(), term.values.end(),
                      [&](const std::string& macro) { return defines.count(macro) > 0; });
      if (defined != (term.kind == Condition::Defines)) return false;
      continue;
    }
    if (term.kind == Condition::Exists || term.kind == Condition::ExistsNone) {
      bool exists =
          std::any_of(term.values.begin(), term.values.end(), [&](const std::string& text) {
            Result<std::string> path =
                fill(text, [this](std::string_view place) { return look_up(place); });
            return path && path_exists(*path);
          });
      if (exists != (term.kind == Condition::Exists)) return false;
      continue;
    }
    value = look_up(term.name);
    bool any =
        value && std::any_of(term.values.begin(), term.values.end(),
                             [&](const std::string& pattern) { return matches(*value, pattern); });
    if (term.kind == Condition::Has && (!value || value->empty())) return false;
    if (term.kind == Condition::Lacks && value && !value->empty()) return false;
    if (term.kind == Condition::Matches && !any) return false;
    if (term.kind == Condition::Differs && any) return false;
  }
  return true;
}

Error fill_error(const Environment& environment, Error error) {
  error.file = environment.platform->file;
  if (!error.fix.empty()) return error;  // the platform file itself is wrong
  if (!environment.board_file.empty()) error.file = environment.board_file;
  error.fix = "board '" + fact_or(environment.facts, "id", "") +
              "' has to have it, or platformio.ini with 'board_' before it";
  return error;
}

Result<std::vector<std::string>> fill_words(const Environment& environment,
                                            const std::vector<std::string>& words) {
  std::vector<std::string> out;
  Lookup lookup = [&](std::string_view name) { return environment.look_up(name); };
  for (const std::string& word : words) {
    Result<std::string> filled = fill(word, lookup);
    if (!filled) return fill_error(environment, filled.error());
    bool one_place =
        word.size() > 2 && word[0] == '{' && word[1] != '{' && word.find('}') == word.size() - 1;
    if (!one_place) {
      out.push_back(std::move(*filled));
      continue;
    }
    try {
      for (std::string& part : split_words(*filled)) out.push_back(std::move(part));
    } catch (const YamlFailure& failure) {
      return Error{failure.error.what + " in '" + *filled + "'", "", environment.platform->file};
    }
  }
  return out;
}

namespace {

// Options for the board that nothing acts upon: those that PlatformIO does, and those that are
// none at all, for which a name like it may have been meant.
Status warn_of_unread_facts(Session& session, const std::string& section,
                            const Environment& environment) {
  Result<std::vector<std::string>> options = session.config.options(section);
  if (!options) return options.error();
  std::set<std::string> read;
  for (const std::string& option : *options) {
    bool for_board = option.starts_with("board_build.") || option.starts_with("board_upload.") ||
                     option.starts_with("board_hardware.") ||
                     option.starts_with("board_bootloader.") || option.starts_with("board_fuses.");
    if (!for_board && option != "upload_resetmethod") continue;
    if (read.empty()) read = facts_read(*environment.platform);
    std::string path = for_board ? option.substr(6) : "upload.resetmethod";
    if (is_read(read, path)) continue;
    const std::vector<std::string>& later = environment.platform->not_yet;
    std::string of = "of platform '" + environment.platform->name + "'";
    Error warning{"'" + option + "' has no effect: nothing " + of + " looks at it", ""};
    if (is_read({later.begin(), later.end()}, path)) {
      warning =
          Error{"'" + option + "' " + of + " is known but not acted upon yet", "it is ignored"};
    } else {
      std::vector<std::string> known(later);
      for (const std::string& name : read)
        if (name.starts_with("build.") || name.starts_with("upload.")) known.push_back(name);
      if (std::optional<std::string> nearest = nearest_word(path, known))
        warning.fix = "did you mean 'board_" + *nearest + "'?";
    }
    session.warn(
        session.config.at(session.config.origin(section, option), warning.what, warning.fix));
  }
  return {};
}

// The build directory has files and folders of its own beside those of environments, and where
// upper and lower case are one, "Shared" is "shared". Programs take a leading '-' for an option.
Status check_folder_name(ProjectConfig& config, const std::string& name) {
  static constexpr std::string_view kTaken[] = {"gate",     "idle",    "includes", "libdeps",
                                                "packages", "planned", "shared"};
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  bool taken = std::find(std::begin(kTaken), std::end(kTaken), lower) != std::end(kTaken);
  if (!taken && !name.starts_with('-')) return {};
  return config.at(
      config.header("env:" + name),
      "'" + name + "' cannot be the name of an environment: " +
          (taken ? "fbuild's own '" + lower + "' lies beside the folders of environments"
                 : "it begins with '-'"),
      "choose another");
}

// extra_scripts may change anything about the build: without them the firmware may be
// another one, so somebody has to say that it is not.
Status refuse_scripts(Session& session, const std::string& section) {
  ProjectConfig& config = session.config;
  Result<std::vector<ListItem>> scripts = list_of(config, section, "extra_scripts");
  if (!scripts) return scripts.error();
  if (scripts->empty() || session.ignore_scripts) return {};
  if (config.is_set(section, "custom_fbuild_ignore_extra_scripts")) {
    Result<std::string> answer = text_of(config, section, "custom_fbuild_ignore_extra_scripts");
    if (!answer) return answer.error();
    for (const char* yes : {"yes", "true", "on", "1"})
      if (*answer == yes) return {};
  }
  return config.at(
      scripts->front().origin,
      "extra_scripts are not run yet, and '" + scripts->front().text + "' may change the build",
      "if the project builds without, give --ignore-extra-scripts or set "
      "'custom_fbuild_ignore_extra_scripts = yes'");
}

// One with sources or headers: the firmware is made from it.
void add_source_package(Session& session, Environment& environment, PackageUse use) {
  // Another core under the same link may have older files than the objects of the last.
  use.stamps.insert(use.stamps.begin(), use.link + ".stamp");
  std::string place = " at " + path_inside(use.package.root, session.project);
  // What comes from the store is what it is wherever the store lies.
  if (!use.package.sha256.empty()) place = " sha256 " + use.package.sha256;
  use.identity = "package " + use.package.version + place + "\n";
  environment.packages.push_back(std::move(use));
}

// What a fact is made from: what was found, and its groups; none: it was not found.
Result<std::optional<std::vector<std::string>>> find_for_fact(Environment& environment,
                                                              const FactRule& rule) {
  using Found = std::optional<std::vector<std::string>>;
  auto filled = [&](const std::string& text) {
    return fill(text, [&](std::string_view name) { return environment.look_up(name); });
  };
  Result<std::string> text = filled(rule.file.empty() ? rule.in : rule.file);
  if (!text) return text.error();
  if (!rule.file.empty()) {
    environment.looked_at.push_back(*text);
    text = read_file(*text);
    if (!text) return Found();
  }
  if (!rule.match.empty()) return first_match(*text, rule.match);
  if (!rule.row.empty()) {
    Result<std::string> name = filled(rule.row);
    if (!name) return name.error();
    return table_row(*text, *name);
  }
  std::string found = *text;
  if (!rule.key.empty()) {
    Result<std::string> key = filled(rule.key);
    if (!key) return key.error();
    std::optional<std::string> value = keyed_line(*text, *key);
    if (!value) return Found();
    Result<std::string> complete = filled(shell_form(*value));
    if (!complete) return complete.error();
    found = std::move(*complete);
  }
  while (!found.empty() && std::string_view(" \t\r\n").find(found.back()) != std::string_view::npos)
    found.pop_back();
  return Found({std::move(found)});
}

// The facts that the platform's `facts` derive: those that need nothing but other facts, or,
// once the framework's package is known, the rest.
Status derive_facts(Environment& environment, bool late) {
  for (const FactRule& rule : environment.platform->facts) {
    if (rule.late != late) continue;
    for (const Condition::Term& term : rule.when.terms) {
      if (term.kind != Condition::Exists && term.kind != Condition::ExistsNone) continue;
      for (const std::string& text : term.values) {
        Result<std::string> path =
            fill(text, [&](std::string_view name) { return environment.look_up(name); });
        if (!path) continue;
        // What is in it would have to be watched as well.
        if (is_directory(*path))
          return fill_error(
              environment,
              Error{"a fact depends on '" + *path + "', which is a folder", "name a file in it"});
        environment.looked_at.push_back(*path);
      }
    }
    if (!environment.holds(rule.when)) continue;
    std::vector<std::string> found;
    if (!rule.in.empty() || !rule.file.empty()) {
      Result<std::optional<std::vector<std::string>>> answer = find_for_fact(environment, rule);
      if (!answer) return fill_error(environment, answer.error());
      if (!*answer && !rule.missing.empty()) {
        auto filled = [&](const std::string& text) {
          Result<std::string> done =
              fill(text, [&](std::string_view name) { return environment.look_up(name); });
          return done ? *done : done.error().what;
        };
        return Error{filled(rule.missing),
                     rule.fix.empty() ? "choose another board, or another version of the package"
                                      : filled(rule.fix)};
      }
      if (!*answer) continue;
      found = std::move(**answer);
    }
    Result<std::string> value =
        fill(rule.value, [&](std::string_view name) -> std::optional<std::string> {
          if (name.size() == 1 && name[0] >= '0' && name[0] <= '9' &&
              size_t(name[0] - '0') < found.size())
            return found[size_t(name[0] - '0')];
          return environment.look_up(name);
        });
    if (!value) return fill_error(environment, value.error());
    set_fact(environment.facts, rule.name, *value);
  }
  return {};
}

bool has_places(const ToolchainSpec& spec) {
  auto has = [](const std::string& text) { return text.find('{') != std::string::npos; };
  return has(spec.package) || std::any_of(spec.headers.begin(), spec.headers.end(), has) ||
         std::any_of(spec.programs.begin(), spec.programs.end(),
                     [&](const auto& program) { return has(program.second); });
}

}  // namespace

Result<ToolchainSpec> chosen_toolchain(const Environment& environment) {
  ToolchainSpec spec = environment.platform->toolchain;
  auto fill_in = [&](std::string& text) -> Status {
    Result<std::string> filled =
        fill(text, [&](std::string_view name) { return environment.look_up(name); });
    if (!filled) return fill_error(environment, filled.error());
    text = std::move(*filled);
    return {};
  };
  if (Status s = fill_in(spec.package); !s) return s.error();
  for (auto& [variable, path] : spec.programs)
    if (Status s = fill_in(path); !s) return s.error();
  for (std::string& folder : spec.headers)
    if (Status s = fill_in(folder); !s) return s.error();
  return spec;
}

Result<Environment> describe_environment(Session& session, const std::string& name) {
  ProjectConfig& config = session.config;
  std::string section = "env:" + name;
  Environment out;
  out.name = name;

  if (Status s = check_folder_name(config, name); !s) return s.error();
  Result<std::string> platform_text = text_of(config, section, "platform");
  if (!platform_text) return platform_text.error();
  if (platform_text->empty())
    return missing_option(config, section, "platform", "environment '" + name + "' has no platform",
                          "add 'platform = NAME'");
  std::string platform_name = *platform_text;
  if (size_t at = platform_name.find('@');
      at != std::string::npos && platform_name.find("://") == std::string::npos) {
    platform_name = platform_name.substr(0, at);
    while (!platform_name.empty() && platform_name.back() == ' ') platform_name.pop_back();
    session.warn(config.at(config.origin(section, "platform"),
                           "versions of platforms are not looked at: '" + *platform_text +
                               "' is '" + platform_name + "' as it comes with fbuild"));
  }
  if (size_t slash = platform_name.find('/');
      slash != std::string::npos && platform_name.find("://") == std::string::npos)
    platform_name = platform_name.substr(slash + 1);
  Result<std::shared_ptr<const Platform>> platform = platform_named(session, platform_name);
  if (!platform) return at_option(config, section, "platform", platform.error());
  out.platform = *platform;

  Result<std::string> board = text_of(config, section, "board");
  if (!board) return board.error();
  if (board->empty())
    return missing_option(config, section, "board", "environment '" + name + "' has no board",
                          "add 'board = ID'");
  Result<std::string> boards_dir = text_of(config, "platformio", "boards_dir");
  if (!boards_dir) return boards_dir.error();
  std::string project_boards =
      path_inside(boards_dir->empty() ? "boards" : *boards_dir, session.project);
  std::string key = out.platform->name + '\n' + project_boards + '\n' + *board;
  auto known = session.boards.find(key);
  if (known == session.boards.end()) {
    BoardFacts read;
    Result<Facts> facts = find_board(*out.platform, {project_boards}, *board, read.file);
    if (!facts) return at_option(config, section, "board", facts.error());
    read.facts = std::move(*facts);
    known = session.boards.emplace(std::move(key), std::move(read)).first;
  }
  out.facts = known->second.facts;
  out.board_file = known->second.file;
  if (Status status = override_facts(session, section, out.facts); !status) return status.error();
  if (Status status = take_script_of_flags(session, section, out); !status) return status.error();
  if (Status status = derive_facts(out, false); !status)
    return at_option(config, section, "board", status.error());
  Result<std::string> build_type = text_of(config, section, "build_type");
  if (!build_type) return build_type.error();
  out.debug = *build_type == "debug";
  out.directory = join_path(session.build_dir, out.debug ? name + "/debug" : name);
  if (*build_type == "test")
    return at_option(config, section, "build_type",
                     Error{"test builds are not supported", "set build_type to release or debug"});
  if (Status s = refuse_scripts(session, section); !s) return s.error();
  Result<std::vector<ListItem>> frameworks = list_of(config, section, "framework");
  if (!frameworks) return frameworks.error();
  if (frameworks->empty()) {
    std::string known;
    for (const auto& [key, spec] : out.platform->frameworks)
      known += (known.empty() ? "" : ", ") + key;
    return missing_option(
        config, section, "framework", "environment '" + name + "' has no framework",
        "add 'framework = ...' (platform '" + out.platform->name + "' has " + known + ")");
  }
  if (frameworks->size() > 1)
    return config.at((*frameworks)[1].origin,
                     "more than one framework in one environment is not supported",
                     "keep one of them");
  const ListItem& wanted = (*frameworks)[0];
  auto framework = out.platform->frameworks.find(wanted.text);
  if (framework == out.platform->frameworks.end()) {
    std::vector<std::string> known;
    std::string list;
    for (const auto& [key, spec] : out.platform->frameworks) {
      known.push_back(key);
      list += (list.empty() ? "" : ", ") + key;
    }
    std::string fix = did_you_mean(wanted.text, known);
    return config.at(wanted.origin,
                     "framework '" + wanted.text + "' is not supported for platform '" +
                         out.platform->name + "'",
                     fix.empty() ? "supported: " + list : fix);
  }
  out.framework = &framework->second;
  if (const Facts* supported = find_fact(out.facts, "frameworks");
      supported && supported->is_array()) {
    bool found = false;
    for (const Facts& item : *supported) found = found || item == wanted.text;
    if (!found)
      return config.at(wanted.origin,
                       "board '" + *board + "' does not support framework '" + wanted.text + "'",
                       "it supports: " + fact_text(*supported));
  }
  return out;
}

Result<Environment> resolve_environment(Session& session, const std::string& name) {
  ProjectConfig& config = session.config;
  std::string section = "env:" + name;
  Result<Environment> described = describe_environment(session, name);
  if (!described) return described;
  Environment out = std::move(*described);

  Result<std::map<std::string, PackageRequest>> requests =
      package_requests(session, section, *out.platform);
  if (!requests) return requests.error();
  Result<std::vector<std::string>> framework_package = fill_words(out, {out.framework->package});
  if (!framework_package) return framework_package.error();
  // Which compiler it is may follow from the core; else it is looked for, and missed, first.
  bool late_toolchain = has_places(out.platform->toolchain);
  auto toolchain = [&]() -> Status {
    Result<ToolchainSpec> chosen = chosen_toolchain(out);
    if (!chosen) return chosen.error();
    out.toolchain = std::move(*chosen);
    Result<PackageUse> use =
        use_package(session, *out.platform, out.toolchain.package, *requests, &out.toolchain, true);
    if (!use) return at_option(config, section, "platform", use.error());
    out.packages.insert(out.packages.begin(), std::move(*use));
    return {};
  };
  if (!late_toolchain)
    if (Status s = toolchain(); !s) return s.error();
  if (framework_package->empty() || !out.platform->packages.count((*framework_package)[0]))
    return at_option(config, section, "board",
                     Error{"platform '" + out.platform->name + "' has no package for core '" +
                               fact_or(out.facts, "build.core", "?") + "' of board '" +
                               fact_or(out.facts, "id", "") + "'",
                           ""});
  Result<PackageUse> core =
      use_package(session, *out.platform, (*framework_package)[0], *requests, nullptr, true);
  if (!core) return at_option(config, section, "framework", core.error());
  add_source_package(session, out, std::move(*core));
  for (const ConditionalName& need : out.framework->packages) {
    if (!out.holds(need.when)) continue;
    Result<std::vector<std::string>> names = fill_words(out, {need.name});
    if (!names) return names.error();
    for (const std::string& package : *names) {
      Result<PackageUse> use =
          use_package(session, *out.platform, package, *requests, nullptr, true);
      if (!use) return at_option(config, section, "framework", use.error());
      add_source_package(session, out, std::move(*use));
    }
  }
  if (Status s = derive_facts(out, true); !s) return at_option(config, section, "board", s.error());
  if (Status s = warn_of_unread_facts(session, section, out); !s) return s.error();
  if (late_toolchain)
    if (Status s = toolchain(); !s) return s.error();

  PackageUse& compiler_package = out.packages.front();
  Result<const CompilerIdentity*> compiler =
      compiler_at(session, out.toolchain, compiler_package.package.root, out.platform->file);
  if (!compiler) return compiler.error();
  out.compiler = **compiler;
  // The store lies elsewhere on another machine.
  if (const std::string& root = compiler_package.package.root;
      !compiler_package.package.tree.empty())
    for (std::string& file : out.compiler.files)
      if (file.starts_with(root + "/")) file = compiler_package.link + file.substr(root.size());
  compiler_package.package.version = out.compiler.version;
  compiler_package.stamps.insert(compiler_package.stamps.begin(), compiler_package.link + ".stamp");
  compiler_package.identity = "compiler " + out.compiler.version + " " + out.compiler.digest + "\n";
  return out;
}

std::optional<PackageUse> optional_package(Session& session, const Environment& environment,
                                           const std::string& name, Error& why_not) {
  Result<std::map<std::string, PackageRequest>> requests =
      package_requests(session, "env:" + environment.name, *environment.platform);
  if (!requests) {
    why_not = requests.error();
    return std::nullopt;
  }
  Result<PackageUse> use =
      use_package(session, *environment.platform, name, *requests, nullptr, false);
  if (!use) {
    why_not = use.error();
    // It was to be fetched, and not only when somebody uses it.
    auto spec = environment.platform->packages.find(name);
    if (session.choices.install && spec != environment.platform->packages.end() &&
        !spec->second.versions.empty())
      session.warn(why_not);
    return std::nullopt;
  }
  return std::move(*use);
}

}  // namespace fbuild
