// Small tables of facts about devices, kept out of the code: a text file with one row per
// device, so that a new device is a new row.
//
//   # comment, to the end of the line
//   name  key=value key=value
//         key=value              (an indented line continues the row)
//
// Names and keys are single words. A value is one word: a number (parse_number), a range
// `0x42000000-0x42800000` (from, and one past the last), or a comma list of these or of
// `name:number` pairs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct AddressRange {
  uint32_t begin = 0;
  uint32_t end = 0;  // one past the last

  bool holds(uint32_t address) const { return begin <= address && address < end; }
};

struct FactRow {
  struct Fact {
    std::string key, value;
    int line = 0;
  };
  std::string name;
  int line = 0;
  std::string file;
  std::vector<Fact> facts;

  const Fact* fact(std::string_view key) const;

  // The fact of that key as the type; `otherwise` (or nothing) if the row has none, an
  // Error with file and line if its value is not of the form.
  Result<uint32_t> number(std::string_view key, uint32_t otherwise) const;
  Result<std::vector<uint32_t>> numbers(std::string_view key) const;
  Result<std::vector<AddressRange>> ranges(std::string_view key) const;
  Result<std::vector<std::pair<std::string, uint32_t>>> named_numbers(std::string_view key) const;
};

// Reads a whole table. An unreadable file is an Error with file and line.
Result<std::vector<FactRow>> parse_fact_table(std::string_view text, const std::string& file);

// The row of that name (upper and lower case, and - and _, taken as equal) in the table file at
// `path`; no such row is an Error with a suggestion, that calls the thing looked for `kind`
// ("chip", "family").
Result<FactRow> find_fact_row(const std::string& path, std::string_view name,
                              std::string_view kind);

// Where a table that comes with this program lies: in ../share/fbuild/tables beside the
// folder the program is in.
std::string installed_table(std::string_view name);

}  // namespace fbuild
