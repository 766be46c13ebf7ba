#include "generator/config/version_range.h"

#include <algorithm>
#include <charconv>

#include "generator/config/python_text.h"

namespace fbuild::config {
namespace {

// Numbers beyond this many digits are no versions here (dates and times have 14).
constexpr size_t kMaxDigits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_identifier_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

bool all_ascii_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::vector<std::string> split_dots(std::string_view text) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('.', begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

bool valid_identifiers(const std::vector<std::string>& parts, bool leading_zeroes) {
  for (const std::string& part : parts) {
    if (part.empty()) return false;
    if (!leading_zeroes && part.size() > 1 && part[0] == '0' && all_ascii_digits(part))
      return false;
  }
  return true;
}

// A number without leading zeros at the start of `text`, which moves behind it.
std::optional<uint64_t> take_number(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == 0 || end > kMaxDigits || (end > 1 && text[0] == '0')) return std::nullopt;
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + end, value);
  text.remove_prefix(end);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// The characters of a prerelease or build part at the start of `text`.
std::string_view take_identifiers(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && is_identifier_char(text[end])) ++end;
  std::string_view out = text.substr(0, end);
  text.remove_prefix(end);
  return out;
}

int compare_numbers(uint64_t a, uint64_t b) {
  return a < b ? -1 : a > b;
}

// Numbers before words; numbers by size, words by bytes.
int compare_identifiers(const std::string& a, const std::string& b) {
  bool a_number = all_ascii_digits(a), b_number = all_ascii_digits(b);
  if (a_number != b_number) return a_number ? -1 : 1;
  if (a_number && a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

bool same_patch(const Version& a, const Version& b) {
  return a.major == b.major && a.minor == b.minor && a.patch == b.patch;
}

Version bare(uint64_t major, uint64_t minor, uint64_t patch) {
  return {major, minor, patch, {}, {}};
}

// The lowest version with a higher major (minor, patch) number; a prerelease of such a
// version is followed by the version itself.
Version next_major(const Version& v) {
  bool own = !v.prerelease.empty() && v.minor == 0 && v.patch == 0;
  return bare(own ? v.major : v.major + 1, 0, 0);
}
Version next_minor(const Version& v) {
  bool own = !v.prerelease.empty() && v.patch == 0;
  return bare(v.major, own ? v.minor : v.minor + 1, 0);
}
Version next_patch(const Version& v) {
  return bare(v.major, v.minor, v.prerelease.empty() ? v.patch + 1 : v.patch);
}

using Op = VersionRange::Operator;
using Clause = VersionRange::Clause;

bool clause_holds(const Clause& clause, const Version& given) {
  Version version = given;
  if (clause.build != VersionRange::Build::Strict) version.build.clear();
  const Version& bound = clause.bound;
  bool is_early = !version.prerelease.empty() && same_patch(version, bound) &&
                  clause.prerelease == VersionRange::Prerelease::Natural &&
                  bound.prerelease.empty();
  bool equal = same_patch(version, bound) && version.prerelease == bound.prerelease &&
               version.build == bound.build;
  switch (clause.op) {
    case Op::Equal:
      return equal;
    case Op::NotEqual:
      if (clause.build == VersionRange::Build::Strict) return !equal;
      return !is_early && !equal;
    case Op::Less:
      return !is_early && compare_versions(version, bound) < 0;
    case Op::LessEqual:
      return compare_versions(version, bound) <= 0;
    case Op::Greater:
      return compare_versions(version, bound) > 0;
    case Op::GreaterEqual:
      return compare_versions(version, bound) >= 0;
  }
  return false;
}

// The parts of one block: an operator, up to three numbers or `*`, prerelease and build.
struct Block {
  std::string_view op;
  std::optional<uint64_t> number[3];  // none: missing or *
  std::optional<std::string> prerelease, build;
};

std::optional<Block> split_block(std::string_view text) {
  Block out;
  for (std::string_view op : {"<=", "==", ">=", "!=", "~=", "<", "=", ">", "^", "~", ""}) {
    if (!text.starts_with(op)) continue;
    out.op = op;
    text.remove_prefix(op.size());
    break;
  }
  for (int i = 0; i < 3; ++i) {
    if (i > 0 && !take(text, '.')) break;
    if (take(text, '*')) continue;
    out.number[i] = take_number(text);
    if (!out.number[i]) return std::nullopt;
  }
  if (take(text, '-')) out.prerelease = take_identifiers(text);
  if (take(text, '+')) out.build = take_identifiers(text);
  if (!text.empty()) return std::nullopt;
  return out;
}

// Adds what one block demands; false when the block is no requirement.
bool add_block(const Block& block, VersionRange& range) {
  auto filled = [](const std::optional<std::string>& part) { return part && !part->empty(); };
  bool major = block.number[0].has_value(), minor = major && block.number[1].has_value();
  bool patch = minor && block.number[2].has_value();
  bool all = major && block.number[1] && block.number[2];
  std::string_view op = block.op;
  if (op.empty() || op == "=") op = "==";
  bool equal = op == "==", unequal = op == "!=";
  if (!major && !equal && op != ">=") return false;
  if (!all && (filled(block.prerelease) || filled(block.build))) return false;
  if (block.build && !equal && !unequal) return false;

  Version bound;
  if (major) bound.major = *block.number[0];
  if (minor) bound.minor = *block.number[1];
  if (patch) {
    bound.patch = *block.number[2];
    if (filled(block.prerelease)) bound.prerelease = split_dots(*block.prerelease);
    if (filled(block.build)) bound.build = split_dots(*block.build);
    if (!valid_identifiers(bound.prerelease, false) || !valid_identifiers(bound.build, true)) {
      return false;
    }
  }
  auto add = [&](Op kind, Version v) { range.groups.push_back({{kind, std::move(v)}}); };
  auto between = [&](Version high) {
    add(Op::GreaterEqual, bound);
    add(Op::Less, std::move(high));
  };
  bool empty_pre = block.prerelease && block.prerelease->empty();
  bool empty_build = block.build && block.build->empty();
  Clause exact{equal ? Op::Equal : Op::NotEqual, bound};
  if (empty_build || !bound.build.empty()) exact.build = VersionRange::Build::Strict;

  if (op == "^") {
    between(bound.major ? next_major(bound) : bound.minor ? next_minor(bound) : next_patch(bound));
  } else if (op == "~") {
    between(minor ? next_minor(bound) : next_major(bound));
  } else if (op == "~=") {
    between(patch ? next_minor(bound) : next_major(bound));
  } else if (equal) {
    if (!major) {
      add(Op::GreaterEqual, bound);
    } else if (!patch) {
      between(minor ? next_minor(bound) : next_major(bound));
    } else {
      range.groups.push_back({exact});
    }
  } else if (unequal) {
    if (!patch) {
      Version high = minor ? next_minor(bound) : next_major(bound);
      range.groups.push_back({{Op::Less, bound}, {Op::GreaterEqual, high}});
    } else {
      if (empty_pre) {
        exact.prerelease = VersionRange::Prerelease::Always;
        if (bound.build.empty()) exact.build = VersionRange::Build::Implicit;
      }
      range.groups.push_back({exact});
    }
  } else if (op == ">") {
    if (patch) {
      add(Op::Greater, bound);
    } else {
      add(Op::GreaterEqual, minor ? next_minor(bound) : next_major(bound));
    }
  } else if (op == ">=") {
    add(Op::GreaterEqual, bound);
  } else if (op == "<") {
    Clause less{Op::Less, bound};
    if (empty_pre) less.prerelease = VersionRange::Prerelease::Always;
    range.groups.push_back({less});
  } else if (patch) {
    add(Op::LessEqual, bound);
  } else {
    add(Op::Less, minor ? next_minor(bound) : next_major(bound));
  }
  return true;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  Version out;
  uint64_t* numbers[] = {&out.major, &out.minor, &out.patch};
  for (int i = 0; i < 3; ++i) {
    if (i > 0 && !take(text, '.')) return std::nullopt;
    std::optional<uint64_t> number = take_number(text);
    if (!number) return std::nullopt;
    *numbers[i] = *number;
  }
  if (take(text, '-')) {
    out.prerelease = split_dots(take_identifiers(text));
    if (!valid_identifiers(out.prerelease, false)) return std::nullopt;
  }
  if (take(text, '+')) {
    out.build = split_dots(take_identifiers(text));
    if (!valid_identifiers(out.build, true)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

std::optional<Version> coerce_version(std::string_view text) {
  std::string version;
  size_t at = 0;
  for (int i = 0; i < 3; ++i) {
    size_t begin = at;
    if (i > 0) {
      if (at >= text.size() || text[at] != '.') {
        version += ".0";
        continue;
      }
      ++begin;
    }
    size_t end = begin;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == begin) {
      if (i == 0) return std::nullopt;
      version += ".0";
      continue;
    }
    std::string_view number = text.substr(begin, end - begin);
    size_t zeros = std::min(number.find_first_not_of('0'), number.size() - 1);
    if (i > 0) version += '.';
    version += number.substr(zeros);
    at = end;
  }
  std::string rest;
  for (char c : text.substr(at)) {
    // Every character that is not ASCII counts once, whatever its length.
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    rest += is_identifier_char(c) || c == '+' ? c : '-';
  }
  std::string prerelease, build;
  if (!rest.empty()) {
    if (rest[0] == '+' || rest[0] == '.') {
      build = rest.substr(1);
    } else {
      if (rest[0] == '-') rest.erase(0, 1);
      size_t plus = rest.find('+');
      prerelease = rest.substr(0, plus);
      if (plus != std::string::npos) build = rest.substr(plus + 1);
    }
  }
  std::replace(build.begin(), build.end(), '+', '.');
  if (!prerelease.empty()) version += '-' + prerelease;
  if (!build.empty()) version += '+' + build;
  return parse_version(version);
}

Version package_version(std::string_view text) {
  if (std::optional<Version> version = parse_version(text)) return *version;
  if (std::optional<Version> version = coerce_version(text)) return *version;
  Version out;
  out.build = split_dots(text);
  if (!text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos) {
    out.build.insert(out.build.begin(), "sha");
  }
  return out;
}

int compare_versions(const Version& a, const Version& b) {
  if (int by = compare_numbers(a.major, b.major)) return by;
  if (int by = compare_numbers(a.minor, b.minor)) return by;
  if (int by = compare_numbers(a.patch, b.patch)) return by;
  if (a.prerelease.empty() || b.prerelease.empty()) {
    return static_cast<int>(a.prerelease.empty()) - static_cast<int>(b.prerelease.empty());
  }
  for (size_t i = 0; i < a.prerelease.size() && i < b.prerelease.size(); ++i) {
    if (int by = compare_identifiers(a.prerelease[i], b.prerelease[i])) return by;
  }
  return compare_numbers(a.prerelease.size(), b.prerelease.size());
}

std::string version_text(const Version& version) {
  std::string out = std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' +
                    std::to_string(version.patch);
  char before = '-';
  for (const std::string& part : version.prerelease) {
    out += before + part;
    before = '.';
  }
  before = '+';
  for (const std::string& part : version.build) {
    out += before + part;
    before = '.';
  }
  return out;
}

Result<VersionRange> parse_range(std::string_view text) {
  VersionRange out;
  out.text = text;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    std::optional<Block> block = split_block(word);
    if (!block) {
      return Error{.what = "Invalid simple block " + python_repr(word),
                   .fix = "write a version such as 1.2.3, ^1.2, ~1.2.3 or >=1.2,<2"};
    }
    if (!add_block(*block, out)) {
      return Error{.what = "Invalid simple spec: " + python_repr(word),
                   .fix = "write a version such as 1.2.3, ^1.2, ~1.2.3 or >=1.2,<2"};
    }
  }
  return out;
}

bool in_range(const VersionRange& range, const Version& version) {
  return std::all_of(range.groups.begin(), range.groups.end(), [&](const auto& group) {
    return std::any_of(group.begin(), group.end(),
                       [&](const Clause& clause) { return clause_holds(clause, version); });
  });
}

}  // namespace fbuild::config
