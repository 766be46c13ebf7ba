// The conditions of #if as PlatformIO decides them in its "+" modes: SCons's scanner
// (SCons/cpp.py) rewrites a C expression into a Python one with a few replacements of text,
// and lets Python evaluate that with the macros as variables. So it is not C:
//
//   * `!`, `&&`, `||` become `not`, `and`, `or` with Python's precedence; `?` and `:` too
//   * `defined(X)` is replaced in the text, `defined ( X )` is not; L and UL behind digits
//     go away wherever they stand (STM32L4 becomes STM324), U does not
//   * a macro's value is a number only if its text is one in decimal; "(1)" and "0x10" are
//     texts, which are true and equal to no number
//   * what Python cannot make sense of (an unknown name, comparing text and number, 010,
//     10U, __has_include(<x>)) makes the whole condition false
//   * an error of another kind makes the scan of the file fail
//
// Left out: names of Python's own functions count as unknown.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "generator/library/python_value.h"

namespace fbuild {

struct PythonNode;

using MacroTable = std::unordered_map<std::string, PythonValue>;

// What became of an evaluation: a value; or (no value) an error that counts as false; or
// one that fails the scan.
struct PythonOutcome {
  std::optional<PythonValue> value;
  bool failed = false;

  bool truth() const { return value && value->truth(); }
};

// The text of a C condition as the Python expression that SCons makes of it.
std::string python_of_condition(std::string_view condition);

// Conditions that were taken apart once; they may be evaluated often.
class PythonExpressions {
 public:
  // Evaluates a C condition.
  PythonOutcome evaluate(const std::string& condition, const MacroTable& macros);
  // Calls a macro as `#include NAME(arguments)` does.
  static PythonOutcome call(const PythonValue& macro, const std::vector<PythonValue>& values);

 private:
  std::unordered_map<std::string, std::shared_ptr<const PythonNode>>
      parsed_;  // null: no expression
};

}  // namespace fbuild
