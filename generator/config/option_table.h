// Every option PlatformIO knows: in which section it may stand, what kind of value it
// has, its former names, its default, the environment variable that overrides it, and
// what this project does with it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fbuild::config {

enum class Scope { Platformio, Env };  // [platformio]; [env] and [env:NAME]

enum class OptionType {
  Text,
  Int,
  Bool,
  Choice,     // one of OptionInfo::choices, letter for letter
  ZeroOrOne,  // an integer, 0 or 1
  File,       // an existing regular file
  Directory,  // "~" is expanded, made absolute, unless ${...} is left in it
};

enum class Support {
  Done,        // acted upon
  Irrelevant,  // cannot change what is built here; accepted silently
  NotYet,      // would matter; a warning once, with its line
  RunsCode,    // extra_scripts: may change anything
};

struct OptionInfo {
  Scope scope;
  std::string_view name;
  OptionType type = OptionType::Text;
  bool multiple = false;               // a list
  std::string_view description;        // what PlatformIO prints behind a bad value
  std::string_view variable = {};      // overriding environment variable
  std::string_view old_names = {};     // separated by blanks
  const char* default_text = nullptr;  // as if written in the file (a list: one per line)
  std::string_view choices = {};       // separated by blanks
  Support support = Support::Done;
};

// All of them, those of [platformio] first, in PlatformIO's order.
std::span<const OptionInfo> all_options();

// The option with that present or former name; nullptr when there is none.
const OptionInfo* find_option_info(Scope scope, std::string_view name);

// Whether `name` is a present / a former name in any scope.
bool is_present_name(Scope scope, std::string_view name);
const OptionInfo* find_by_old_name(std::string_view name);

// "a b c" as its words.
std::vector<std::string_view> split_words(std::string_view words);

// All present names of a scope, for suggestions.
const std::vector<std::string>& option_names(Scope scope);

}  // namespace fbuild::config
