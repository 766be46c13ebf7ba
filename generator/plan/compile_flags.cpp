#include "generator/plan/compile_flags.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "generator/config/flag_words.h"
#include "generator/plan/script_flag.h"
#include "support/files.h"
#include "support/option_words.h"

namespace fbuild {

using config::FlagContext;
using config::FlagItem;
using config::FlagScope;
using config::FlagScopes;
using config::ListItem;
using config::Value;

namespace {

// The version PlatformIO would announce; sources compare against it.
constexpr const char* kPlatformioVersion = "60118";

FlagContext make_context(Session& session, const Environment& environment) {
  FlagContext out;
  out.directory = session.project;
  out.at = [&session](config::Origin place, std::string what, std::string fix) {
    return session.config.at(place, std::move(what), std::move(fix));
  };
  out.variable = [&session](const std::string& name) { return session.config.variable(name); };
  out.variables = environment_variables(session, environment);
  return out;
}

// Text that comes out of the flags' two replacements of $NAME and of their shell as it is.
// `quoted`: the flag has blanks, so that the shell will find it in double quotes.
std::string literal(std::string_view text, bool quoted) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 static_cast<unsigned char>(c) >= 0x80 ||
                 std::string_view(" \t_-+=./,:@%^").find(c) != std::string_view::npos;
    if (quoted ? std::string_view("$`\"\\").find(c) != std::string_view::npos : !plain) out += '\\';
    out += c == '$' ? "$$$$" : std::string(1, c);
  }
  return out;
}

bool has_blanks(std::string_view text) {
  return text.find_first_of(" \t") != std::string_view::npos;
}

FlagItem literal_folder(const std::string& path) {
  return config::flag(literal(path, has_blanks(path)));
}

// A macro of a platform file. Quotes in its value are the C string's.
FlagItem platform_define(const std::string& word) {
  size_t equals = word.find('=');
  if (equals == std::string::npos) return config::flag(word);
  return config::define(word.substr(0, equals), literal(word.substr(equals + 1), has_blanks(word)));
}

// Words for the preprocessor, each into its scope as if it had been written there.
void add_preprocessor(const std::vector<std::string>& words, FlagScopes& scopes) {
  std::string prefix;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    auto argument = [&](std::string_view option) { return option_argument(words, i, option); };
    if (word.starts_with("-D")) {
      scopes[FlagScope::CppDefines].push_back(platform_define(argument("-D")));
    } else if (word.starts_with("-I")) {
      scopes[FlagScope::CppPath].push_back(literal_folder(argument("-I")));
    } else if (word.starts_with("-iprefix")) {
      prefix = argument("-iprefix");
    } else if (word.starts_with("-iwithprefixbefore")) {
      scopes[FlagScope::CppPath].push_back(literal_folder(prefix + argument("-iwithprefixbefore")));
    } else {
      scopes[FlagScope::CppFlags].push_back(config::flag(literal(word, has_blanks(word))));
    }
  }
}

Status add_platform(const Environment& environment, const std::vector<FlagAddition>& additions,
                    FlagScopes& scopes) {
  for (const FlagAddition& addition : additions) {
    if (!environment.holds(addition.when)) continue;
    auto filled_words = [&](const std::vector<std::string>& words) {
      Result<std::vector<std::string>> filled = fill_words(environment, words);
      if (filled)
        std::erase_if(*filled, [&](const std::string& word) {
          return std::find(addition.without.begin(), addition.without.end(), word) !=
                 addition.without.end();
        });
      return filled;
    };
    Result<std::vector<std::string>> mixed = filled_words(addition.preprocessor);
    if (!mixed) return mixed.error();
    add_preprocessor(*mixed, scopes);
    for (const auto& [name, words] : addition.flags) {
      Result<std::vector<std::string>> filled = filled_words(words);
      if (!filled) return filled.error();
      std::vector<FlagItem>& items = scopes[*config::find_scope(name)];
      for (const std::string& word : *filled)
        items.push_back(name == "CPPDEFINES" ? platform_define(word)
                        : name == "CPPPATH"  ? literal_folder(word)
                                             : config::flag(literal(word, has_blanks(word))));
    }
  }
  return {};
}

std::vector<ListItem> board_flags(const Environment& environment) {
  std::vector<ListItem> out;
  const Facts* flags = find_fact(environment.facts, "build.extra_flags");
  if (!flags) return out;
  if (flags->is_array()) {
    for (const Facts& item : *flags) out.push_back({fact_text(item), {}});
  } else if (std::string text = fact_text(*flags); !text.empty()) {
    out.push_back({text, {}});
  }
  return out;
}

Result<std::vector<ListItem>> option_items(Session& session, const std::string& section,
                                           const char* option) {
  Result<const Value*> value = session.config.get(section, option);
  if (!value) return value.error();
  return (*value)->items;
}

bool is_optimization(const std::string& flag) {
  if (flag == "-Os" || flag == "-g") return true;
  for (const char* kind : {"-O", "-g", "-ggdb"})
    for (char level = '0'; level <= '3'; ++level)
      if (flag == std::string(kind) + level) return true;
  return false;
}

// build_type = debug: the levels given so far make way for debug_build_flags.
Status make_debug(Session& session, const std::string& section, FlagScopes& scopes,
                  FlagContext& context) {
  scopes[FlagScope::CppDefines].push_back(config::flag("__PLATFORMIO_BUILD_DEBUG__"));
  for (FlagScope scope : {FlagScope::AsFlags, FlagScope::CcFlags, FlagScope::LinkFlags})
    std::erase_if(scopes[scope], [](const FlagItem& item) {
      return item.kind == FlagItem::Kind::Single && is_optimization(item.text);
    });
  Result<std::vector<ListItem>> items = option_items(session, section, "debug_build_flags");
  if (!items) return items.error();
  Result<FlagScopes> flags = config::parse_flags(*items, context);
  if (!flags) return flags.error();
  auto add_unique = [&](FlagScope scope, const FlagItem& item) {
    std::vector<FlagItem>& list = scopes[scope];
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
  };
  for (size_t i = 0; i < config::kFlagScopes; ++i)
    for (const FlagItem& item : flags->items[i]) add_unique(static_cast<FlagScope>(i), item);
  for (const FlagItem& item : (*flags)[FlagScope::CcFlags]) {
    if (!item.text.starts_with("-O") && !item.text.starts_with("-g")) continue;
    if (item.text.starts_with("-g")) add_unique(FlagScope::AsFlags, item);
    add_unique(FlagScope::LinkFlags, item);
  }
  return {};
}

Result<LanguageArguments> arguments(const FlagScopes& scopes, FlagContext& context) {
  LanguageArguments out(kLanguages);
  const std::pair<Language, config::Language> kinds[] = {{Language::C, config::Language::C},
                                                         {Language::Cxx, config::Language::Cxx},
                                                         {Language::AsmCpp, config::Language::Asm}};
  for (auto [language, kind] : kinds) {
    config::FlagWords words = config::compile_words(scopes, kind, context);
    if (!words) return words.error();
    out[static_cast<size_t>(language)] = std::move(*words);
  }
  config::FlagWords words = config::scope_words(scopes, FlagScope::AsFlags, context);
  if (!words) return words.error();
  out[static_cast<size_t>(Language::Asm)] = std::move(*words);
  return out;
}

void keep(Session& session, EnvironmentFlags& flags, FlagContext& context) {
  flags.commands.insert(flags.commands.end(), context.commands.begin(), context.commands.end());
  flags.looked_at.insert(flags.looked_at.end(), context.looked_at.begin(), context.looked_at.end());
  for (Error& warning : context.warnings) session.warn(std::move(warning));
}

// Include and library folders, and files that are included in front, in libraries of lib_deps.
void place_installed(Session& session, FlagScopes& scopes, EnvironmentFlags& flags,
                     const FlagContext& context) {
  if (flags.installed.places.empty()) return;
  auto place = [&](std::string& text) {
    Result<std::string> filled = config::substitute_text(text, context.variables);
    if (!filled) return;  // told where it is used
    std::string path = path_inside(*filled, session.project),
                here = installed_place(flags.installed, path);
    if (here == path) return;
    text = literal(here, has_blanks(here));
    flags.looked_at.push_back(here);
  };
  for (FlagScope scope : {FlagScope::CppPath, FlagScope::LibPath})
    for (FlagItem& item : scopes[scope]) place(item.text);
  for (FlagItem& item : scopes[FlagScope::CcFlags])
    if (item.kind == FlagItem::Kind::Pair) place(item.argument);
}

}  // namespace

Status set_flags(SourceGroup& group, Result<LanguageArguments> arguments) {
  if (!arguments) return arguments.error();
  for (size_t i = 0; i < kLanguages; ++i) group.flags[i] = std::move((*arguments)[i]);
  return {};
}

config::Variables environment_variables(Session& session, const Environment& environment) {
  auto folder = [&](const char* option) {
    Result<const Value*> value = session.config.get("platformio", option);
    return value ? config::value_text(**value) : std::string();
  };
  std::string build = join_path(session.build_dir, environment.name);
  return {
      {"PROJECT_DIR", session.project},
      {"PROJECT_SRC_DIR", folder("src_dir")},
      {"PROJECTSRC_DIR", folder("src_dir")},
      {"PROJECT_INCLUDE_DIR", folder("include_dir")},
      {"PROJECT_LIB_DIR", folder("lib_dir")},
      {"PROJECT_DATA_DIR", folder("data_dir")},
      {"PROJECT_LIBDEPS_DIR", folder("libdeps_dir")},
      {"PROJECT_WORKSPACE_DIR", folder("workspace_dir")},
      {"PROJECT_BUILD_DIR", session.build_dir},
      {"BUILD_DIR", build},
      {"PIOENV", environment.name},
      {"PIOPLATFORM", environment.platform->name},
      {"PIOFRAMEWORK", environment.framework->name},
      {"BOARD", fact_or(environment.facts, "id", "")},
      {"BOARD_MCU", fact_or(environment.facts, "build.mcu", "")},
      {"BOARD_F_CPU", fact_or(environment.facts, "build.f_cpu", "")},
      {"UPLOAD_PORT", fact_or(environment.facts, "upload.port", "")},
      {"UPLOAD_SPEED", fact_or(environment.facts, "upload.speed", "")},
      {"UPLOAD_PROTOCOL", fact_or(environment.facts, "upload.protocol", "")},
      {"PROGNAME", "firmware"},
  };
}

Result<EnvironmentFlags> environment_flags(Session& session, Environment& environment,
                                           InstalledLibraries installed) {
  EnvironmentFlags out;
  out.installed = std::move(installed);
  std::string section = "env:" + environment.name;
  FlagContext context = make_context(session, environment);
  out.base[FlagScope::CppDefines].push_back(config::define("PLATFORMIO", kPlatformioVersion));
  if (Status s = config::process_flags(out.base, board_flags(environment), context); !s)
    return s.error();
  Result<std::vector<ListItem>> items = option_items(session, section, "build_flags");
  if (!items) return items.error();
  if (Status s = config::process_flags(out.base, *items, context); !s) return s.error();
  if (environment.script_of_flags)
    std::erase_if(out.base[FlagScope::LinkFlags],
                  [](const FlagItem& item) { return script_of_flag(item.text).has_value(); });
  for (const FlagItem& item : out.base[FlagScope::CppDefines])
    environment.defines[item.text] = item.argument;
  if (Status s = add_platform(environment, environment.platform->flags, out.base); !s)
    return s.error();
  if (Status s = add_platform(environment, environment.framework->flags, out.base); !s)
    return s.error();
  if (environment.debug)
    if (Status s = make_debug(session, section, out.base, context); !s) return s.error();
  items = option_items(session, section, "build_unflags");
  if (!items) return items.error();
  if (Status s = config::process_unflags(out.base, *items, context); !s) return s.error();

  place_installed(session, out.base, out, context);
  config::FlagWords words = config::scope_words(out.base, FlagScope::LinkFlags, context);
  if (!words) return words.error();
  out.link_flags = std::move(*words);
  words = config::scope_words(out.base, FlagScope::RPath, context);
  if (!words) return words.error();
  for (const std::string& path : *words) out.link_flags.push_back("-Wl,-rpath=" + path);
  words = config::library_directory_words(out.base, context);
  if (!words) return words.error();
  out.lib_paths = std::move(*words);
  words = config::library_words(out.base, context);
  if (!words) return words.error();
  out.libs = std::move(*words);
  keep(session, out, context);
  return out;
}

Result<FlagScopes> project_scopes(Session& session, const Environment& environment,
                                  EnvironmentFlags& flags) {
  FlagContext context = make_context(session, environment);
  FlagScopes scopes = flags.base;
  Result<std::vector<ListItem>> items =
      option_items(session, "env:" + environment.name, "build_src_flags");
  if (!items) return items.error();
  if (Status s = config::process_flags(scopes, *items, context); !s) return s.error();
  place_installed(session, scopes, flags, context);
  keep(session, flags, context);
  return scopes;
}

Result<FlagScopes> library_scopes(Session& session, const Environment& environment,
                                  EnvironmentFlags& flags, const Library& library) {
  FlagScopes scopes = flags.base;
  const LibraryManifest& manifest = library.manifest;
  auto items = [](const std::vector<std::string>& texts) {
    std::vector<ListItem> out;
    for (const std::string& text : texts) out.push_back({text, {}});
    return out;
  };
  std::vector<std::string> added = manifest.flags;
  if (!manifest.linker_flags.empty()) added = {manifest.linker_flags};
  // Paths in a library's manifest are relative to the library.
  FlagContext context = make_context(session, environment);
  context.directory = join_path(session.project, library.folder);
  context.relative_arguments = false;
  FlagScopes own;
  Status status;
  if (!added.empty()) {
    Result<FlagScopes> parsed = config::parse_flags(items(added), context);
    if (!parsed) {
      status = parsed.error();
    } else {
      own = std::move(*parsed);
      for (FlagScope scope : {FlagScope::CppPath, FlagScope::LibPath})
        for (FlagItem& item : own[scope])
          if (item.text.starts_with('/')) item.text = path_inside(item.text, session.project);
      config::append_flags(scopes, own);
    }
  }
  if (status && !manifest.unflags.empty())
    status = config::process_unflags(scopes, items(manifest.unflags), context);
  if (!status) {
    std::string file =
        library.kind == Library::Kind::PlatformIO ? "library.json" : "library.properties";
    return Error{status.error().what, status.error().fix, join_path(library.folder, file)};
  }
  keep(session, flags, context);
  if (manifest.precompiled)
    for (const char* fact : {"build.mcu", "build.cpu"}) {
      std::string folder = join_path(library.source_dir, fact_or(environment.facts, fact, ""));
      if (!is_directory(folder)) continue;
      prepend_new(scopes, FlagScope::LibPath, folder_items({folder}), session.project);
      break;
    }
  return scopes;
}

Status remove_build_unflags(Session& session, const Environment& environment, FlagScopes& scopes) {
  FlagContext context = make_context(session, environment);
  Result<std::vector<ListItem>> items =
      option_items(session, "env:" + environment.name, "build_unflags");
  if (!items) return items.error();
  return config::process_unflags(scopes, *items, context);
}

void prepend_new(FlagScopes& scopes, FlagScope scope, const std::vector<FlagItem>& items,
                 const std::string& project) {
  bool folders = scope == FlagScope::CppPath || scope == FlagScope::LibPath;
  std::vector<FlagItem>& list = scopes[scope];
  std::vector<FlagItem> fresh;
  if (!folders) {
    for (auto item = items.begin(); item != items.end(); ++item)
      // Of equal ones among them the last stays.
      if (std::find(list.begin(), list.end(), *item) == list.end() &&
          std::find(item + 1, items.end(), *item) == items.end())
        fresh.push_back(*item);
  } else {
    // Equal items lead to equal folders, so those alone are compared.
    std::unordered_set<std::string> taken;
    for (const FlagItem& item : list) taken.insert(path_inside(item.text, project));
    for (auto item = items.rbegin(); item != items.rend(); ++item)
      if (taken.insert(path_inside(item->text, project)).second) fresh.push_back(*item);
    std::reverse(fresh.begin(), fresh.end());
  }
  list.insert(list.begin(), fresh.begin(), fresh.end());
}

std::vector<FlagItem> folder_items(const std::vector<std::string>& folders) {
  std::vector<FlagItem> out;
  for (const std::string& folder : folders) out.push_back(literal_folder(folder));
  return out;
}

MacroTable macro_table(const FlagScopes& scopes) {
  MacroTable out;
  for (const FlagItem& item : scopes[FlagScope::CppDefines]) {
    PythonValue& value = out[item.text];
    value = {};
    if (item.kind == FlagItem::Kind::Single) continue;
    std::optional<int64_t> number = python_int(item.argument);
    bool digits = !item.argument.empty() &&
                  item.argument.find_first_not_of("0123456789") == std::string::npos;
    if (item.number == FlagItem::Number::Float) {
      value.kind = PythonValue::Kind::Real;
      value.real = std::strtod(item.argument.c_str(), nullptr);
    } else {
      value = digits && number ? python_integer(*number) : python_text(item.argument);
    }
  }
  return out;
}

Status add_link_flags(Session& session, const Environment& environment, const FlagScopes& project,
                      EnvironmentFlags& flags) {
  FlagContext context = make_context(session, environment);
  FlagScopes added;
  for (FlagScope scope : {FlagScope::Libs, FlagScope::LibPath, FlagScope::LinkFlags}) {
    FlagScopes known;
    known[scope] = flags.base[scope];
    size_t before = known[scope].size();
    prepend_new(known, scope, project[scope], session.project);
    added[scope].assign(known[scope].begin(),
                        known[scope].end() - static_cast<std::ptrdiff_t>(before));
  }
  config::FlagWords words = config::scope_words(added, FlagScope::LinkFlags, context);
  if (!words) return words.error();
  flags.link_flags.insert(flags.link_flags.begin(), words->begin(), words->end());
  words = config::library_directory_words(added, context);
  if (!words) return words.error();
  flags.library_paths = std::move(*words);
  words = config::library_words(added, context);
  if (!words) return words.error();
  flags.first_libs = std::move(*words);
  return {};
}

Result<LanguageArguments> scope_arguments(Session& session, const Environment& environment,
                                          const FlagScopes& scopes) {
  FlagContext context = make_context(session, environment);
  return arguments(scopes, context);
}

Result<LanguageArguments> framework_arguments(Session& session, const Environment& environment,
                                              const EnvironmentFlags& flags,
                                              const std::vector<FlagAddition>& additions) {
  FlagContext context = make_context(session, environment);
  if (additions.empty()) return arguments(flags.base, context);
  FlagScopes scopes = flags.base;
  if (Status s = add_platform(environment, additions, scopes); !s) return s.error();
  return arguments(scopes, context);
}

}  // namespace fbuild
