// Reading the files of a project, and what can be said of them before any option is
// resolved.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "generator/config/path_glob.h"
#include "generator/config/project_state.h"
#include "generator/config/unicode_text.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild::config {
namespace {

// More files than this, or files that name other files deeper than this, are an error.
constexpr size_t kMaxFiles = 10000;

// The largest file that is taken for an ini file, and how much all may have together.
constexpr size_t kMaxBytes = size_t{32} << 20;

constexpr size_t kMaxSuggestions = 100;

std::string joined(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace

void ProjectConfig::State::warn(std::string message, Error text) {
  if (!warned.insert(message).second) return;
  warnings.push_back({std::move(message), std::move(text)});
}

const char* ProjectConfig::State::variable(const std::string& name) {
  const char* value = input.variable ? input.variable(name.c_str()) : std::getenv(name.c_str());
  if (!dependencies.variables.contains(name)) {
    dependencies.variables[name] = value ? std::optional<std::string>(value) : std::nullopt;
  }
  return value;
}

// "~" and "~user" at the start, as a shell does; left alone when there is no such home.
std::string ProjectConfig::State::expand_user(const std::string& path) {
  size_t end = std::min(path.find('/'), path.size());
  std::string home;
  if (end == 1) {
    const char* value = variable("HOME");
    const passwd* user = value ? nullptr : ::getpwuid(::getuid());
    if (!value && !user) return path;
    home = value ? value : user->pw_dir;
  } else {
    const passwd* user = ::getpwnam(path.substr(1, end - 1).c_str());
    if (!user) return path;
    home = user->pw_dir;
  }
  while (!home.empty() && home.back() == '/') home.pop_back();
  std::string out = home + path.substr(end);
  return out.empty() ? "/" : out;
}

ErrorPtr ProjectConfig::State::read_one(const std::string& path, const std::string& pio_path) {
  bool main = document.files.empty();
  std::string full = join_path(input.directory, path);
  if (main || path != input.main_file) dependencies.files.push_back(path);
  Result<std::string> text = input.read ? input.read(path) : read_file(full);
  if (text) {
    read_bytes += text->size();
    if (read_bytes <= kMaxBytes) return read_ini(document, *text, {path, pio_path});
    return make_error("MemoryError", "too large",
                      {.what = "the ini files have more than 32 MiB",
                       .fix = "is this a text file?",
                       .file = path});
  }
  if (!main) return nullptr;  // an extra file that cannot be read is passed over
  return make_error(
      "NotPlatformIOProjectError",
      "Not a PlatformIO project. `platformio.ini` file has not been found in current "
      "working directory (" +
          project_dir + "). To initialize new project please use `platformio project init` command",
      path_exists(full) ? text.error()
                        : Error{.what = "there is no " + input.main_file + " in " + project_dir,
                                .fix = "run this in a PlatformIO project, or name "
                                       "one with -C",
                                .file = path});
}

// After each file the extra_configs that now count are followed, before the rest of those
// that counted before. Where they are the same (nearly always), going on with the rest
// comes to the same, and no list is opened.
ErrorPtr ProjectConfig::State::read_all() {
  struct List {
    std::vector<std::string> patterns, files;
    size_t next = 0;
  };
  std::vector<List> open;
  std::set<std::string> done;
  Symbol section = document.symbols.intern("platformio");
  Symbol option = document.symbols.intern("extra_configs");
  std::string path = input.main_file, pio_path = main_path;
  for (;;) {
    if (done.insert(pio_path).second) {
      if (ErrorPtr error = read_one(path, pio_path)) return error;
      // What was looked up with fewer files does not count any more.
      views.clear();
      memo.clear();
      const Value* value = nullptr;
      if (ErrorPtr error = look_up(section, option, value)) return error;
      List list;
      for (const ListItem& item : value->items) list.patterns.push_back(item.text);
      if (!list.patterns.empty() && (open.empty() || list.patterns != open.back().patterns)) {
        if (open.size() == kMaxFiles || done.size() > kMaxFiles) {
          return make_error(
              "RecursionError", "maximum recursion depth exceeded",
              at(value->origin, "extra_configs lead to more than 10000 files", "name fewer files"));
        }
        for (const std::string& text : list.patterns) {
          std::string pattern = text[0] == '~' ? expand_user(text) : text;
          std::vector<std::string> found =
              input.glob ? input.glob(pattern)
                         : glob_paths(input.directory, pattern, dependencies.directories);
          for (std::string& file : found) list.files.push_back(std::move(file));
        }
        open.push_back(std::move(list));
      }
    }
    while (!open.empty() && open.back().next == open.back().files.size()) open.pop_back();
    if (open.empty()) return nullptr;
    path = pio_path = open.back().files[open.back().next++];
  }
}

// Former names and names nobody knows, where names are checked.
void ProjectConfig::State::check_names() {
  auto check = [&](const IniSection& section, const std::string& section_name, Scope scope,
                   const IniOption& option) {
    const std::string& name = text(option.name);
    Origin place{static_cast<int>(option.file), option.line, option.column};
    (void)section;
    if (const OptionInfo* present = find_by_old_name(name)) {
      std::string now(present->name);
      warnings.push_back(
          {"`" + name + "` configuration option in section [" + section_name +
               "] is deprecated and will be removed in the next release! Please "
               "use `" +
               now + "` instead",
           at(place, "option '" + name + "' of [" + section_name + "] is now called '" + now + "'",
              "write " + now)});
      return;
    }
    if (is_present_name(scope, name)) return;
    if (scope == Scope::Env && (name.starts_with("custom_") || name.starts_with("board_"))) return;
    warnings.push_back(
        {"Ignore unknown configuration option `" + name + "` in section [" + section_name + "]",
         at(place, "unknown option '" + name + "' in [" + section_name + "] is ignored",
            suggest(name, option_names(scope)))});
  };
  for (const IniSection& section : document.sections) {
    const std::string& name = text(section.name);
    std::optional<Scope> scope = section_scope(name);
    if (!scope) continue;
    for (const IniOption& option : section.options) check(section, name, *scope, option);
    for (const IniOption& option : document.defaults.options) {
      if (!document.find_option(section, option.name)) check(section, name, *scope, option);
    }
  }
}

Error ProjectConfig::State::at(Origin place, std::string what, std::string fix) const {
  Error error{.what = std::move(what), .fix = std::move(fix)};
  if (place.file >= 0 && static_cast<size_t>(place.file) < document.files.size()) {
    error.file = document.files[static_cast<size_t>(place.file)].path;
    error.line = static_cast<int>(place.line);
    error.column = static_cast<int>(place.column);
  }
  return error;
}

std::string ProjectConfig::State::suggest(std::string_view word,
                                          std::span<const std::string> names) {
  return suggestions++ < kMaxSuggestions ? did_you_mean(word, names) : "";
}

std::string ProjectConfig::State::suggest_section(std::string_view word) {
  if (suggestions >= kMaxSuggestions) return "";
  std::vector<std::string> names;
  for (const IniSection& section : document.sections) names.push_back(text(section.name));
  return suggest(word, names);
}

std::optional<Scope> section_scope(std::string_view section) {
  std::string_view scope = section.substr(0, section.find(':'));
  if (scope == "env") return Scope::Env;
  if (scope == "platformio") return Scope::Platformio;
  return std::nullopt;
}

ProjectConfig::ProjectConfig() : state_(std::make_unique<State>()) {}
ProjectConfig::~ProjectConfig() = default;
ProjectConfig::ProjectConfig(ProjectConfig&&) noexcept = default;
ProjectConfig& ProjectConfig::operator=(ProjectConfig&&) noexcept = default;

ErrorPtr ProjectConfig::load(const ConfigInput& input) {
  State& state = *state_;
  state.input = input;
  if (state.input.directory.empty()) state.input.directory = std::string(1, '.');
  state.project_dir =
      input.project_dir.empty() ? absolute_path(state.input.directory) : input.project_dir;
  state.main_path = join_path(state.project_dir, input.main_file);
  if (ErrorPtr error = state.read_all()) {
    error->stage = "read";
    return error;
  }
  state.views.clear();
  state.memo.clear();
  if (ErrorPtr error = state.apply_overrides()) {
    error->stage = "read";
    return error;
  }
  for (const IniSection& section : state.document.sections) {
    const std::string& name = state.text(section.name);
    if (name.starts_with("env:")) state.environments.push_back(name.substr(4));
  }
  state.check_names();
  state.memo.reserve(std::min<size_t>(state.environments.size() * 32, 1 << 16));
  return nullptr;
}

ErrorPtr ProjectConfig::validate(std::span<const std::string> requested) {
  State& state = *state_;
  auto fail = [](ErrorPtr error) {
    if (error->stage.empty()) error->stage = "validate";
    return error;
  };
  const std::vector<std::string>& known = state.environments;
  Error here{.file = state.input.main_file};
  if (known.empty()) {
    here.what = "no environment is defined";
    here.fix = "add a section such as [env:uno]";
    const std::vector<std::string> prefix{"env"};
    for (const IniSection& section : state.document.sections) {
      const std::string& name = state.text(section.name);
      size_t colon = name.find(':');
      if (colon == std::string::npos || !nearest_word(name.substr(0, colon), prefix)) continue;
      here = at({static_cast<int>(section.file), section.line, section.column}, here.what,
                "did you mean [env" + name.substr(colon) + "] instead of [" + name + "]?");
      break;
    }
    return fail(make_error("ProjectEnvsNotAvailableError",
                           "Please setup environments in `platformio.ini` file", here));
  }
  std::set<std::string_view> names(known.begin(), known.end());
  std::vector<std::string> unknown;
  Origin place;
  for (const std::string& name : requested) {
    if (!names.contains(name)) unknown.push_back(name);
  }
  const Value* defaults = nullptr;
  if (ErrorPtr error = look_up("platformio", "default_envs", defaults))
    return fail(std::move(error));
  for (const ListItem& item : defaults->items) {
    if (names.contains(item.text)) continue;
    if (unknown.empty()) place = item.origin;
    if (std::find(unknown.begin(), unknown.end(), item.text) == unknown.end()) {
      unknown.push_back(item.text);
    }
  }
  if (!unknown.empty()) {
    std::string hint = did_you_mean(unknown[0], known);
    if (hint.empty() && unknown[0].find(',') != std::string::npos) {
      hint = "write a blank behind each comma";
    }
    std::string list = known.size() <= 20 ? joined(known) : "";
    if (hint.empty() && !list.empty()) hint = "there are: " + list;
    if (hint.empty()) hint = "list them with --list-envs";
    return fail(make_error("UnknownEnvNamesError",
                           "Unknown environment names '" + joined(unknown) +
                               "'. Valid names are '" + joined(known) + "'",
                           at(place, "there is no environment '" + unknown[0] + "'", hint)));
  }
  for (const std::string& name : known) {
    Symbol symbol = *state.document.symbols.find("env:" + name);
    Origin header = this->header("env:" + name);
    if (!is_environment_name(name)) {
      return fail(make_error("InvalidEnvNameError",
                             "Invalid environment name '" + name +
                                 "'. The name can contain alphanumeric, underscore, and hyphen "
                                 "characters (a-z, 0-9, -, _)",
                             at(header, "'" + name + "' is no name for an environment",
                                "use letters a-z, digits, '-' and '_'")));
    }
    if (const View& view = state.view_of(symbol); view.fatal) {
      return fail(std::make_unique<ConfigError>(*view.error));
    }
    const Value *raw = nullptr, *filters = nullptr;
    if (ErrorPtr error = look_up("env:" + name, "monitor_raw", raw)) return fail(std::move(error));
    if (!raw->flag) continue;
    if (ErrorPtr error = look_up("env:" + name, "monitor_filters", filters)) {
      return fail(std::move(error));
    }
    if (filters->items.empty()) continue;
    state.warn(
        "The `monitor_raw` and `monitor_filters` options cannot be used simultaneously for the `" +
            name +
            "` environment in the `platformio.ini` file. The `monitor_filters` option will be "
            "disabled to avoid conflicts.",
        at(filters->origin,
           "monitor_filters has no effect in [env:" + name + "] beside monitor_raw",
           "keep one of the two"));
  }
  return nullptr;
}

const std::vector<std::string>& ProjectConfig::environments() const {
  return state_->environments;
}

std::vector<std::string> ProjectConfig::sections() const {
  std::vector<std::string> out;
  for (const IniSection& section : state_->document.sections)
    out.push_back(state_->text(section.name));
  return out;
}

Origin ProjectConfig::header(std::string_view section) const {
  std::optional<Symbol> symbol = state_->document.symbols.find(section);
  const IniSection* found = symbol ? state_->document.find_section(*symbol) : nullptr;
  if (!found) return {};
  return {static_cast<int>(found->file), found->line, found->column};
}

Error ProjectConfig::at(Origin place, std::string what, std::string fix) const {
  return state_->at(place, std::move(what), std::move(fix));
}

const std::vector<ConfigWarning>& ProjectConfig::warnings() const {
  return state_->warnings;
}
const ConfigDependencies& ProjectConfig::dependencies() const {
  return state_->dependencies;
}
const std::string& ProjectConfig::directory() const {
  return state_->input.directory;
}
const std::string& ProjectConfig::project_dir() const {
  return state_->project_dir;
}
const char* ProjectConfig::variable(const std::string& name) {
  return state_->variable(name);
}
const std::string& ProjectConfig::name_of(Symbol symbol) const {
  return state_->text(symbol);
}

}  // namespace fbuild::config
