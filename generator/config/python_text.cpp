#include "generator/config/python_text.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "generator/config/unicode_text.h"

namespace fbuild::config {
namespace {

// Format and control characters, unusual blanks, private use: what repr() escapes.
bool is_printable(char32_t code) {
  if (code < 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0xAD) return false;
  if (code == ' ') return true;
  if (is_space(code)) return false;
  if ((code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E)) return false;
  if (code >= 0x2060 && code <= 0x206F) return false;
  if (code >= 0xD800 && code <= 0xF8FF) return false;
  return code != 0xFEFF && !(code >= 0xFFF0 && code <= 0xFFFB) && code < 0xE0000;
}

}  // namespace

std::optional<std::string> python_int(std::string_view text) {
  text = strip(text);
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  std::string digits;
  size_t count = 0;
  bool after_digit = false;
  for (size_t at = 0; at < text.size();) {
    char32_t code = next_code_point(text, at);
    if (code == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    int digit = decimal_digit(code);
    if (digit < 0 || ++count > 4300) return std::nullopt;
    after_digit = true;
    if (digit > 0 || !digits.empty()) digits += static_cast<char>('0' + digit);
  }
  if (!after_digit) return std::nullopt;
  if (digits.empty()) return "0";
  return negative ? "-" + digits : digits;
}

std::string python_float(std::string_view text) {
  std::string ascii;
  for (size_t at = 0; at < text.size();) {
    char32_t code = next_code_point(text, at);
    int digit = decimal_digit(code);
    ascii += digit >= 0 ? static_cast<char>('0' + digit) : '.';
  }
  if (!ascii.empty() && ascii[0] == '.') ascii.insert(0, 1, '0');
  double value = 0;
  auto parsed = std::from_chars(ascii.data(), ascii.data() + ascii.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) {
    // Nothing but digits: either beyond the largest double or nearer to zero than any.
    return ascii.find_first_not_of("0.") < ascii.find('.') ? "inf" : "0.0";
  }
  char buffer[64];
  auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view scientific(buffer, static_cast<size_t>(end - buffer));
  size_t e = scientific.find('e');
  int exponent = 0;
  std::string_view tail = scientific.substr(e + 1);
  bool minus = tail[0] == '-';
  std::from_chars(tail.data() + 1, tail.data() + tail.size(), exponent);
  if (minus) exponent = -exponent;
  if (exponent < -4 || exponent >= 16) {
    return std::string(scientific.substr(0, e)) + (minus ? "e-" : "e+") +
           (std::abs(exponent) < 10 ? "0" : "") + std::to_string(std::abs(exponent));
  }
  end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string out(buffer, static_cast<size_t>(end - buffer));
  if (out.find('.') == std::string::npos) out += ".0";
  return out;
}

std::string python_repr(std::string_view text) {
  bool single = text.find('\'') != std::string_view::npos;
  char quote = single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  char buffer[16];
  for (size_t at = 0; at < text.size();) {
    char32_t code = next_code_point(text, at);
    if (code == static_cast<char32_t>(quote) || code == '\\') {
      out += '\\';
      out += static_cast<char>(code);
    } else if (code == '\n') {
      out += "\\n";
    } else if (code == '\r') {
      out += "\\r";
    } else if (code == '\t') {
      out += "\\t";
    } else if (is_printable(code)) {
      append_code_point(out, code);
    } else {
      const char* format = code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x";
      std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(code));
      out += buffer;
    }
  }
  return out + quote;
}

}  // namespace fbuild::config
