// Reading partition CSV files: fields, numbers, names, and the offsets left out.
#include <algorithm>
#include <array>
#include <span>

#include "image/partition_check.h"
#include "image/partition_table.h"
#include "image/text.h"
#include "support/suggest.h"

namespace fbuild {
namespace {

constexpr int64_t kTableSize = 0x1000;

struct Keyword {
  std::string name;
  int64_t value;
};

// A field and where it begins.
struct Field {
  std::string_view text;
  int column = 1;
};

// One line being read.
struct Line {
  const PartitionOptions& options;
  const std::string& file;
  int number = 0;
  std::array<Field, 6> fields = {};

  Error bad(const Field& field, std::string what, std::string fix = "") const {
    return Error{.what = std::move(what),
                 .fix = std::move(fix),
                 .file = file,
                 .line = number,
                 .column = field.column};
  }
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\v\f\r";
  size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

// A whole number as the Python tool takes it: a sign, 0x 0o 0b, single underscores between
// digits, no leading zeros in a decimal number but zero itself.
std::optional<int64_t> plain_number(std::string_view text) {
  constexpr int64_t kMost = int64_t{1} << 40;  // far above any offset, far below overflow
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    char letter = text[1];
    base = letter == 'x' || letter == 'X'   ? 16
           : letter == 'o' || letter == 'O' ? 8
           : letter == 'b' || letter == 'B' ? 2
                                            : 10;
    if (base != 10) {
      text.remove_prefix(2);
      if (text.starts_with('_')) text.remove_prefix(1);
    } else if (text.find_first_not_of("0_") != text.npos) {
      return std::nullopt;
    }
  }
  if (text.empty() || text.front() == '_' || text.back() == '_') return std::nullopt;
  int64_t value = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char letter = text[i];
    if (letter == '_') {
      if (text[i - 1] == '_') return std::nullopt;
      continue;
    }
    int digit = 99;
    if (letter >= '0' && letter <= '9') digit = letter - '0';
    if (letter >= 'a' && letter <= 'z') digit = letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'Z') digit = letter - 'A' + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
    if (value > kMost) return std::nullopt;
  }
  return negative ? -value : value;
}

// A number with K and M behind it, or a keyword.
std::optional<int64_t> number_or_keyword(std::string_view text, std::span<const Keyword> keywords) {
  constexpr int64_t kMost = int64_t{1} << 40;
  int64_t scale = 1;
  while (!text.empty()) {
    char last = text.back();
    int64_t times = last == 'k' || last == 'K' ? 1024 : last == 'm' || last == 'M' ? 1 << 20 : 0;
    if (times == 0 || scale > kMost / times) break;
    scale *= times;
    text = trimmed(text.substr(0, text.size() - 1));
  }
  std::optional<int64_t> value = plain_number(text);
  if (!value) {
    auto keyword = std::find_if(keywords.begin(), keywords.end(), [&](const Keyword& known) {
      return known.name == lower_case(text);
    });
    if (keyword == keywords.end()) return std::nullopt;
    value = keyword->value;
  }
  if (*value > kMost / scale || *value < -kMost / scale) return std::nullopt;
  return *value * scale;
}

const std::vector<Keyword>& type_keywords() {
  static const std::vector<Keyword> keywords = {{"app", kAppType},
                                                {"data", kDataType},
                                                {"bootloader", kBootloaderType},
                                                {"partition_table", kTableType}};
  return keywords;
}

std::vector<Keyword> subtype_keywords(int64_t type, const PartitionOptions& options) {
  std::vector<Keyword> keywords;
  auto add = [&](std::initializer_list<Keyword> more) { keywords.insert(keywords.end(), more); };
  if (type == kAppType) {
    add({{"factory", 0x00}, {"test", 0x20}});
    for (int slot = 0; slot < 16; ++slot) {
      keywords.push_back({concat({"ota_", std::to_string(slot)}), 0x10 + slot});
    }
    add({{"tee_0", 0x30}, {"tee_1", 0x31}});
  } else if (type == kDataType) {
    add({{"ota", kDataOta},
         {"phy", 0x01},
         {"nvs", kDataNvs},
         {"coredump", kDataCoredump},
         {"nvs_keys", 0x04},
         {"efuse", 0x05},
         {"undefined", kDataUndefined},
         {"esphttpd", 0x80},
         {"fat", 0x81},
         {"spiffs", 0x82},
         {"littlefs", 0x83},
         {"tee_ota", kDataTeeOta}});
  } else if (type == kBootloaderType) {
    add({{"primary", kPrimary}, {"ota", 0x01}, {"recovery", kRecovery}});
  } else if (type == kTableType) {
    add({{"primary", kPrimary}, {"ota", 0x01}});
  }
  for (const PartitionSubtype& subtype : options.subtypes) {
    for (const Keyword& known : type_keywords()) {
      if (known.name == subtype.type && known.value == type) {
        keywords.push_back({subtype.name, subtype.value});
      }
    }
  }
  return keywords;
}

Error unknown_keyword(const Line& line, const Field& field, std::string_view what,
                      std::span<const Keyword> keywords) {
  std::vector<std::string> names;
  for (const Keyword& keyword : keywords) names.push_back(keyword.name);
  std::string fix = did_you_mean(field.text, names);
  if (fix.empty()) {
    fix = "a number";
    for (const std::string& name : names) fix += concat({", ", name});
  }
  return line.bad(field, concat({"unknown ", what, " '", field.text, "'"}), fix);
}

Error bad_number(const Line& line, const Field& field, std::string_view what) {
  return line.bad(field, concat({what, " '", field.text, "' is not a number"}),
                  "as in 0x10000, 64K or 1M");
}

Status read_place(const Line& line, Partition& partition) {
  const PartitionOptions& options = line.options;
  const Field& offset = line.fields[3];
  const Field& size = line.fields[4];
  auto missing = [&](std::string_view which) {
    return line.bad(line.fields[1], concat({"the ", which, " bootloader's offset is not known"}),
                    concat({"--", which, "-bootloader-offset"}));
  };
  bool primary = partition.subtype == kPrimary;
  if (partition.type == kBootloaderType && primary) {
    if (!options.primary_bootloader) return missing("primary");
    partition.offset = *options.primary_bootloader;
  } else if (partition.type == kBootloaderType && partition.subtype == kRecovery) {
    if (!options.recovery_bootloader) return missing("recovery");
    partition.offset = *options.recovery_bootloader;
  } else if (partition.type == kTableType && primary) {
    partition.offset = options.table_offset;
  } else if (!offset.text.empty()) {
    partition.offset = number_or_keyword(offset.text, {});
    if (!partition.offset) return bad_number(line, offset, "offset");
  }

  if (partition.type == kBootloaderType) {
    if (!options.primary_bootloader) return missing("primary");
    partition.size = int64_t{options.table_offset} - *options.primary_bootloader;
  } else if (partition.type == kTableType) {
    partition.size = kTableSize;
  } else if (size.text.empty()) {
    return line.bad(size, "the size is missing", "as in 0x10000, 64K or 1M");
  } else {
    std::optional<int64_t> number = number_or_keyword(size.text, {});
    if (!number) return bad_number(line, size, "size");
    partition.size = *number;
  }
  return {};
}

Result<Partition> read_line(const Line& line) {
  Partition partition;
  partition.name = line.fields[0].text;
  partition.line = line.number;
  const Field& type = line.fields[1];
  const Field& subtype = line.fields[2];
  const std::vector<Keyword>& types = type_keywords();
  if (type.text.empty()) {
    return line.bad(type, "the type is missing", "app, data or a number");
  }
  std::optional<int64_t> type_number = number_or_keyword(type.text, types);
  if (!type_number) return unknown_keyword(line, type, "type", types);
  if (*type_number < 0 || *type_number > 255) {
    return line.bad(type, concat({"the type ", type.text, " is no byte"}), "0 to 254");
  }
  partition.type = *type_number;

  if (subtype.text.empty()) {
    if (partition.type == kAppType) {
      return line.bad(subtype, "the subtype of an app is missing", "factory, test or ota_0");
    }
    partition.subtype = kDataUndefined;
  } else {
    std::vector<Keyword> known = subtype_keywords(partition.type, line.options);
    std::optional<int64_t> number = number_or_keyword(subtype.text, known);
    if (!number) return unknown_keyword(line, subtype, "subtype", known);
    if (*number < 0 || *number > 255) {
      return line.bad(subtype, concat({"the subtype ", subtype.text, " is no byte"}), "0 to 254");
    }
    partition.subtype = *number;
  }
  if (Status status = read_place(line, partition); !status) return status.error();

  std::string_view flags = line.fields[5].text;
  while (!flags.empty()) {
    size_t colon = flags.find(':');
    std::string_view flag = flags.substr(0, colon);
    flags.remove_prefix(colon == flags.npos ? flags.size() : colon + 1);
    if (flag.empty()) continue;
    if (flag == "encrypted") {
      partition.encrypted = true;
    } else if (flag == "readonly") {
      partition.readonly = true;
    } else {
      return line.bad(line.fields[5], concat({"unknown flag '", flag, "'"}),
                      "encrypted, readonly or encrypted:readonly");
    }
  }
  return partition;
}

// Fills in offsets left out and sizes given as ends; what overlaps the partition before is
// an error here already, as the place of the next one depends on it.
Status fill_in(std::vector<Partition>& partitions, const PartitionOptions& options,
               const std::string& file) {
  int64_t end = int64_t{options.table_offset} + kTableSize;
  for (Partition& partition : partitions) {
    bool fixed = (partition.type == kBootloaderType || partition.type == kTableType) &&
                 partition.subtype == kPrimary;
    if (fixed) continue;
    if (partition.offset && *partition.offset < end) {
      bool first = &partition == &partitions.front();
      return Error{
          .what = concat({"partition ", partition.name, " at ", place_text(*partition.offset),
                          " overlaps ", first ? "the partition table" : "the one before",
                          ", which ends at ", place_text(end)}),
          .fix = "a higher offset, or none",
          .file = file,
          .line = partition.line};
    }
    if (!partition.offset) {
      int64_t alignment = partition_alignment(partition.type);
      end = (end + alignment - 1) / alignment * alignment;
      partition.offset = end;
    }
    if (partition.size < 0) partition.size = -partition.size - *partition.offset;
    end = *partition.offset + partition.size;
  }
  return {};
}

// The next line and its ending taken off `text`; \n, \r\n and \r end lines.
std::string_view next_line(std::string_view& text) {
  size_t end = text.find_first_of("\r\n");
  std::string_view line = text.substr(0, end);
  if (end == text.npos) {
    text = {};
  } else {
    text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return line;
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    uint8_t lead = static_cast<uint8_t>(text[i]);
    size_t more = lead < 0x80                   ? 0
                  : lead >= 0xc2 && lead < 0xe0 ? 1
                  : (lead & 0xf0) == 0xe0       ? 2
                  : lead >= 0xf0 && lead < 0xf5 ? 3
                                                : 4;
    if (more == 4 || more >= text.size() - i) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<uint8_t>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    uint8_t second = more > 0 ? static_cast<uint8_t>(text[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace

Result<PartitionTable> read_partition_csv(std::string_view text, const PartitionOptions& options,
                                          const std::string& file) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!is_utf8(text)) {
    return Error{.what = "is not a text file", .fix = "a partition CSV in UTF-8", .file = file};
  }
  PartitionTable table;
  int number = 0;
  while (!text.empty()) {
    std::string_view whole = next_line(text);
    Line line{.options = options, .file = file, .number = ++number};
    std::string_view content = trimmed(whole);
    if (content.empty() || content.starts_with('#')) continue;
    // Its tool replaces environment variables; a build must not depend on them unseen.
    if (size_t dollar = whole.find('$'); dollar != whole.npos) {
      return line.bad({"", static_cast<int>(dollar) + 1}, "an environment variable is used",
                      "its value");
    }
    size_t at = 0;
    for (Field& field : line.fields) {
      std::string_view rest = at <= whole.size() ? whole.substr(at) : std::string_view();
      std::string_view part = rest.substr(0, rest.find(','));
      field.text = trimmed(part);
      size_t blank = field.text.empty() ? 0 : static_cast<size_t>(field.text.data() - part.data());
      field.column = static_cast<int>(std::min(at, whole.size()) + blank) + 1;
      at += part.size() + 1;
    }
    Result<Partition> partition = read_line(line);
    if (!partition) return partition.error();
    table.partitions.push_back(*std::move(partition));
  }
  if (Status status = fill_in(table.partitions, options, file); !status) return status.error();
  std::vector<std::pair<std::string, std::pair<int64_t, int64_t>>> names;
  for (const Keyword& type : type_keywords()) {
    for (const Keyword& subtype : subtype_keywords(type.value, options)) {
      names.push_back({subtype.name, {type.value, subtype.value}});
    }
  }
  if (Status status = check_partitions(table, options, names, file); !status) {
    return status.error();
  }
  return table;
}

}  // namespace fbuild
