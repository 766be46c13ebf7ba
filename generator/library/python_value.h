// Values of Python as far as conditions of #if come to them, and its arithmetic on them.
// Integers have 64 bits; beyond those their size alone is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fbuild {

struct PythonValue {
  enum class Kind { None, Integer, Real, Text, Macro, Names, Other };
  Kind kind = Kind::None;
  int64_t integer = 0;
  double real = 0;
  std::string text;                    // Text; of a Macro its expansion
  std::vector<std::string> arguments;  // Macro: names of its arguments
  bool number_expansion = false;       // Macro: its expansion is a number

  bool truth() const;
};

PythonValue python_integer(int64_t value);
PythonValue python_real(double value);
PythonValue python_text(std::string text);
PythonValue python_boolean(bool value);  // the integer that Python takes it for

// A number as Python's int() reads it; none if it does not.
std::optional<int64_t> python_int(std::string_view text);

// What an operation raised: nothing; what makes a condition false; what fails the scan.
enum class Raised { No, Quiet, Loud };

bool is_number(const PythonValue& value);
double number_of(const PythonValue& value);
bool equal(const PythonValue& a, const PythonValue& b);
// `op`: + - * / // % ** << >> & ^ |. `out` is set where nothing is raised.
Raised operate(std::string_view op, const PythonValue& a, const PythonValue& b, PythonValue& out);

}  // namespace fbuild
