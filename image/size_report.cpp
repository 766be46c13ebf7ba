#include "image/size_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "image/text.h"
#include "support/json_text.h"

namespace fbuild {
namespace {

// What BFD does not show as a section of a linked file.
bool about_the_file(const ElfSection& section) {
  if (section.flags & ElfSection::Alloc) return false;
  return section.type == ElfSection::Null || section.type == ElfSection::SymTab ||
         section.type == ElfSection::Rel || section.type == ElfSection::Rela ||
         section.name == ".strtab" || section.name == ".shstrtab";
}

std::string percent(double ratio) {
  char text[48];
  std::snprintf(text, sizeof text, "%.1f%%", 100.0 * ratio);
  return text;
}

}  // namespace

bool SectionNames::match(std::string_view name) const {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    if (!pattern.empty() && pattern.back() == '*') {
      return name.substr(0, pattern.size() - 1) ==
             std::string_view(pattern).substr(0, pattern.size() - 1);
    }
    return name == pattern;
  });
}

Result<SectionNames> parse_section_names(std::string_view list) {
  SectionNames names;
  while (true) {
    size_t comma = list.find(',');
    std::string_view name = list.substr(0, comma);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    size_t star = name.find('*');
    if (star != name.npos && star + 1 != name.size()) {
      return Error{.what = concat({"'", name, "' has a * inside a section name"}),
                   .fix = "a * stands at the end of a name only, as in .rodata*"};
    }
    if (!name.empty()) names.patterns.emplace_back(name);
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  if (names.patterns.empty()) {
    return Error{.what = "a list of section names is empty",
                 .fix = "names with commas between them, as in .text,.data"};
  }
  return names;
}

uint64_t sections_size(const Elf& elf, const SectionNames& names) {
  uint64_t sum = 0;
  for (const ElfSection& section : elf.sections) {
    if (!about_the_file(section) && names.match(section.name)) sum += section.size;
  }
  return sum;
}

std::string memory_line(std::string_view label, const MemoryUse& use) {
  std::string line(label);
  line += ':';
  line.resize(std::max<size_t>(line.size() + 1, 7), ' ');
  if (use.max == 0) return concat({line, "(used ", std::to_string(use.used), " bytes)\n"});

  constexpr int kCells = 10;
  double ratio = static_cast<double>(use.used) / static_cast<double>(use.max);
  // Halves go to the even cell, as in the tool people compare with.
  int full = ratio >= 1 ? kCells : static_cast<int>(std::nearbyint(kCells * ratio));
  std::string number = percent(ratio);
  number.insert(0, number.size() < 6 ? 6 - number.size() : 1, ' ');
  line += concat({"[", std::string(full, '='), std::string(kCells - full, ' '), "] ", number});
  return concat({line, " (used ", std::to_string(use.used), " bytes from ", std::to_string(use.max),
                 " bytes)\n"});
}

std::string memory_brief(const MemoryUse& use) {
  if (use.max == 0) return concat({std::to_string(use.used), " bytes"});
  double ratio = static_cast<double>(use.used) / static_cast<double>(use.max);
  return concat(
      {percent(ratio), " (", std::to_string(use.used), "/", std::to_string(use.max), ")"});
}

std::string memory_excess(const MemoryUse& use, std::string_view of_what) {
  uint64_t excess = use.used - use.max;
  double ratio = static_cast<double>(excess) / static_cast<double>(use.max);
  return concat({std::to_string(excess), " bytes (", percent(ratio), ") more than the ",
                 std::to_string(use.max), " bytes of ", of_what});
}

std::string size_json(const Elf& elf, const MemoryUse* ram, const MemoryUse* flash) {
  std::string out = "{";
  auto memory = [&](const char* name, const MemoryUse* use) {
    if (!use) return;
    out += json_string(name) + ":{\"used\":" + std::to_string(use->used);
    if (use->max > 0) out += ",\"max\":" + std::to_string(use->max);
    out += "},";
  };
  memory("ram", ram);
  memory("flash", flash);

  std::vector<std::pair<std::string_view, uint64_t>> sizes;
  for (const ElfSection& section : elf.sections) {
    if (!(section.flags & ElfSection::Alloc)) continue;
    auto same = std::find_if(sizes.begin(), sizes.end(),
                             [&](const auto& entry) { return entry.first == section.name; });
    if (same == sizes.end()) {
      sizes.emplace_back(section.name, section.size);
    } else {
      same->second += section.size;
    }
  }
  out += "\"sections\":{";
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (i > 0) out += ',';
    out += json_string(sizes[i].first) + ':' + std::to_string(sizes[i].second);
  }
  return out + "}}\n";
}

}  // namespace fbuild
