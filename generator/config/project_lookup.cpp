// From an option's name to its value: lookup, %(...)s, environment variables, defaults,
// ${...}, type.
#include <algorithm>
#include <ctime>

#include "generator/config/option_defaults.h"
#include "generator/config/project_state.h"
#include "generator/config/python_text.h"
#include "generator/config/sha1.h"
#include "generator/config/unicode_text.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild::config {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Bounds that no real project comes near: how deep ${...} may be nested, how long a value
// may become, and how much all values together.
constexpr size_t kMaxDepth = 400;
constexpr size_t kMaxValue = size_t{32} << 20;
constexpr size_t kMaxTotal = size_t{128} << 20;

// %(...)s in configparser: at most ten levels.
constexpr int kMaxPercentDepth = 10;

uint64_t memo_key(Symbol section, Symbol option) {
  return static_cast<uint64_t>(section) << 32 | option;
}

// One %(name)s expansion in progress; the levels follow each other instead of nesting.
struct PercentLevel {
  const IniOption* option;
  PlacedText value;
  size_t at;
};

}  // namespace

const OptionInfo* ProjectConfig::State::info_of(Symbol section, Symbol option) {
  static const OptionInfo kNotLookedUp{};
  std::optional<Scope> scope = section_scope(text(section));
  if (!scope) return nullptr;
  std::vector<const OptionInfo*>& known = info[static_cast<int>(*scope)];
  if (known.size() <= option) known.resize(document.symbols.size() + 64, &kNotLookedUp);
  if (known[option] == &kNotLookedUp) known[option] = find_option_info(*scope, text(option));
  return known[option];
}

// The value with its %(...)s replaced by other options of the section or of [DEFAULT].
ErrorPtr ProjectConfig::State::interpolate(const IniSection& section, const IniOption& option,
                                           PlacedText& out) {
  if (option.value.find('%') == kNone) {
    out = placed_value(option);
    return nullptr;
  }
  const std::string& section_name =
      &section == &document.defaults ? kDefaultSection : text(section.name);
  const std::string& name = text(option.name);
  std::vector<PercentLevel> levels;
  levels.push_back({&option, placed_value(option), 0});
  auto fail = [&](const char* kind, std::string message, Origin place, std::string what,
                  std::string fix) {
    return make_error(kind, std::move(message), at(place, std::move(what), std::move(fix)));
  };
  while (!levels.empty()) {
    PercentLevel& level = levels.back();
    const std::string& value = level.value.text;
    size_t percent = std::min(value.find('%', level.at), value.size());
    out.append(level.value, level.at, percent);
    if (out.text.size() > kMaxValue) {
      return fail("MemoryError", "", level.value.origin_at(0),
                  "the value of '" + name + "' grows beyond 32 MiB", "check its %(...)s");
    }
    level.at = percent;
    if (percent == value.size()) {
      levels.pop_back();
      continue;
    }
    Origin place = level.value.origin_at(percent);
    std::string_view rest = std::string_view(value).substr(percent);
    if (rest.starts_with("%%")) {
      out.append("%", place);
      level.at += 2;
      continue;
    }
    if (!rest.starts_with("%(")) {
      return fail("InterpolationSyntaxError",
                  "'%' must be followed by '%' or '(', found: " + python_repr(rest), place,
                  "a single '%' in the value of '" + name + "'", "write %% for a percent sign");
    }
    size_t close = rest.find(')');
    if (close == kNone || close == 2 || close + 1 >= rest.size() || rest[close + 1] != 's') {
      return fail("InterpolationSyntaxError",
                  "bad interpolation variable reference " + python_repr(rest), place,
                  "%( without )s behind it", "write %(option)s, or %% for a percent sign");
    }
    std::string wanted = lower(rest.substr(2, close - 2));
    level.at += close + 2;
    std::optional<Symbol> symbol = document.symbols.find(wanted);
    const IniOption* other = symbol ? document.find_option(section, *symbol) : nullptr;
    if (!other && symbol) other = document.find_option(document.defaults, *symbol);
    if (!other) {
      return fail("InterpolationMissingOptionError",
                  "Bad value substitution: option " + python_repr(name) + " in section " +
                      python_repr(section_name) + " contains an interpolation key " +
                      python_repr(wanted) +
                      " which is not a valid option name. Raw value: " + python_repr(option.value),
                  place, "[" + section_name + "] has no option '" + wanted + "'",
                  "name an option of that section, or write %% for a percent sign");
    }
    if (other->value.find('%') == kNone) {
      PlacedText inner = placed_value(*other);
      out.append(inner, 0, inner.text.size());
      continue;
    }
    if (levels.size() == kMaxPercentDepth) {
      return fail("InterpolationDepthError",
                  "Recursion limit exceeded in value substitution: option " + python_repr(name) +
                      " in section " + python_repr(section_name) +
                      " contains an interpolation key which cannot be substituted in 10 steps. "
                      "Raw value: " +
                      python_repr(option.value),
                  place, "%(" + wanted + ")s is nested more than 10 deep", "does it name itself?");
    }
    levels.push_back({other, placed_value(*other), 0});
  }
  return nullptr;
}

ErrorPtr ProjectConfig::State::look_up(Symbol section, Symbol option, const Value*& out) {
  std::unique_ptr<Memo>& slot = memo[memo_key(section, option)];
  if (!slot) slot = std::make_unique<Memo>();
  Memo* entry = slot.get();  // the map may move while we are away, the entry does not
  if (entry->done) {
    out = &entry->value;
    return nullptr;
  }
  auto open = std::find(stack.begin(), stack.end(), std::pair(section, option));
  if (open != stack.end() || stack.size() >= kMaxDepth) {
    std::string what;
    if (open != stack.end()) {
      std::vector<std::string> names;
      for (; open != stack.end(); ++open) {
        names.push_back(text(open->first) + "." + text(open->second));
      }
      names.push_back(names.front());
      what = "${...} goes in a circle: " + chain_text(names);
    } else {
      what = "${...} is nested more than " + std::to_string(kMaxDepth) + " deep";
    }
    return make_error("ProjectOptionValueError",
                      "Infinite recursion has been detected for `" + text(option) +
                          "` option in the `" + text(section) + "` section",
                      {.what = what});
  }
  stack.emplace_back(section, option);
  ErrorPtr error = resolve(section, option, entry->value);
  stack.pop_back();
  if (error) {
    entry->value = {};
    return error;
  }
  entry->done = true;
  out = &entry->value;
  return nullptr;
}

ErrorPtr ProjectConfig::State::resolve(Symbol section, Symbol option, Value& out) {
  // Errors of the file layer are shown as errors of the project file.
  auto wrapped = [&](ErrorPtr error) {
    error->message =
        "Invalid '" + main_path + "' (project configuration file): '" + error->message + "'";
    error->kind = "InvalidProjectConfError";
    error->stage.clear();
    return error;
  };
  const OptionInfo* info = info_of(section, option);
  const View& view = view_of(section);
  PlacedText value;
  bool missing = false, fixed = false;
  Origin place;
  if (const View::Entry* entry = find(view, option, info)) {
    place = {static_cast<int>(entry->option->file), entry->option->line, entry->option->column};
    fixed = info && !info->multiple && is_from_command_line(*entry->option);
    if (ErrorPtr error = interpolate(*entry->section, *entry->option, value)) {
      return wrapped(std::move(error));
    }
  } else if (view.error) {
    auto error = std::make_unique<ConfigError>(*view.error);
    return view.fatal ? std::move(error) : wrapped(std::move(error));
  } else {
    missing = true;
  }

  if (!info && missing) {
    // Asked for by a name with capital letters, an option is found in the section itself.
    std::string name = lower(text(option));
    const IniSection* own =
        text(section) == kDefaultSection ? &document.defaults : document.find_section(section);
    if (!own) {
      std::string fix = suggest_section(text(section));
      if (fix.empty()) fix = "add it, or take the reference to it out";
      return wrapped(
          make_error("NoSectionError", "No section: " + python_repr(text(section)),
                     {.what = "there is no section [" + text(section) + "]", .fix = fix}));
    }
    std::optional<Symbol> symbol = document.symbols.find(name);
    const IniOption* found = symbol ? document.find_option(*own, *symbol) : nullptr;
    if (!found && symbol) found = document.find_option(document.defaults, *symbol);
    if (!found) {
      std::vector<std::string> names;
      for (const View::Entry& entry : view.entries) names.push_back(text(entry.name));
      return wrapped(make_error(
          "NoOptionError",
          "No option " + python_repr(name) + " in section: " + python_repr(text(section)),
          {.what = "there is no option '" + name + "' in [" + text(section) + "]",
           .fix = suggest(name, names)}));
    }
    place = {static_cast<int>(found->file), found->line, found->column};
    if (ErrorPtr error = interpolate(*own, *found, value)) return wrapped(std::move(error));
    missing = false;
  }

  if (info && !info->variable.empty() && !fixed) {
    const char* outside = variable(std::string(info->variable));
    if (!outside || !*outside) {
      for (std::string_view old : split_words(info->old_names)) {
        std::string name = "PLATFORMIO_";
        for (char c : old) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        outside = variable(name);
        if (outside && *outside) break;
      }
    }
    if (outside && *outside) {
      if (!info->multiple) value = {};
      if (!value.text.empty()) value.append("\n", {});
      value.append(outside, {});
      missing = false;
    }
  }

  if (missing && info->default_text) {
    missing = false;
    if (info->default_text == kProjectName) {
      value.append(base_name(project_dir), {});
    } else if (info->default_text == kCoreDirectory) {
      value.append(expand_user("~") + "/.platformio", {});
    } else {
      value.append(info->default_text, {});
    }
  }
  if (missing) {
    if (info->multiple) out.kind = Value::Kind::List;
    return nullptr;
  }

  if (ErrorPtr error = expand(section, option, value)) return error;
  expanded_bytes += value.text.size();
  if (expanded_bytes > kMaxTotal) {
    return make_error("MemoryError", "", at(place, "all values together grow beyond 128 MiB"));
  }
  if (!info) {
    out.kind = Value::Kind::Text;
    out.origin = value.origin_at(0);
    out.text = std::move(value.text);
    out.spans = std::move(value.spans);
    return nullptr;
  }
  if (info->type == OptionType::Directory && !value.text.empty()) {
    std::string& path = value.text;
    value.spans.resize(std::min<size_t>(value.spans.size(), 1));
    if (path.find("${") == kNone || path.find('}') == kNone) {
      if (path[0] == '~') path = expand_user(path);
      bool two_slashes = path.starts_with("//") && !path.starts_with("///");
      path = normalize_path(join_path(project_dir, path));
      if (two_slashes) path.insert(0, 1, '/');  // as os.path.normpath, which POSIX lets be
    }
  }
  Origin first = value.origin_at(0);
  std::string wrong = typed_value(*info, std::move(value), input.directory, out);
  if (wrong.empty()) return nullptr;
  std::string what = wrong.substr(std::string_view("Invalid value: ").size());
  what.pop_back();  // the full stop
  if (info->multiple) first = out.origin;
  if (first.file < 0) first = place;
  std::string fix;
  if (info->type == OptionType::Choice) {
    std::vector<std::string> choices;
    for (std::string_view choice : split_words(info->choices)) choices.emplace_back(choice);
    fix = did_you_mean(out.text, choices);
  } else if (info->type == OptionType::Bool) {
    fix = "write yes or no";
  } else if (info->type == OptionType::Int) {
    fix = "write a decimal number";
  }
  return make_error(
      "ProjectOptionValueError",
      wrong + " for `" + text(option) + "` option in the `" + text(section) + "` section (" +
          std::string(info->description) + ")",
      at(first, "option '" + text(option) + "' of [" + text(section) + "]: " + what, fix));
}

std::string ProjectConfig::State::builtin(std::string_view name) {
  if (name == "PROJECT_DIR") return project_dir;
  if (name == "PROJECT_HASH") {
    return std::string(base_name(project_dir)) + "-" + sha1_hex(project_dir).substr(0, 10);
  }
  dependencies.unix_time = true;
  if (input.unix_time < 0) input.unix_time = std::time(nullptr);
  return std::to_string(input.unix_time);
}

// $PROJECT_HASH may stand without braces, up to the first one behind another `$`. (At the
// very start of a value it is the value's last character that must not be a `$`.)
void ProjectConfig::State::brace_project_hash(PlacedText& value) {
  static constexpr std::string_view kBare = "$PROJECT_HASH";
  PlacedText out;
  size_t copied = 0;
  for (size_t at = value.text.find(kBare); at != kNone; at = value.text.find(kBare, copied)) {
    char before = at == 0 ? value.text.back() : at == copied ? '}' : value.text[at - 1];
    if (before == '$') break;
    Origin place = value.origin_at(at);
    warn("Invalid variable declaration. Please use `${PROJECT_HASH}` instead of `$PROJECT_HASH`",
         this->at(place, "$PROJECT_HASH without braces", "write ${PROJECT_HASH}"));
    out.append(value, copied, at);
    out.append("${PROJECT_HASH}", place);
    copied = at + kBare.size();
  }
  if (copied == 0) return;
  out.append(value, copied, value.text.size());
  value = std::move(out);
}

// Replaces ${...} once, from left to right; what is put in is not looked at again.
ErrorPtr ProjectConfig::State::expand(Symbol section, Symbol option, PlacedText& value) {
  if (value.text.find('$') == kNone) return nullptr;
  brace_project_hash(value);
  if (value.text.find("${") == kNone || value.text.find('}') == kNone) return nullptr;

  PlacedText out;
  std::string_view all = value.text;
  size_t copied = 0;
  for (size_t open = all.find("${"); open != kNone; open = all.find("${", open)) {
    size_t close = all.find('}', open + 2);
    if (close == kNone) break;
    std::string_view inner = all.substr(open + 2, close - open - 2);
    if (inner.empty()) {
      open += 2;
      continue;
    }
    size_t dot = inner.find_first_of(".()");
    bool dotted = dot != kNone && inner[dot] == '.' && dot > 0 && dot + 1 < inner.size();
    bool known =
        dotted || inner == "PROJECT_DIR" || inner == "PROJECT_HASH" || inner == "UNIX_TIME";
    size_t end = close + 1;
    if (known) {
      out.append(value, copied, open);
      copied = end;
      Origin place = value.origin_at(open);
      if (!dotted) {
        out.append(builtin(inner), place);
      } else if (ErrorPtr error = expand_reference(section, option, inner.substr(0, dot),
                                                   inner.substr(dot + 1), place, out)) {
        if (error->error.file.empty()) {
          Error here = at(place, "");
          error->error.file = here.file;
          error->error.line = here.line;
          error->error.column = here.column;
        }
        return error;
      }
      if (out.text.size() > kMaxValue) {
        return make_error("MemoryError", "",
                          at(place, "the value of '" + text(option) + "' grows beyond 32 MiB",
                             "check its ${...}"));
      }
    }
    open = end;
  }
  out.append(value, copied, all.size());
  value = std::move(out);
  return nullptr;
}

ErrorPtr ProjectConfig::State::expand_reference(Symbol section, Symbol option,
                                                std::string_view from, std::string_view name,
                                                Origin place, PlacedText& out) {
  if (from == "sysenv") {
    // A name with a NUL byte in it is no variable's.
    const char* outside = name.find('\0') == kNone ? variable(std::string(name)) : nullptr;
    if (outside) out.append(outside, place);
    return nullptr;
  }
  Symbol other = section;
  if (from != "this") {
    other = document.symbols.intern(from);
  } else if (name == "__env__") {
    const std::string& here = text(section);
    if (here.starts_with("env:")) {
      out.append(std::string_view(here).substr(4), place);
      return nullptr;
    }
    return make_error("ProjectOptionValueError",
                      "`${this.__env__}` is called from the `" + here +
                          "` section that is not valid PlatformIO environment. Please check `" +
                          text(option) + "` option in the `" + here + "` section",
                      {.what = "${this.__env__} in [" + here + "], which is no environment",
                       .fix = "use it in [env:NAME] or in a section it extends"});
  }
  const Value* value = nullptr;
  if (ErrorPtr error = look_up(other, document.symbols.intern(name), value)) return error;
  if (value->kind == Value::Kind::List) {
    for (size_t i = 0; i < value->items.size(); ++i) {
      if (i) out.append("\n", place);
      const ListItem& item = value->items[i];
      out.append(item.text, item.origin.file >= 0 ? item.origin : place);
    }
  } else if (value->kind == Value::Kind::Text && value->origin.file >= 0) {
    out.append(value->text, value->spans, 0, value->text.size());
  } else {
    out.append(value_text(*value), value->origin.file >= 0 ? value->origin : place);
  }
  return nullptr;
}

Result<const Value*> ProjectConfig::get(std::string_view section, std::string_view option) {
  const Value* value = nullptr;
  if (ErrorPtr error = look_up(section, option, value)) return error->error;
  return value;
}

ErrorPtr ProjectConfig::look_up(std::string_view section, std::string_view option,
                                const Value*& out) {
  Symbols& symbols = state_->document.symbols;
  Symbol s = symbols.intern(section), o = symbols.intern(option);
  return state_->look_up(s, o, out);
}

}  // namespace fbuild::config
