// What ProjectConfig keeps, shared by the files that implement it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "generator/config/project_config.h"

namespace fbuild::config {

// All options a section has, by itself and by inheritance, in the order of lookup.
struct View {
  struct Entry {
    Symbol name = 0;
    const IniOption* option = nullptr;
    const IniSection* section = nullptr;  // that has the option, if only from [DEFAULT]
  };
  std::vector<Entry> entries;                      // the first of each name only
  std::vector<std::pair<Symbol, uint32_t>> index;  // name -> entry, sorted
  // What ended the walk before its end: a bad `extends` or a cycle. Options before it
  // are found; the others cannot be said to be missing.
  ErrorPtr error;
  bool fatal = false;  // no error of the file's text: a cycle, or too much of everything
};

inline const std::string kDefaultSection = "DEFAULT";

// "a -> b -> a"; the middle of a long one is left out.
std::string chain_text(const std::vector<std::string>& names);

struct ProjectConfig::State {
  ConfigInput input;
  std::string project_dir;
  std::string main_path;  // as PlatformIO names it in messages
  IniDocument document;
  std::vector<std::string> environments;
  std::vector<ConfigWarning> warnings;
  ConfigDependencies dependencies;

  std::unordered_map<Symbol, View> views;
  std::vector<uint32_t> seen;  // by symbol: number of the view that has it
  uint32_t view_number = 0;

  struct Memo {
    bool done = false;
    Value value;
  };
  std::unordered_map<uint64_t, std::unique_ptr<Memo>> memo;  // section << 32 | option
  std::vector<std::pair<Symbol, Symbol>> stack;              // being looked up right now
  size_t expanded_bytes = 0;
  size_t view_entries = 0;  // of all views together
  size_t read_bytes = 0;    // of all files together
  size_t suggestions = 0;   // made so far
  std::set<std::string, std::less<>> warned;
  std::vector<const OptionInfo*> info[2];  // by symbol, kNotLookedUp at first

  // project_load.cpp
  ErrorPtr read_one(const std::string& path, const std::string& pio_path);
  ErrorPtr read_all();
  void check_names();
  void warn(std::string message, Error text);
  const char* variable(const std::string& name);
  std::string expand_user(const std::string& path);

  // project_overrides.cpp
  ErrorPtr apply_overrides();
  ErrorPtr apply_override(const OptionOverride& item);
  ErrorPtr override_in(Symbol section, const OptionOverride& item, const OptionInfo* info);
  bool is_from_command_line(const IniOption& option) const {
    return option.file < document.files.size() && document.files[option.file].command_line;
  }

  // project_view.cpp
  const View& view_of(Symbol section);
  const View::Entry* find(const View& view, Symbol option, const OptionInfo* info) const;
  ErrorPtr list_options(Symbol section, std::vector<Symbol>& out);
  void warn_of_lookalikes(std::vector<ConfigWarning>& out);
  bool is_referred_to(const std::string& name);

  // project_lookup.cpp
  ErrorPtr look_up(Symbol section, Symbol option, const Value*& out);
  ErrorPtr resolve(Symbol section, Symbol option, Value& out);
  ErrorPtr interpolate(const IniSection& section, const IniOption& option, PlacedText& out);
  void brace_project_hash(PlacedText& value);
  ErrorPtr expand(Symbol section, Symbol option, PlacedText& value);
  ErrorPtr expand_reference(Symbol section, Symbol option, std::string_view from,
                            std::string_view name, Origin place, PlacedText& out);
  const OptionInfo* info_of(Symbol section, Symbol option);
  std::string builtin(std::string_view name);

  // "did you mean", for the first hundred times: it compares with all that exists.
  std::string suggest_section(std::string_view word);
  std::string suggest(std::string_view word, std::span<const std::string> names);
  Error at(Origin place, std::string what, std::string fix = {}) const;
  const std::string& text(Symbol symbol) const { return document.symbols.text(symbol); }
};

}  // namespace fbuild::config
