#include "generator/plan/compile_flags.h"

#include <algorithm>

#include "generator/platform/yaml_reader.h"
#include "support/files.h"

namespace fbuild {

namespace {

// Temporary: simple split; replaced by generator/config/flags.
void add_words(CompileScopes& scopes, const std::string& text) {
  for (const std::string& word : split_words(text)) {
    if (word.starts_with("-D")) scopes.items["CPPDEFINES"].push_back({word.substr(2)});
    else if (word.starts_with("-I")) scopes.items["CPPPATH"].push_back({word.substr(2)});
    else if (word.starts_with("-l")) scopes.items["LIBS"].push_back({word.substr(2)});
    else if (word.starts_with("-L")) scopes.items["LIBPATH"].push_back({word.substr(2)});
    else if (word.starts_with("-Wl,")) scopes.items["LINKFLAGS"].push_back({word});
    else scopes.items["CCFLAGS"].push_back({word});
  }
}

Status add_platform(const Environment& environment, const std::vector<FlagAddition>& additions, CompileScopes& scopes) {
  for (const FlagAddition& addition : additions) {
    if (!environment.holds(addition.when)) continue;
    for (const auto& [scope, words] : addition.flags) {
      Result<std::vector<std::string>> filled = fill_words(environment, words);
      if (!filled) return filled.error();
      for (const std::string& word : *filled) scopes.items[scope].push_back({word});
    }
  }
  return {};
}

}  // namespace

Result<EnvironmentFlags> environment_flags(Session& session, const Environment& environment) {
  EnvironmentFlags out;
  std::string section = "env:" + environment.name;
  out.base.items["CPPDEFINES"].push_back({"PLATFORMIO=60118"});
  add_words(out.base, fact_or(environment.facts, "build.extra_flags", ""));
  Result<const config::Value*> flags = session.config.get(section, "build_flags");
  if (!flags) return flags.error();
  for (const config::ListItem& item : (*flags)->items) add_words(out.base, item.text);
  if (Status s = add_platform(environment, environment.platform->flags, out.base); !s) return s.error();
  if (Status s = add_platform(environment, environment.framework->flags, out.base); !s) return s.error();
  for (const auto& item : out.base.items["LINKFLAGS"]) out.link_flags.insert(out.link_flags.end(), item.begin(), item.end());
  for (const auto& item : out.base.items["LIBPATH"]) out.lib_paths.push_back(item[0]);
  for (const auto& item : out.base.items["LIBS"]) out.libs.push_back("-l" + item[0]);
  return out;
}

Result<CompileScopes> project_scopes(Session&, const Environment&, const EnvironmentFlags& flags,
                                     const std::vector<std::string>& include_dirs) {
  CompileScopes out = flags.base;
  auto& path = out.items["CPPPATH"];
  size_t at = 0;
  for (const std::string& dir : include_dirs) path.insert(path.begin() + static_cast<long>(at++), {dir});
  return out;
}

Result<CompileScopes> library_scopes(Session& session, const Environment& environment, const EnvironmentFlags& flags,
                                     const Library&, const std::vector<std::string>& include_dirs) {
  return project_scopes(session, environment, flags, include_dirs);
}

std::vector<std::string> compile_arguments(const CompileScopes& scopes, Language language) {
  std::vector<std::string> out;
  auto add = [&](const char* scope, const char* prefix = "") {
    auto found = scopes.items.find(scope);
    if (found == scopes.items.end()) return;
    for (const auto& item : found->second)
      for (const std::string& word : item) out.push_back(prefix + word);
  };
  if (language == Language::Asm) {
    add("ASFLAGS");
    return out;
  }
  if (language == Language::C) add("CFLAGS");
  if (language == Language::Cxx) add("CXXFLAGS");
  if (language == Language::AsmCpp) {
    add("ASFLAGS");
    add("ASPPFLAGS");
  } else {
    add("CCFLAGS");
  }
  add("CPPFLAGS");
  add("CPPDEFINES", "-D");
  add("CPPPATH", "-I");
  return out;
}

}  // namespace fbuild
