#include "image/fact_table.h"

#include <unistd.h>

#include <algorithm>

#include "image/command_line.h"
#include "image/text.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {
namespace {

Error bad_fact(const FactRow& row, const FactRow::Fact& fact, std::string_view fix) {
  return Error{.what = concat({fact.key, " has the value '", fact.value, "'"}),
               .fix = std::string(fix),
               .file = row.file,
               .line = fact.line};
}

std::vector<std::string_view> split(std::string_view list, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t end = list.find(separator);
    parts.push_back(list.substr(0, end));
    if (end == list.npos) return parts;
    list.remove_prefix(end + 1);
  }
}

// Upper and lower case, and - and _, are the same in names.
bool same_name(std::string_view a, std::string_view b) {
  auto lower = [](char letter) {
    if (letter == '-') return '_';
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

const FactRow::Fact* FactRow::fact(std::string_view key) const {
  for (const Fact& fact : facts) {
    if (fact.key == key) return &fact;
  }
  return nullptr;
}

Result<uint32_t> FactRow::number(std::string_view key, uint32_t otherwise) const {
  const Fact* found = fact(key);
  if (!found) return otherwise;
  if (std::optional<uint32_t> number = parse_number(found->value)) return *number;
  return bad_fact(*this, *found, "a number");
}

Result<std::vector<uint32_t>> FactRow::numbers(std::string_view key) const {
  std::vector<uint32_t> found;
  const Fact* list = fact(key);
  if (!list) return found;
  for (std::string_view part : split(list->value, ',')) {
    std::optional<uint32_t> number = parse_number(part);
    if (!number) return bad_fact(*this, *list, "numbers with commas between them");
    found.push_back(*number);
  }
  return found;
}

Result<std::vector<AddressRange>> FactRow::ranges(std::string_view key) const {
  std::vector<AddressRange> found;
  const Fact* list = fact(key);
  if (!list) return found;
  for (std::string_view part : split(list->value, ',')) {
    size_t dash = part.find('-');
    std::optional<uint32_t> begin = parse_number(part.substr(0, dash));
    std::optional<uint32_t> end;
    if (dash != part.npos) end = parse_number(part.substr(dash + 1));
    if (!begin || !end || *begin >= *end) {
      return bad_fact(*this, *list, "ranges such as 0x1000-0x2000 with commas between them");
    }
    found.push_back({*begin, *end});
  }
  return found;
}

Result<std::vector<std::pair<std::string, uint32_t>>> FactRow::named_numbers(
    std::string_view key) const {
  std::vector<std::pair<std::string, uint32_t>> found;
  const Fact* list = fact(key);
  if (!list) return found;
  for (std::string_view part : split(list->value, ',')) {
    size_t colon = part.find(':');
    std::optional<uint32_t> number;
    if (colon != part.npos) number = parse_number(part.substr(colon + 1));
    if (!number || colon == 0) {
      return bad_fact(*this, *list, "pairs such as 80m:0xf with commas between them");
    }
    found.emplace_back(part.substr(0, colon), *number);
  }
  return found;
}

Result<std::vector<FactRow>> parse_fact_table(std::string_view text, const std::string& file) {
  std::vector<FactRow> rows;
  int number = 0;
  while (!text.empty()) {
    ++number;
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    line = line.substr(0, line.find('#'));
    bool continues = !line.empty() && (line[0] == ' ' || line[0] == '\t');
    constexpr std::string_view kBlank = " \t\r";
    bool first = !continues;
    while (true) {
      line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
      if (line.empty()) break;
      std::string_view word = line.substr(0, line.find_first_of(kBlank));
      line.remove_prefix(word.size());
      if (first) {
        rows.push_back({.name = std::string(word), .line = number, .file = file, .facts = {}});
        first = false;
        continue;
      }
      size_t equals = word.find('=');
      if (rows.empty() || equals == word.npos || equals == 0) {
        return Error{.what = concat({"'", word, "' is not a fact"}),
                     .fix = "a name, then key=value",
                     .file = file,
                     .line = number};
      }
      rows.back().facts.push_back(
          {std::string(word.substr(0, equals)), std::string(word.substr(equals + 1)), number});
    }
  }
  return rows;
}

Result<FactRow> find_fact_row(const std::string& path, std::string_view name,
                              std::string_view kind) {
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  Result<std::vector<FactRow>> rows = parse_fact_table(*text, path);
  if (!rows) return rows.error();
  std::vector<std::string> names;
  for (FactRow& row : *rows) {
    if (same_name(row.name, name)) return std::move(row);
    names.push_back(row.name);
  }
  std::string fix = did_you_mean(name, names);
  if (fix.empty()) fix = concat({"a name in ", path});
  return Error{.what = concat({"unknown ", kind, " '", name, "'"}), .fix = fix};
}

std::string installed_table(std::string_view name) {
  char program[4096];
  ssize_t size = readlink("/proc/self/exe", program, sizeof program);
  std::string_view folder =
      size > 0 ? dir_name(std::string_view(program, static_cast<size_t>(size))) : ".";
  return join_path(folder, concat({"../share/fbuild/tables/", name, ".table"}));
}

}  // namespace fbuild
