#include "generator/library/python_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "generator/library/python_chars.h"

namespace fbuild {

namespace {

using Kind = PythonValue::Kind;

int64_t floor_divide(int64_t a, int64_t b) {
  int64_t out = a / b;
  return a % b != 0 && ((a < 0) != (b < 0)) ? out - 1 : out;
}

}  // namespace

bool PythonValue::truth() const {
  switch (kind) {
    case Kind::None:
      return false;
    case Kind::Integer:
      return integer != 0;
    case Kind::Real:
      return real != 0;
    case Kind::Text:
      return !text.empty();
    case Kind::Macro:
    case Kind::Names:
    case Kind::Other:
      return true;
  }
  return false;
}

PythonValue python_integer(int64_t value) {
  PythonValue out;
  out.kind = Kind::Integer;
  out.integer = value;
  return out;
}

PythonValue python_real(double value) {
  PythonValue out;
  out.kind = Kind::Real;
  out.real = value;
  return out;
}

PythonValue python_text(std::string text) {
  PythonValue out;
  out.kind = Kind::Text;
  out.text = std::move(text);
  return out;
}
std::optional<int64_t> python_int(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && i > 0 && i + 1 < text.size() && is_digit(text[i - 1])) continue;
    if (!is_digit(text[i])) return std::nullopt;
    digits += text[i];
  }
  int64_t out = 0;
  if (digits.empty()) return std::nullopt;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc()) out = INT64_MAX;
  return negative ? -out : out;
}
PythonValue python_boolean(bool value) {
  return python_integer(value ? 1 : 0);
}

bool is_number(const PythonValue& value) {
  return value.kind == Kind::Integer || value.kind == Kind::Real;
}
double number_of(const PythonValue& value) {
  return value.kind == Kind::Integer ? static_cast<double>(value.integer) : value.real;
}

bool equal(const PythonValue& a, const PythonValue& b) {
  if (is_number(a) && is_number(b))
    return a.kind == Kind::Integer && b.kind == Kind::Integer ? a.integer == b.integer
                                                              : number_of(a) == number_of(b);
  if (a.kind != b.kind) return false;
  if (a.kind == Kind::Text) return a.text == b.text;
  return a.kind == Kind::None || a.kind == Kind::Names || &a == &b;
}

Raised operate(std::string_view op, const PythonValue& a, const PythonValue& b, PythonValue& out) {
  if (a.kind == Kind::Text && b.kind == Kind::Text && op == "+") {
    if (a.text.size() + b.text.size() > 1 << 20) return Raised::Loud;
    out = python_text(a.text + b.text);
    return Raised::No;
  }
  if (op == "*" && ((a.kind == Kind::Text && b.kind == Kind::Integer) ||
                    (a.kind == Kind::Integer && b.kind == Kind::Text))) {
    const std::string& text = a.kind == Kind::Text ? a.text : b.text;
    int64_t times = std::max<int64_t>(0, a.kind == Kind::Text ? b.integer : a.integer);
    if (!text.empty() && times > (1 << 20) / static_cast<int64_t>(text.size())) return Raised::Loud;
    std::string repeated;
    for (int64_t i = 0; i < times && !text.empty(); ++i) repeated += text;
    out = python_text(std::move(repeated));
    return Raised::No;
  }
  if (!is_number(a) || !is_number(b)) return Raised::Quiet;
  bool integers = a.kind == Kind::Integer && b.kind == Kind::Integer;
  bool bits = op == "<<" || op == ">>" || op == "&" || op == "^" || op == "|";
  if (bits && !integers) return Raised::Quiet;
  if ((op == "/" || op == "//" || op == "%") && number_of(b) == 0) return Raised::Loud;
  if (op == "/") {
    out = python_real(number_of(a) / number_of(b));
    return Raised::No;
  }
  if (op == "**") {
    if (number_of(a) == 0 && number_of(b) < 0) return Raised::Loud;
    double power = std::pow(number_of(a), number_of(b));
    out = integers && b.integer >= 0 && std::abs(power) < 9e15
              ? python_integer(static_cast<int64_t>(power))
              : python_real(power);
    return Raised::No;
  }
  if (!integers) {
    double x = number_of(a), y = number_of(b);
    out = python_real(op == "+"    ? x + y
                      : op == "-"  ? x - y
                      : op == "*"  ? x * y
                      : op == "//" ? std::floor(x / y)
                                   : x - std::floor(x / y) * y);
    return Raised::No;
  }
  int64_t x = a.integer, y = b.integer, result = 0;
  bool overflow = false;
  if (op == "+") overflow = __builtin_add_overflow(x, y, &result);
  if (op == "-") overflow = __builtin_sub_overflow(x, y, &result);
  if (op == "*") overflow = __builtin_mul_overflow(x, y, &result);
  if (op == "//" || op == "%") {
    if (y == -1) {
      overflow = op == "//" && __builtin_sub_overflow(int64_t{0}, x, &result);
    } else {
      int64_t quotient = floor_divide(x, y);
      result = op == "//" ? quotient : x - quotient * y;
    }
  }
  if (op == "&") result = x & y;
  if (op == "^") result = x ^ y;
  if (op == "|") result = x | y;
  if (op == ">>" || op == "<<") {
    if (y < 0 || (op == "<<" && y > 100000)) return Raised::Loud;
    if (op == ">>") result = x >> std::min<int64_t>(y, 63);
    if (op == "<<") {
      if (y < 62 && std::abs(x) < (int64_t{1} << (62 - y))) {
        result = x * (int64_t{1} << y);
      } else if (x != 0) {
        out = python_real(std::ldexp(static_cast<double>(x), static_cast<int>(y)));
        return Raised::No;
      }
    }
  }
  // Python's integers have no end; beyond 64 bits the size alone matters.
  if (overflow) {
    double dx = static_cast<double>(x), dy = static_cast<double>(y);
    out = python_real(op == "+" ? dx + dy : op == "-" ? dx - dy : op == "*" ? dx * dy : -dx);
  } else {
    out = python_integer(result);
  }
  return Raised::No;
}

}  // namespace fbuild
