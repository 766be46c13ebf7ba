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
    const IniSection* section = nullptr;  // that contains the option, or [DEFAULT] for it
  };
  std::vector<Entry> entries;                      // the first of each name only
  std::vector<std::pair<Symbol, uint32_t>> index;  // name -> entry, sorted
  // What ended the walk before its end: a bad `extends` or a cycle. Options before it
  // are found; the others cannot be said to be missing.
  ErrorPtr error;
  bool cycle = false;
};

inline const std::string kDefaultSection = "DEFAULT";

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
  size_t nested_files = 0;
  size_t unknown_parents = 0;
  std::vector<const OptionInfo*> info[2];  // by symbol, kNotLookedUp at first

  // project_load.cpp
  ErrorPtr read(const std::string& path, const std::string& pio_path, std::set<std::string>& done);
  void check_names();
  void warn(std::string message, Error text);
  const char* variable(const std::string& name);
  std::string expand_user(const std::string& path);

  // project_view.cpp
  const View& view_of(Symbol section);
  const View::Entry* find(const View& view, Symbol option, const OptionInfo* info) const;
  ErrorPtr list_options(Symbol section, std::vector<Symbol>& out);

  // project_lookup.cpp
  ErrorPtr look_up(Symbol section, Symbol option, const Value*& out);
  ErrorPtr resolve(Symbol section, Symbol option, Value& out);
  ErrorPtr interpolate(const IniSection& section, const IniOption& option, PlacedText& out);
  ErrorPtr expand(Symbol section, Symbol option, PlacedText& value);
  ErrorPtr expand_reference(Symbol section, Symbol option, std::string_view from,
                            std::string_view name, Origin place, PlacedText& out);
  const OptionInfo* info_of(Symbol section, Symbol option);
  std::string builtin(std::string_view name);

  Error at(Origin place, std::string what, std::string fix = {}) const;
  const std::string& text(Symbol symbol) const { return document.symbols.text(symbol); }
};

}  // namespace fbuild::config
