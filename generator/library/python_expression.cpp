#include "generator/library/python_expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace fbuild {

namespace {

using Kind = PythonValue::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }

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

enum class Raised { No, Quiet, Loud };  // nothing; what counts as false; what fails the scan

PythonValue boolean(bool value) { return python_integer(value ? 1 : 0); }

PythonValue real(double value) {
  PythonValue out;
  out.kind = Kind::Real;
  out.real = value;
  return out;
}

bool is_number(const PythonValue& value) { return value.kind == Kind::Integer || value.kind == Kind::Real; }
double number(const PythonValue& value) { return value.kind == Kind::Integer ? static_cast<double>(value.integer) : value.real; }

bool equal(const PythonValue& a, const PythonValue& b) {
  if (is_number(a) && is_number(b))
    return a.kind == Kind::Integer && b.kind == Kind::Integer ? a.integer == b.integer : number(a) == number(b);
  if (a.kind != b.kind) return false;
  if (a.kind == Kind::Text) return a.text == b.text;
  return a.kind == Kind::None || a.kind == Kind::Names || &a == &b;
}

int64_t floor_divide(int64_t a, int64_t b) {
  int64_t out = a / b;
  return a % b != 0 && ((a < 0) != (b < 0)) ? out - 1 : out;
}

// + - * / // % ** << >> & ^ |
Raised operate(std::string_view op, const PythonValue& a, const PythonValue& b, PythonValue& out) {
  if (a.kind == Kind::Text && b.kind == Kind::Text && op == "+") {
    if (a.text.size() + b.text.size() > 1 << 20) return Raised::Loud;
    out = python_text(a.text + b.text);
    return Raised::No;
  }
  if (op == "*" && ((a.kind == Kind::Text && b.kind == Kind::Integer) || (a.kind == Kind::Integer && b.kind == Kind::Text))) {
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
  if ((op == "/" || op == "//" || op == "%") && number(b) == 0) return Raised::Loud;
  if (op == "/") {
    out = real(number(a) / number(b));
    return Raised::No;
  }
  if (op == "**") {
    if (number(a) == 0 && number(b) < 0) return Raised::Loud;
    double power = std::pow(number(a), number(b));
    out = integers && b.integer >= 0 && std::abs(power) < 9e15 ? python_integer(static_cast<int64_t>(power)) : real(power);
    return Raised::No;
  }
  if (!integers) {
    double x = number(a), y = number(b);
    out = real(op == "+" ? x + y : op == "-" ? x - y : op == "*" ? x * y : op == "//" ? std::floor(x / y) : x - std::floor(x / y) * y);
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
        out = real(std::ldexp(static_cast<double>(x), static_cast<int>(y)));
        return Raised::No;
      }
    }
  }
  // Python's integers have no end; beyond 64 bits the size alone matters.
  if (overflow) {
    double dx = static_cast<double>(x), dy = static_cast<double>(y);
    out = real(op == "+" ? dx + dy : op == "-" ? dx - dy : op == "*" ? dx * dy : -dx);
  } else {
    out = python_integer(result);
  }
  return Raised::No;
}

}  // namespace

bool PythonValue::truth() const {
  switch (kind) {
    case Kind::None: return false;
    case Kind::Integer: return integer != 0;
    case Kind::Real: return real != 0;
    case Kind::Text: return !text.empty();
    case Kind::Macro:
    case Kind::Names:
    case Kind::Other: return true;
  }
  return false;
}

PythonValue python_integer(int64_t value) {
  PythonValue out;
  out.kind = Kind::Integer;
  out.integer = value;
  return out;
}

PythonValue python_text(std::string text) {
  PythonValue out;
  out.kind = Kind::Text;
  out.text = std::move(text);
  return out;
}

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
  return without_suffixes(without_suffixes(replace_defined(replace_defined(out, false), true), true), false);
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

// A parsed expression. `op`: "name", "value", "call", "tuple", "not", "neg", "pos", "inv", "and",
// "or", "compare" (operands and, in `ops`, what stands between them) or a binary operator.
struct PythonExpressions::Node {
  std::string op;
  std::string name;
  PythonValue value;
  std::vector<std::string> ops;
  std::vector<std::shared_ptr<const Node>> operands;
};

namespace {

using Node = PythonExpressions::Node;
using NodePointer = std::shared_ptr<const Node>;

struct Token {
  enum Kind { End, Name, Value, Operator, Bad } kind = End;
  std::string text;
  PythonValue value;
};

bool is_keyword(std::string_view name) {
  for (std::string_view word : {"and", "or", "not", "in", "is"})
    if (name == word) return true;
  return false;
}

bool is_other_keyword(std::string_view name) {
  for (std::string_view word : {"as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if",
                                "import", "lambda", "nonlocal", "pass", "raise", "return", "try", "while", "with", "yield"})
    if (name == word) return true;
  return false;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  Token next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\f')) ++at_;
    if (at_ == text_.size() || text_[at_] == '#') return {};
    char c = text_[at_];
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number_token();
    if (is_letter(c)) {
      size_t begin = at_;
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
      return {Token::Name, std::string(text_.substr(begin, at_ - begin)), {}};
    }
    if (c == '"' || c == '\'') return text_token();
    for (std::string_view op : {"**", "//", "<<", ">>", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "~", "(", ")", ",", ".", "[", "]"}) {
      if (!text_.substr(at_).starts_with(op)) continue;
      at_ += op.size();
      return {Token::Operator, std::string(op), {}};
    }
    return {Token::Bad, "", {}};
  }

 private:
  Token number_token() {
    size_t begin = at_;
    std::string digits;
    auto take = [&](auto&& fits) {
      while (at_ < text_.size() && (fits(text_[at_]) || (text_[at_] == '_' && at_ > begin && at_ + 1 < text_.size() && fits(text_[at_ + 1])))) {
        if (text_[at_] != '_') digits += text_[at_];
        ++at_;
      }
    };
    int base = 10;
    if (text_[at_] == '0' && at_ + 1 < text_.size()) {
      char kind = static_cast<char>(text_[at_ + 1] | 0x20);
      base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    }
    Token out{Token::Value, "", {}};
    if (base != 10) {
      at_ += 2;
      take([&](char c) { return base == 16 ? is_hex(c) : c >= '0' && c < '0' + base; });
      int64_t value = 0;
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
      if (digits.empty() || (at_ < text_.size() && is_word(text_[at_]))) return {Token::Bad, "", {}};
      out.value = error == std::errc() ? python_integer(value) : real(1e30);
      return out;
    }
    take(is_digit);
    bool is_real = false;
    if (at_ < text_.size() && text_[at_] == '.') {
      is_real = true;
      digits += '.';
      ++at_;
      take(is_digit);
    }
    if (at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
      size_t p = at_ + 1;
      if (p < text_.size() && (text_[p] == '+' || text_[p] == '-')) ++p;
      if (p < text_.size() && is_digit(text_[p])) {
        is_real = true;
        digits += text_.substr(at_, p - at_);
        at_ = p;
        take(is_digit);
      }
    }
    if (at_ < text_.size() && is_word(text_[at_])) return {Token::Bad, "", {}};
    if (is_real) {
      double value = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
      out.value = real(value);
      return out;
    }
    // No octal numbers as C has them.
    if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos) return {Token::Bad, "", {}};
    int64_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    out.value = error == std::errc() ? python_integer(value) : real(std::strtod(digits.c_str(), nullptr));
    return out;
  }

  Token text_token() {
    char quote = text_[at_++];
    Token out{Token::Value, "", python_text("")};
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        char escaped = text_[at_ + 1];
        at_ += 2;
        if (escaped != quote && escaped != '\\') out.value.text += '\\';
        out.value.text += escaped;
        continue;
      }
      out.value.text += text_[at_++];
    }
    if (at_ == text_.size()) return {Token::Bad, "", {}};
    ++at_;
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// Python's grammar of expressions as far as a condition can come to it. A null pointer is
// a syntax error.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { advance(); }

  NodePointer run() {
    NodePointer out = tuple();
    return token_.kind == Token::End ? out : nullptr;
  }

 private:
  static constexpr int kDepth = 90;  // of parentheses; Python gives up as well, a little later

  void advance() { token_ = lexer_.next(); }
  bool is(std::string_view text) const {
    return (token_.kind == Token::Operator || token_.kind == Token::Name) && token_.text == text;
  }

  static std::shared_ptr<Node> make(std::string op, std::vector<NodePointer> operands) {
    auto out = std::make_shared<Node>();
    out->op = std::move(op);
    out->operands = std::move(operands);
    return out;
  }

  NodePointer tuple() {
    NodePointer first = any_of();
    if (!first || !is(",")) return first;
    std::vector<NodePointer> items = {first};
    while (is(",")) {
      advance();
      if (token_.kind == Token::End || is(")")) break;
      NodePointer next = any_of();
      if (!next) return nullptr;
      items.push_back(next);
    }
    return make("tuple", std::move(items));
  }

  NodePointer chain(const char* op, NodePointer (Parser::*part)()) {
    NodePointer left = (this->*part)();
    if (!left || !is(op)) return left;
    std::vector<NodePointer> parts = {left};
    while (is(op)) {
      advance();
      NodePointer next = (this->*part)();
      if (!next) return nullptr;
      parts.push_back(next);
    }
    return make(op, std::move(parts));
  }

  NodePointer any_of() {
    Deeper deeper(depth_);
    if (depth_ > kDepth) return nullptr;
    NodePointer value = chain("or", &Parser::all_of);
    if (!value || !is("if")) return value;
    advance();
    NodePointer condition = chain("or", &Parser::all_of);
    if (!condition || !is("else")) return nullptr;
    advance();
    NodePointer other = any_of();
    return other ? make("choice", {condition, value, other}) : nullptr;
  }
  NodePointer all_of() { return chain("and", &Parser::negation); }

  NodePointer negation() {
    if (!is("not")) return comparison();
    Deeper deeper(depth_);
    if (depth_ > kDepth) return nullptr;
    advance();
    NodePointer operand = negation();
    return operand ? make("not", {operand}) : nullptr;
  }

  NodePointer comparison() {
    NodePointer left = binary(0);
    if (!left) return nullptr;
    std::shared_ptr<Node> out;
    for (;;) {
      std::string op;
      for (const char* known : {"<", ">", "==", ">=", "<=", "!=", "in", "is"})
        if (is(known)) op = known;
      if (is("not")) {
        advance();
        if (!is("in")) return nullptr;
        op = "not in";
      }
      if (op.empty()) break;
      advance();
      if (op == "is" && is("not")) {
        advance();
        op = "is not";
      }
      NodePointer right = binary(0);
      if (!right) return nullptr;
      if (!out) out = make("compare", {left});
      out->ops.push_back(op);
      out->operands.push_back(right);
    }
    return out ? out : left;
  }

  NodePointer binary(size_t level) {
    static const std::vector<std::vector<const char*>> kLevels = {{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%"}};
    if (level == kLevels.size()) return unary();
    NodePointer left = binary(level + 1);
    while (left) {
      std::string op;
      for (const char* known : kLevels[level])
        if (token_.kind == Token::Operator && token_.text == known) op = known;
      if (op.empty()) break;
      advance();
      NodePointer right = binary(level + 1);
      if (!right) return nullptr;
      left = make(op, {left, right});
      if (++length_ > 500) return nullptr;  // a tree that deep is nobody's condition
    }
    return left;
  }

  NodePointer unary() {
    for (auto [op, name] : {std::pair("-", "neg"), std::pair("+", "pos"), std::pair("~", "inv")}) {
      if (token_.kind != Token::Operator || token_.text != op) continue;
      Deeper deeper(depth_);
      if (depth_ > kDepth) return nullptr;
      advance();
      NodePointer operand = unary();
      return operand ? make(name, {operand}) : nullptr;
    }
    NodePointer base = primary();
    if (!base || !is("**")) return base;
    Deeper deeper(depth_);
    if (depth_ > kDepth) return nullptr;
    advance();
    NodePointer power = unary();
    return power ? make("**", {base, power}) : nullptr;
  }

  NodePointer primary() {
    NodePointer out = atom();
    while (out && (is("(") || is(".") || is("["))) {
      if (++length_ > 500) return nullptr;
      std::string open = token_.text;
      advance();
      if (open == ".") {
        if (token_.kind != Token::Name) return nullptr;
        advance();
        out = make("attribute", {out});
        continue;
      }
      if (open == "[") {
        NodePointer index = tuple();
        if (!index || !is("]")) return nullptr;
        advance();
        out = make("item", {out, index});
        continue;
      }
      std::vector<NodePointer> operands = {out};
      while (!is(")")) {
        NodePointer argument = any_of();
        if (!argument) return nullptr;
        operands.push_back(argument);
        if (!is(",")) break;
        advance();
      }
      if (!is(")")) return nullptr;
      advance();
      out = make("call", std::move(operands));
    }
    return out;
  }

  NodePointer atom() {
    if (token_.kind == Token::Value) {
      auto out = make("value", {});
      out->value = token_.value;
      advance();
      // Texts beside each other are one.
      while (token_.kind == Token::Value && token_.value.kind == Kind::Text && out->value.kind == Kind::Text) {
        out->value.text += token_.value.text;
        advance();
      }
      return token_.kind == Token::Value ? nullptr : out;
    }
    if (token_.kind == Token::Name) {
      if (is_keyword(token_.text) || is_other_keyword(token_.text)) return nullptr;
      auto out = make("name", {});
      out->name = token_.text;
      if (out->name == "True" || out->name == "False" || out->name == "None") {
        out->op = "value";
        if (out->name != "None") out->value = boolean(out->name == "True");
      }
      advance();
      return token_.kind == Token::Value ? nullptr : out;
    }
    if (!is("(")) return nullptr;
    advance();
    if (is(")")) {
      advance();
      return make("nothing", {});
    }
    NodePointer inner = tuple();
    if (!inner || !is(")")) return nullptr;
    advance();
    return inner;
  }

  struct Deeper {
    explicit Deeper(int& depth) : depth(depth) { ++depth; }
    ~Deeper() { --depth; }
    int& depth;
  };

  Lexer lexer_;
  Token token_;
  int depth_ = 0, length_ = 0;
};

class Evaluator {
 public:
  explicit Evaluator(const MacroTable& macros) : macros_(macros) {}

  Raised run(const Node& node, PythonValue& out) {
    const std::string& op = node.op;
    if (op == "value") {
      out = node.value;
      return Raised::No;
    }
    if (op == "name") return name(node.name, out);
    if (op == "and" || op == "or") {
      for (const NodePointer& operand : node.operands) {
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
      out = boolean(!values[0].truth());
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
      PythonOutcome outcome = PythonExpressions::call(values[0], {values.begin() + 1, values.end()});
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
      return op == "neg" ? operate("-", python_integer(0), values[0], out) : (out = values[0], Raised::No);
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

  Raised compare(const Node& node, PythonValue& out) {
    PythonValue left;
    if (Raised raised = run(*node.operands[0], left); raised != Raised::No) return raised;
    for (size_t i = 0; i < node.ops.size(); ++i) {
      PythonValue right;
      if (Raised raised = run(*node.operands[i + 1], right); raised != Raised::No) return raised;
      bool holds = false;
      if (Raised raised = compare_two(node.ops[i], left, right, holds); raised != Raised::No) return raised;
      out = boolean(holds);
      if (!holds) return Raised::No;
      left = std::move(right);
    }
    return Raised::No;
  }

  Raised compare_two(const std::string& op, const PythonValue& a, const PythonValue& b, bool& holds) {
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
          order = number(a) < number(b) ? -1 : number(a) > number(b);
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

PythonExpressions::PythonExpressions() = default;
PythonExpressions::~PythonExpressions() = default;

PythonOutcome PythonExpressions::evaluate(const std::string& condition, const MacroTable& macros) {
  auto [known, fresh] = parsed_.try_emplace(condition);
  if (fresh) known->second = Parser(python_of_condition(condition)).run();
  if (!known->second) return {};
  PythonValue value;
  switch (Evaluator(macros).run(*known->second, value)) {
    case Raised::No: return {std::move(value), false};
    case Raised::Quiet: return {};
    case Raised::Loud: return {std::nullopt, true};
  }
  return {};
}

// The parts between ## that are names of arguments are their values, the others are texts;
// all are added up.
PythonOutcome PythonExpressions::call(const PythonValue& macro, const std::vector<PythonValue>& values) {
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
