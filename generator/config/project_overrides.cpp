// Options from the command line, put into the document after all files were read.
#include <algorithm>

#include "generator/config/option_override.h"
#include "generator/config/project_state.h"
#include "generator/config/unicode_text.h"
#include "support/suggest.h"

namespace fbuild::config {

Result<OptionOverride> parse_option_override(std::string_view text) {
  static constexpr const char* kForm = "write NAME=VALUE or env:ENVIRONMENT:NAME=VALUE";
  std::string place = "--option " + std::string(text);
  if (find_invalid_utf8(text) != std::string_view::npos ||
      text.find('\0') != std::string_view::npos)
    return Error{"this is not text in UTF-8", kForm, "--option"};
  if (text.find_first_of("\r\n") != std::string_view::npos)
    return Error{"a line end cannot be given here", "separate the items of a list with ', '",
                 "--option"};
  size_t equals = text.find('=');
  if (equals == std::string_view::npos) return Error{"there is no '=' in it", kForm, place};
  OptionOverride out;
  out.text = text;
  std::string_view name = text.substr(0, equals);
  out.append = name.ends_with('+');
  if (out.append) name.remove_suffix(1);
  if (size_t colon = name.rfind(':'); colon != std::string_view::npos) {
    out.section = strip(name.substr(0, colon));
    name.remove_prefix(colon + 1);
    if (out.section.empty()) return Error{"no section stands before the ':'", kForm, place};
  }
  out.name = lower(strip(name));
  out.value = strip(text.substr(equals + 1));
  if (out.name.empty()) return Error{"no option is named", kForm, place};
  return out;
}

ErrorPtr ProjectConfig::State::apply_overrides() {
  for (const OptionOverride& item : input.overrides)
    if (ErrorPtr error = apply_override(item)) return error;
  return nullptr;
}

ErrorPtr ProjectConfig::State::apply_override(const OptionOverride& item) {
  std::string place = "--option " + item.text;
  auto fail = [&](std::string what, std::string fix) {
    return make_error("OptionOverrideError", what,
                      {.what = what, .fix = std::move(fix), .file = place});
  };
  std::vector<Symbol> sections;
  if (item.section.empty()) {
    for (const IniSection& section : document.sections)
      if (text(section.name).starts_with("env:")) sections.push_back(section.name);
  } else {
    sections.push_back(document.symbols.intern(item.section));
    bool optional = item.section == "env" || item.section == "platformio";
    if (!optional && !document.find_section(sections.front())) {
      std::string fix = suggest_section(item.section);
      if (document.find_section(document.symbols.intern("env:" + item.section)))
        fix = "did you mean 'env:" + item.section + "'?";
      return fail("there is no section [" + item.section + "]",
                  fix.empty()
                      ? "write the name of a section before the ':', or none for every environment"
                      : fix);
    }
  }

  std::optional<Scope> scope = item.section.empty() ? Scope::Env : section_scope(item.section);
  const OptionInfo* info = scope ? find_option_info(*scope, item.name) : nullptr;
  bool free = !scope || (*scope == Scope::Env &&
                         (item.name.starts_with("custom_") || item.name.starts_with("board_")));
  if (!info && !free) {
    Scope other = *scope == Scope::Env ? Scope::Platformio : Scope::Env;
    std::string fix = suggest(item.name, option_names(*scope));
    if (find_option_info(other, item.name))
      fix = other == Scope::Platformio
                ? "it belongs to [platformio]: write platformio:" + item.name + "=..."
                : "it belongs to environments: write " + item.name + "=...";
    return fail("there is no option '" + item.name + "'",
                fix.empty() ? "custom_... and board_... are free" : fix);
  }
  if (item.name == "extra_configs" && item.section == "platformio")
    return fail("extra_configs are read before this counts", "write it into " + input.main_file);
  if (item.append && info && !info->multiple)
    return fail("'" + item.name + "' is one value, to which nothing can be added",
                "write " + item.name + "=...");

  document.files.push_back({.path = place, .pio_path = place, .command_line = true});
  for (Symbol section : sections)
    if (ErrorPtr error = override_in(section, item, info)) return error;
  views.clear();
  memo.clear();
  return nullptr;
}

ErrorPtr ProjectConfig::State::override_in(Symbol section, const OptionOverride& item,
                                           const OptionInfo* info) {
  IniOption option;
  option.name = document.symbols.intern(item.name);
  option.file = static_cast<uint32_t>(document.files.size() - 1);
  if (item.append) {
    if (const View::Entry* entry = find(view_of(section), option.name, info)) {
      if (entry->option->value.find("%(") != std::string::npos) {
        Error error{"what it would be added to has a %(...)s, which counts only where it stands",
                    "write the whole value: " + item.name + "=...", document.files.back().path};
        return make_error("OptionOverrideError", error.what, error);
      }
      option.value = entry->option->value;
    } else if (info && info->default_text) {
      option.value = info->default_text;
    }
    // A list on one line ends its items with ", ", one on several lines with the line's end.
    std::string joined;
    for (const std::string& part : {option.value, item.value}) {
      PlacedText placed;
      placed.append(part, {});
      for (const ListItem& one : split_list(placed))
        joined += (joined.empty() ? "" : "\n") + one.text;
    }
    option.value = std::move(joined);
  } else {
    option.value = item.value;
  }
  option.lines.resize(
      static_cast<size_t>(std::count(option.value.begin(), option.value.end(), '\n')) + 1);
  set_option(document, section, std::move(option), [&](Symbol other) {
    return other == document.symbols.intern(item.name) ||
           (info && find_option_info(info->scope, text(other)) == info);
  });
  views.clear();
  return nullptr;
}

}  // namespace fbuild::config
