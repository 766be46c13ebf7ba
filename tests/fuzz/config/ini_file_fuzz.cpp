// The file layer: any bytes as two files read one after the other.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generator/config/ini_file.h"
#include "generator/config/option_value.h"

using namespace fbuild::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  IniDocument document;
  size_t half = text.find('\x01');
  if (read_ini(document, text.substr(0, half), {"a.ini", "/p/a.ini"})) return 0;
  if (half != text.npos && read_ini(document, text.substr(half + 1), {"b.ini", "b.ini"})) return 0;
  for (const IniSection& section : document.sections) {
    if (document.find_section(section.name) != &section) std::abort();
    for (const IniOption& option : section.options) {
      if (document.find_option(section, option.name) != &option) std::abort();
      if (option.lines.empty() || option.lines[0].line == 0) std::abort();
      for (const ListItem& item : split_list(placed_value(option))) {
        // A list item stands where its place says.
        if (item.text.empty() || item.origin.line == 0 || item.origin.column == 0) std::abort();
      }
    }
  }
  return 0;
}
