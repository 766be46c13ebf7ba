// Conditions as Python decides them. What is expected was seen with SCons 4.8.1.
#include "generator/library/python_expression.h"

#include <doctest/doctest.h>

using namespace fbuild;

namespace {

MacroTable macros() {
  PythonValue macro = python_text("a##b");
  macro.kind = PythonValue::Kind::Macro;
  macro.arguments = {"a", "b"};
  PythonValue identity = macro;
  identity.text = "x";
  identity.arguments = {"x"};
  PythonValue body = identity;
  body.text = "((x)*100)";
  return {{"ONE", python_integer(1)},
          {"ZERO", python_integer(0)},
          {"EMPTY", python_text("")},
          {"NONE", {}},
          {"F_CPU", python_text("16000000L")},
          {"PAREN", python_text("(1)")},
          {"GLUE", macro},
          {"SAME", identity},
          {"BODY", body},
          {"STM324", python_integer(1)},
          {"NAME", python_text("x")}};
}

std::string decide(const char* condition) {
  PythonOutcome outcome = PythonExpressions().evaluate(condition, macros());
  return outcome.failed ? "fails" : outcome.truth() ? "true" : "false";
}

}  // namespace

TEST_CASE("conditions of C as Python sees them") {
  const std::pair<const char*, const char*> cases[] = {
#include "tests/generator/python_conditions.inc"
  };
  for (auto [condition, wanted] : cases) {
    CAPTURE(std::string(condition));
    CHECK(decide(condition) == std::string(wanted));
  }
}

TEST_CASE("numbers") {
  CHECK(python_int(" 12 ") == 12);
  CHECK(python_int("-1_000") == -1000);
  CHECK(python_int("010") == 10);
  for (const char* text : {"", "0x10", "1L", "1.0", "_1", "1_", "- 1", "1 2"})
    CHECK_FALSE(python_int(text));
}
