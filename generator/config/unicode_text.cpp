#include "generator/config/unicode_text.h"

#include <algorithm>
#include <iterator>

namespace fbuild::config {
namespace {

struct LowerRun {
  char32_t first, last, step;
  int delta;
};
struct CodeRange {
  char32_t first, last;
};

#include "generator/config/unicode_tables.inc"

template <size_t N>
bool in_ranges(const CodeRange (&ranges)[N], char32_t code) {
  const CodeRange* at =
      std::upper_bound(std::begin(ranges), std::end(ranges), code,
                       [](char32_t value, const CodeRange& range) { return value < range.first; });
  return at != std::begin(ranges) && code <= at[-1].last;
}

char32_t lower_code(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  const LowerRun* at =
      std::upper_bound(std::begin(kLowerRuns), std::end(kLowerRuns), code,
                       [](char32_t value, const LowerRun& run) { return value < run.first; });
  if (at == std::begin(kLowerRuns)) return code;
  --at;
  if (code > at->last || (code - at->first) % at->step) return code;
  return static_cast<char32_t>(static_cast<int>(code) + at->delta);
}

// The start of the code point that ends just before text[at]; at > 0.
size_t previous_start(std::string_view text, size_t at) {
  size_t start = at - 1;
  for (int i = 0; i < 3 && start > 0 && (text[start] & 0xC0) == 0x80; ++i) --start;
  size_t end = start;
  next_code_point(text, end);
  return end == at ? start : at - 1;
}

// A capital sigma is written differently at the end of a word: behind a cased letter and
// not before one, case-ignorable characters (apostrophes, accents) skipped.
bool is_final_sigma(std::string_view text, size_t begin, size_t end) {
  bool cased = false;
  while (begin > 0) {
    size_t start = previous_start(text, begin), at = start;
    char32_t code = next_code_point(text, at);
    begin = start;
    if (in_ranges(kCaseIgnorable, code)) continue;
    cased = in_ranges(kCased, code);
    break;
  }
  if (!cased) return false;
  while (end < text.size()) {
    char32_t code = next_code_point(text, end);
    if (in_ranges(kCaseIgnorable, code)) continue;
    return !in_ranges(kCased, code);
  }
  return true;
}

}  // namespace

char32_t next_code_point(std::string_view text, size_t& at) {
  unsigned char lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  static constexpr char32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  char32_t code = lead & (0x3F >> more);
  bool good = lead >= 0xC2 && lead <= 0xF4 && at + more < text.size();
  for (int i = 1; good && i <= more; ++i) {
    unsigned char next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0) != 0x80) good = false;
    code = code << 6 | (next & 0x3F);
  }
  if (good && code >= kSmallest[more] && code <= 0x10FFFF && !(code >= 0xD800 && code < 0xE000)) {
    at += more + 1;
    return code;
  }
  ++at;
  return 0xDC00 + lead;
}

void append_code_point(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code >= 0xDC80 && code <= 0xDCFF) {
    out += static_cast<char>(code - 0xDC00);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

size_t find_invalid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    size_t start = at;
    char32_t code = next_code_point(text, at);
    if (code >= 0xDC80 && code <= 0xDCFF) return start;
  }
  return std::string_view::npos;
}

bool is_space(char32_t code) {
  if (code < 0x80) return (code >= 9 && code <= 13) || (code >= 0x1C && code <= 0x20);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_space_before(std::string_view text, size_t at) {
  if (at == 0) return false;
  unsigned char last = static_cast<unsigned char>(text[at - 1]);
  if (last < 0x80) return is_space(last);
  size_t start = previous_start(text, at);
  return is_space(next_code_point(text, start));
}

std::string_view strip_left(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at;
    if (!is_space(next_code_point(text, next))) break;
    at = next;
  }
  return text.substr(at);
}

std::string_view strip_right(std::string_view text) {
  size_t end = text.size();
  while (end > 0 && is_space_before(text, end)) end = previous_start(text, end);
  return text.substr(0, end);
}

std::string_view strip(std::string_view text) {
  return strip_left(strip_right(text));
}

size_t leading_blanks(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size() && is_space(next_code_point(text, at));) ++count;
  return count;
}

std::string lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t start = at;
    char32_t code = next_code_point(text, at);
    if (code == 0x130) {
      out += "i\xCC\x87";  // the one letter whose lower case is two code points
    } else if (code == 0x3A3) {
      append_code_point(out, is_final_sigma(text, start, at) ? 0x3C2 : 0x3C3);
    } else {
      append_code_point(out, lower_code(code));
    }
  }
  return out;
}

int decimal_digit(char32_t code) {
  if (code < 0x80) return code >= '0' && code <= '9' ? static_cast<int>(code - '0') : -1;
  const char32_t* at = std::upper_bound(std::begin(kDecimalZeros), std::end(kDecimalZeros), code);
  if (at == std::begin(kDecimalZeros) || code - at[-1] > 9) return -1;
  return static_cast<int>(code - at[-1]);
}

bool all_digits(std::string_view text) {
  if (text.empty()) return false;
  for (size_t at = 0; at < text.size();) {
    char32_t code = next_code_point(text, at);
    if (decimal_digit(code) < 0 && !in_ranges(kOtherDigits, code)) return false;
  }
  return true;
}

bool is_environment_name(std::string_view name) {
  if (name.empty()) return false;
  for (size_t at = 0; at < name.size();) {
    char32_t code = next_code_point(name, at);
    bool letter = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
    bool variant = code == 0x130 || code == 0x131 || code == 0x17F || code == 0x212A;
    if (!letter && !variant && code != '_' && code != '-' && decimal_digit(code) < 0) return false;
  }
  return true;
}

}  // namespace fbuild::config
