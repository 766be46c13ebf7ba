// Inheritance: which sections an option is looked up in, and in which order.
//
// The walk is a stack: it starts with the section (above [env] for an environment), takes
// the last entry, and puts the parents named by its `extends` on top. A section met for the
// second time adds nothing, because all its options and ancestors came before; unless it
// is still open, which is a cycle.
#include <algorithm>

#include "generator/config/project_state.h"
#include "generator/config/python_text.h"
#include "support/suggest.h"

namespace fbuild::config {
namespace {

// Far more than any project needs (600 environments of 60 options have 36,000 entries);
// keeps a long chain of environments that each inherit from the one before from taking
// all memory.
constexpr size_t kMaxEntries = size_t{4} << 20;

}  // namespace

std::string chain_text(const std::vector<std::string>& names) {
  static constexpr size_t kFirst = 12, kLast = 4;
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i) out += " -> ";
    if (i == kFirst && names.size() > kFirst + kLast + 1) {
      out.append("(").append(std::to_string(names.size() - kFirst - kLast)).append(" more) -> ");
      i = names.size() - kLast;
    }
    out += names[i];
  }
  return out;
}

const View& ProjectConfig::State::view_of(Symbol root) {
  auto [at_view, is_new] = views.try_emplace(root);
  View& view = at_view->second;
  if (!is_new) return view;
  Symbol extends_name = document.symbols.intern("extends");
  uint32_t number = ++view_number;

  struct Step {
    Symbol section;
    bool leave;
  };
  std::vector<Step> stack;
  if (text(root).starts_with("env:")) stack.push_back({document.symbols.intern("env"), false});
  stack.push_back({root, false});
  std::unordered_map<Symbol, bool> open;  // met sections; true while their ancestors are walked
  std::vector<Symbol> path;

  auto add = [&](const IniSection& section, const IniOption& option) {
    seen.resize(std::max(seen.size(), document.symbols.size()));
    ++view_entries;
    if (seen[option.name] == number) return;
    seen[option.name] = number;
    view.entries.push_back({option.name, &option, &section});
  };

  while (!stack.empty()) {
    Step step = stack.back();
    stack.pop_back();
    if (step.leave) {
      open[step.section] = false;
      path.pop_back();
      continue;
    }
    const IniSection* section = document.find_section(step.section);
    if (!section) continue;
    const IniOption* extends = document.find_option(*section, extends_name);
    const IniSection* extends_in = section;
    if (!extends) {
      extends = document.find_option(document.defaults, extends_name);
      extends_in = &document.defaults;
    }
    if (auto met = open.find(step.section); met != open.end()) {
      if (!met->second) continue;
      std::vector<std::string> names;
      for (auto at = std::find(path.begin(), path.end(), step.section); at != path.end(); ++at) {
        names.push_back(std::string("[").append(text(*at)).append("]"));
      }
      names.push_back(names.front());
      std::string cycle = chain_text(names);
      view.fatal = true;
      const IniOption& where = *extends;
      view.error = make_error(
          "ExtendsCycleError", "`extends` never ends: " + cycle,
          at({static_cast<int>(where.file), where.line, where.column},
             "'extends' goes in a circle: " + cycle, "take one of these sections out of it"));
      break;
    }
    if (++view_entries > kMaxEntries) {
      view.error = make_error(
          "MemoryError", "inheritance is too large",
          at({static_cast<int>(section->file), section->line, section->column},
             "too many sections inherit from too many others", "shorten the chains of 'extends'"));
      view.fatal = true;
      break;
    }
    for (const IniOption& option : section->options) add(*section, option);
    for (const IniOption& option : document.defaults.options) add(*section, option);
    open[step.section] = true;
    path.push_back(step.section);
    stack.push_back({step.section, true});
    if (!extends) continue;
    PlacedText value;
    if (ErrorPtr error = interpolate(*section, *extends, value)) {
      error->stage = "options";
      view.error = std::move(error);
      break;
    }
    for (const ListItem& item : split_list(value)) {
      Symbol parent = document.symbols.intern(item.text);
      stack.push_back({parent, false});
      if (document.find_section(parent)) continue;
      std::string hint = suggest_section(item.text);
      if (hint.empty() && document.find_section(document.symbols.intern("env:" + item.text))) {
        hint = "did you mean 'env:" + item.text + "'?";
      }
      if (hint.empty() && item.text.find(',') != std::string::npos) {
        hint = "write a blank behind each comma";
      }
      std::string in = extends_in == &document.defaults ? "DEFAULT" : text(section->name);
      Error place =
          at(item.origin, "[" + in + "] extends '" + item.text + "', which does not exist",
             hint.empty() ? "it is ignored" : hint);
      std::string message = "Ignore unknown section `" + item.text + "` in `extends` of section [" +
                            in + "]" + (hint.empty() ? "" : "; " + hint);
      warn(std::move(message), std::move(place));
    }
  }

  view.index.reserve(view.entries.size());
  for (uint32_t i = 0; i < view.entries.size(); ++i) {
    view.index.emplace_back(view.entries[i].name, i);
  }
  std::sort(view.index.begin(), view.index.end());
  return view;
}

// The entry that counts: the first in lookup order that has one of the option's names.
const View::Entry* ProjectConfig::State::find(const View& view, Symbol option,
                                              const OptionInfo* info) const {
  uint32_t best = UINT32_MAX;
  auto consider = [&](Symbol name) {
    auto found = std::lower_bound(view.index.begin(), view.index.end(), std::pair(name, 0u));
    if (found != view.index.end() && found->first == name) best = std::min(best, found->second);
  };
  consider(option);
  if (info && !(info->old_names.empty() && info->name == text(option))) {
    if (std::optional<Symbol> name = document.symbols.find(info->name)) consider(*name);
    for (std::string_view old : split_words(info->old_names)) {
      if (std::optional<Symbol> name = document.symbols.find(old)) consider(*name);
    }
  }
  return best == UINT32_MAX ? nullptr : &view.entries[best];
}

ErrorPtr ProjectConfig::State::list_options(Symbol section, std::vector<Symbol>& out) {
  const View& view = view_of(section);
  for (const View::Entry& entry : view.entries) out.push_back(entry.name);
  if (view.error) return std::make_unique<ConfigError>(*view.error);
  std::optional<Scope> scope = section_scope(text(section));
  if (!scope) return nullptr;
  for (const OptionInfo& info : all_options()) {
    if (info.scope != *scope || info.variable.empty()) continue;
    if (!variable(std::string(info.variable))) continue;
    Symbol name = document.symbols.intern(info.name);
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return nullptr;
}

Result<std::vector<std::string>> ProjectConfig::options(std::string_view section) {
  std::vector<Symbol> symbols;
  if (ErrorPtr error = list_options(section, symbols)) return error->error;
  std::vector<std::string> out;
  for (Symbol symbol : symbols) out.push_back(state_->text(symbol));
  return out;
}

ErrorPtr ProjectConfig::list_options(std::string_view section, std::vector<Symbol>& out) {
  return state_->list_options(state_->document.symbols.intern(section), out);
}

Origin ProjectConfig::origin(std::string_view section, std::string_view option) {
  Symbol s = state_->document.symbols.intern(section);
  Symbol o = state_->document.symbols.intern(option);
  const View& view = state_->view_of(s);
  const View::Entry* entry = state_->find(view, o, state_->info_of(s, o));
  if (!entry) return {};
  return {static_cast<int>(entry->option->file), entry->option->line, entry->option->column};
}

bool ProjectConfig::is_set(std::string_view section, std::string_view option) {
  if (origin(section, option).file >= 0) return true;
  std::optional<Scope> scope = section_scope(section);
  const OptionInfo* info = scope ? find_option_info(*scope, option) : nullptr;
  if (!info || info->variable.empty()) return false;
  const char* value = variable(std::string(info->variable));
  return value && *value;
}

std::vector<ConfigWarning> ProjectConfig::unsupported(std::span<const std::string> environments) {
  std::vector<ConfigWarning> out;
  std::set<std::string_view> met;
  auto look = [&](std::string_view section) {
    std::optional<Scope> scope = section_scope(section);
    const View& view = state_->view_of(state_->document.symbols.intern(section));
    for (const View::Entry& entry : view.entries) {
      const OptionInfo* info = find_option_info(*scope, state_->text(entry.name));
      if (!info || info->support != Support::NotYet || !met.insert(info->name).second) continue;
      const IniOption& option = *entry.option;
      Error text =
          at({static_cast<int>(option.file), option.line, option.column},
             "option '" + std::string(info->name) + "' is not supported yet", "it is ignored");
      out.push_back({text.text(), text});
    }
  };
  look("platformio");
  for (const std::string& name : environments) look("env:" + name);
  state_->warn_of_lookalikes(out);
  return out;
}

// Any name goes for a section of shared options, so a typo in one that counts leaves a section
// that nobody reads.
void ProjectConfig::State::warn_of_lookalikes(std::vector<ConfigWarning>& out) {
  static const std::vector<std::string> kEnvironment{"env"}, kAlone{"env", "platformio"};
  for (const IniSection& section : document.sections) {
    const std::string& name = text(section.name);
    if (section_scope(name)) continue;
    size_t colon = std::min(name.find(':'), name.size());
    std::optional<std::string> near =
        nearest_word(name.substr(0, colon), colon < name.size() ? kEnvironment : kAlone);
    if (!near || is_referred_to(name)) continue;
    std::string meant = *near + name.substr(colon);
    std::string fix = "did you mean [" + meant + "]?";
    if (document.symbols.find(meant) && document.find_section(*document.symbols.find(meant)))
      fix += " There is one already";
    Error text = at({static_cast<int>(section.file), section.line, section.column},
                    "nothing reads section [" + name + "]", fix);
    out.push_back({text.text(), text});
  }
}

// Whether an option names the section: in ${section.option} or in `extends`.
bool ProjectConfig::State::is_referred_to(const std::string& name) {
  std::optional<Symbol> extends = document.symbols.find("extends");
  auto names_it = [&](const IniOption& option) {
    if (option.value.find("${" + name + ".") != std::string::npos) return true;
    if (!extends || option.name != *extends) return false;
    std::vector<ListItem> parents = split_list(placed_value(option));
    return std::any_of(parents.begin(), parents.end(),
                       [&](const ListItem& item) { return item.text == name; });
  };
  auto any = [&](const IniSection& section) {
    return std::any_of(section.options.begin(), section.options.end(), names_it);
  };
  return any(document.defaults) ||
         std::any_of(document.sections.begin(), document.sections.end(), any);
}

}  // namespace fbuild::config
