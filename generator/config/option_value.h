// Values of options: text that remembers where each part of it was written, and what
// becomes of it for an option's type.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generator/config/config_error.h"
#include "generator/config/ini_file.h"
#include "generator/config/option_table.h"

namespace fbuild::config {

// Text with its places: spans[i] says where the byte at spans[i].offset was written; the
// bytes up to the next span follow it on the same line. Spans are sorted by offset.
struct PlacedText {
  struct Span {
    size_t offset = 0;
    Origin origin;
  };
  std::string text;
  std::vector<Span> spans;

  Origin origin_at(size_t offset) const;
  // Appends a part of another text with its places / a text that is all from one place.
  void append(const PlacedText& from, size_t begin, size_t end);
  void append(std::string_view from, std::span<const Span> places, size_t begin, size_t end);
  void append(std::string_view more, Origin origin);
};

// The raw value of an option with the places of its lines.
PlacedText placed_value(const IniOption& option);

struct ListItem {
  std::string text;
  Origin origin;  // of its first byte
};

// The value of an option after everything: exactly one of the members is meant by `kind`.
struct Value {
  enum class Kind { None, Text, List, Int, Bool };
  Kind kind = Kind::None;
  std::string text;             // Text; Int: decimal digits with an optional minus, any size
  bool flag = false;            // Bool
  std::vector<ListItem> items;  // List
  Origin origin;                // of the first byte of the value
  std::vector<PlacedText::Span> spans;  // Text: where its parts were written

  long long number() const;  // Int, clamped to the range of the type
};

// Splits the text of a list option: at line ends if there is one, otherwise at ", ".
// Items are stripped; empty ones and comments are dropped, and what follows blank + ";".
std::vector<ListItem> split_list(const PlacedText& text);

// What ${section.option} pastes: items joined with \n, True / False, digits, "None".
std::string value_text(const Value& value);

// Gives `text` the option's type. On failure returns what is wrong in the words PlatformIO
// would use ("Invalid value: ..."), otherwise "". `directory` is what relative paths of
// File options are looked up in.
std::string typed_value(const OptionInfo& option, PlacedText text, const std::string& directory,
                        Value& out);

}  // namespace fbuild::config
