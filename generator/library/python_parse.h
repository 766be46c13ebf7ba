// Python expressions taken apart, as far as a condition can come to Python's grammar.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "generator/library/python_value.h"

namespace fbuild {

// A parsed expression. `op`: "name", "value", "call", "tuple", "not", "neg", "pos", "inv", "and",
// "or", "compare" (operands and, in `ops`, what stands between them) or a binary operator.
struct PythonNode {
  std::string op;
  std::string name;
  PythonValue value;
  std::vector<std::string> ops;
  std::vector<std::shared_ptr<const PythonNode>> operands;
};

// Null: a syntax error.
std::shared_ptr<const PythonNode> parse_python(std::string_view text);

}  // namespace fbuild
