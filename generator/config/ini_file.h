// The file layer: what an ini file says, before anything is looked up in it.
//
// The grammar is that of Python's configparser with inline comments, because that program
// defined which platformio.ini files exist: `#` and `;` start a comment at the start of a
// line or behind a blank, a line indented deeper than the option above it continues that
// option's value (even when it looks like an option or a section), a blank line does not
// end a value, option names are lower-cased, section names are not.
//
// Several files are read one after another into one document; a later file overrides
// single options and keeps their place. Every option remembers its file, line and column,
// and so does every line of its value.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "generator/config/config_error.h"
#include "support/result.h"

namespace fbuild::config {

// Option and section names as small numbers, so that 600 environments of 60 options are
// looked up without comparing text.
using Symbol = uint32_t;

class Symbols {
 public:
  Symbol intern(std::string_view text);
  std::optional<Symbol> find(std::string_view text) const;
  const std::string& text(Symbol symbol) const { return texts_[symbol]; }
  size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // never moves, so that the keys below stay valid
  std::unordered_map<std::string_view, Symbol> numbers_;
};

// Where one line of a value starts in its file: 1-based, the column in bytes.
struct ValueLine {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct IniOption {
  Symbol name = 0;
  uint32_t file = 0;              // index into IniDocument::files
  uint32_t line = 0, column = 0;  // of the name
  std::string value;              // its lines, stripped, joined with \n
  std::vector<ValueLine> lines;   // one for each line of the value, at least one
};

struct IniSection {
  Symbol name = 0;
  uint32_t file = 0;  // of the last header
  uint32_t line = 0;
  uint32_t column = 0;
  std::vector<IniOption> options;
};

struct IniFile {
  std::string path;           // as messages to people show it
  std::string pio_path;       // as PlatformIO's own messages show it
  bool command_line = false;  // no file: an option given to the program
};

struct IniDocument {
  Symbols symbols;
  std::vector<IniFile> files;
  std::vector<IniSection> sections;  // in order of first appearance, [DEFAULT] excepted
  IniSection defaults;               // [DEFAULT], which feeds every section

  // The section / option of that name, or nullptr. find_option looks in that section only.
  const IniSection* find_section(Symbol name) const;
  const IniOption* find_option(const IniSection& section, Symbol name) const;

  std::unordered_map<Symbol, uint32_t> section_index;
  std::unordered_map<uint64_t, uint32_t> option_index;  // section << 32 | option
};

// Puts an option first into a section, which is added where it is missing, in place of those
// for whose names `replaces` is true.
void set_option(IniDocument& document, Symbol section, IniOption option,
                const std::function<bool(Symbol)>& replaces);

// Reads one more file's text (UTF-8, with or without BOM; \n, \r\n and \r end lines) into
// the document and lists it in IniDocument::files. An error leaves the document with what
// was read until then. The text is not kept.
ErrorPtr read_ini(IniDocument& document, std::string_view text, IniFile file);

}  // namespace fbuild::config
