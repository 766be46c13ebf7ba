#include "generator/library/python_expression.h"

#include <algorithm>

#include "generator/library/python_chars.h"
#include "generator/library/python_parse.h"

namespace fbuild {

namespace {

using Kind = PythonValue::Kind;

// `defined\s+(\w+)`, or with `in_parentheses` `defined\s*\((\w+)\)`, to `"\1" in __dict__`.
std::string replace_defined(std::string_view text, bool in_parentheses) {
  constexpr std::string_view kWord = "defined";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t at = text.find(kWord, i);
    if (at == std::string_view::npos) return out += text.substr(i);
    out += text.substr(i, at - i);
    size_t p = at + kWord.size(), blanks = p;
    while (p < text.size() && is_space(text[p])) ++p;
    bool fits = in_parentheses ? p < text.size() && text[p] == '(' : p > blanks;
    if (fits && in_parentheses) ++p;
    size_t begin = p;
    while (p < text.size() && is_word(text[p])) ++p;
    fits = fits && p > begin && (!in_parentheses || (p < text.size() && text[p] == ')'));
    if (fits) {
      out += '"';
      out += text.substr(begin, p - begin);
      out += "\" in __dict__";
      i = in_parentheses ? p + 1 : p;
    } else {
      out += kWord;
      i = at + kWord.size();
    }
  }
  return out;
}

// Takes L or UL away behind numbers: `(0x[0-9A-Fa-f]+)(?:L|UL)?`, or `(\d+)(?:L|UL)?`.
std::string without_suffixes(std::string_view text, bool hexadecimal) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t p = i;
    if (hexadecimal) {
      if (text.substr(p).starts_with("0x")) p += 2;
      size_t digits = p;
      while (p > i && p < text.size() && is_hex(text[p])) ++p;
      if (p == digits) p = i;
    } else {
      while (p < text.size() && is_digit(text[p])) ++p;
    }
    if (p == i) {
      out += text[i++];
      continue;
    }
    out += text.substr(i, p - i);
    if (text.substr(p).starts_with("L")) {
      p += 1;
    } else if (text.substr(p).starts_with("UL")) {
      p += 2;
    }
    i = p;
  }
  return out;
}

class Evaluator {
 public:
  explicit Evaluator(const MacroTable& macros) : macros_(macros) {}

  Raised run(const PythonNode& node, PythonValue& out) {
    const std::string& op = node.op;
    if (op == "value") {
      out = node.value;
      return Raised::No;
    }
    if (op == "name") return name(node.name, out);
    if (op == "and" || op == "or") {
      for (const std::shared_ptr<const PythonNode>& operand : node.operands) {
        if (Raised raised = run(*operand, out); raised != Raised::No) return raised;
        if (out.truth() == (op == "or")) break;
      }
      return Raised::No;
    }
    if (op == "nothing") {
      out = python_text("");  // an empty tuple, which is as false
      return Raised::No;
    }
    if (op == "compare") return compare(node, out);
    if (op == "choice") {
      PythonValue condition;
      if (Raised raised = run(*node.operands[0], condition); raised != Raised::No) return raised;
      return run(*node.operands[condition.truth() ? 1 : 2], out);
    }
    std::vector<PythonValue> values(node.operands.size());
    for (size_t i = 0; i < values.size(); ++i)
      if (Raised raised = run(*node.operands[i], values[i]); raised != Raised::No) return raised;
    if (op == "not") {
      out = python_boolean(!values[0].truth());
      return Raised::No;
    }
    // Numbers have no parts, and no condition needs those of a text.
    if (op == "attribute") return Raised::Loud;
    if (op == "item") return Raised::Quiet;
    if (op == "tuple") {
      out = {};
      out.kind = Kind::Other;
      return Raised::No;
    }
    if (op == "call") {
      if (values[0].kind != Kind::Macro) return Raised::Quiet;
      PythonOutcome outcome =
          PythonExpressions::call(values[0], {values.begin() + 1, values.end()});
      if (!outcome.value) return outcome.failed ? Raised::Loud : Raised::Quiet;
      out = std::move(*outcome.value);
      return Raised::No;
    }
    if (op == "neg" || op == "pos" || op == "inv") {
      if (op == "inv") {
        if (values[0].kind != Kind::Integer) return Raised::Quiet;
        out = python_integer(~values[0].integer);
        return Raised::No;
      }
      if (!is_number(values[0])) return Raised::Quiet;
      return op == "neg" ? operate("-", python_integer(0), values[0], out)
                         : (out = values[0], Raised::No);
    }
    return operate(op, values[0], values[1], out);
  }

 private:
  Raised name(const std::string& name, PythonValue& out) {
    if (name == "__dict__") {
      out = {};
      out.kind = Kind::Names;
      return Raised::No;
    }
    auto found = macros_.find(name);
    if (found == macros_.end()) return Raised::Quiet;
    out = found->second;
    return Raised::No;
  }

  Raised compare(const PythonNode& node, PythonValue& out) {
    PythonValue left;
    if (Raised raised = run(*node.operands[0], left); raised != Raised::No) return raised;
    for (size_t i = 0; i < node.ops.size(); ++i) {
      PythonValue right;
      if (Raised raised = run(*node.operands[i + 1], right); raised != Raised::No) return raised;
      bool holds = false;
      if (Raised raised = compare_two(node.ops[i], left, right, holds); raised != Raised::No)
        return raised;
      out = python_boolean(holds);
      if (!holds) return Raised::No;
      left = std::move(right);
    }
    return Raised::No;
  }

  Raised compare_two(const std::string& op, const PythonValue& a, const PythonValue& b,
                     bool& holds) {
    if (op == "==" || op == "!=") {
      holds = equal(a, b) == (op == "==");
    } else if (op == "is" || op == "is not") {
      holds = (a.kind == b.kind && equal(a, b)) == (op == "is");
    } else if (op == "in" || op == "not in") {
      bool found = false;
      if (b.kind == Kind::Names) {
        found = a.kind == Kind::Text && (macros_.count(a.text) || a.text == "__dict__");
      } else if (b.kind == Kind::Text && a.kind == Kind::Text) {
        found = b.text.find(a.text) != std::string::npos;
      } else {
        return Raised::Quiet;
      }
      holds = found == (op == "in");
    } else {
      int order = 0;
      if (is_number(a) && is_number(b)) {
        if (a.kind == Kind::Integer && b.kind == Kind::Integer) {
          order = a.integer < b.integer ? -1 : a.integer > b.integer;
        } else {
          order = number_of(a) < number_of(b) ? -1 : number_of(a) > number_of(b);
        }
      } else if (a.kind == Kind::Text && b.kind == Kind::Text) {
        order = a.text.compare(b.text);
      } else {
        return Raised::Quiet;
      }
      holds = op == "<" ? order < 0 : op == ">" ? order > 0 : op == "<=" ? order <= 0 : order >= 0;
    }
    return Raised::No;
  }

  const MacroTable& macros_;
};

}  // namespace

std::string python_of_condition(std::string_view condition) {
  std::string out;
  for (size_t i = 0; i < condition.size(); ++i) {
    std::string_view rest = condition.substr(i);
    std::string_view two = rest.substr(0, 2);
    if (two == "!=" || two == "&&" || two == "||") {
      out += two == "!=" ? " != " : two == "&&" ? " and " : " or ";
      ++i;
    } else if (rest[0] == '!') {
      out += " not ";
    } else if (rest[0] == '?') {
      out += " and ";
    } else if (rest[0] == ':') {
      out += " or ";
    } else {
      out += rest[0];
    }
  }
  return without_suffixes(
      without_suffixes(replace_defined(replace_defined(out, false), true), true), false);
}
PythonOutcome PythonExpressions::evaluate(const std::string& condition, const MacroTable& macros) {
  auto [known, fresh] = parsed_.try_emplace(condition);
  if (fresh) known->second = parse_python(python_of_condition(condition));
  if (!known->second) return {};
  PythonValue value;
  switch (Evaluator(macros).run(*known->second, value)) {
    case Raised::No:
      return {std::move(value), false};
    case Raised::Quiet:
      return {};
    case Raised::Loud:
      return {std::nullopt, true};
  }
  return {};
}

// The parts between ## that are names of arguments are their values, the others are texts;
// all are added up.
PythonOutcome PythonExpressions::call(const PythonValue& macro,
                                      const std::vector<PythonValue>& values) {
  if (macro.arguments.size() != values.size()) return {std::nullopt, true};
  if (macro.number_expansion) return {};
  PythonOutcome out;
  for (size_t begin = 0; begin <= macro.text.size();) {
    size_t end = std::min(macro.text.find("##", begin), macro.text.size());
    std::string part = macro.text.substr(begin, end - begin);
    begin = end + 2;
    PythonValue value = python_text(part);
    // Of two arguments of one name the last counts.
    for (size_t i = 0; i < values.size(); ++i)
      if (macro.arguments[i] == part) value = values[i];
    if (!out.value) {
      out.value = std::move(value);
      continue;
    }
    PythonValue sum;
    Raised raised = operate("+", *out.value, value, sum);
    if (raised != Raised::No) return {std::nullopt, raised == Raised::Loud};
    out.value = std::move(sum);
  }
  return out;
}

}  // namespace fbuild
