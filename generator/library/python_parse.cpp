#include "generator/library/python_parse.h"

#include <charconv>
#include <cstdlib>

#include "generator/library/python_chars.h"

namespace fbuild {

namespace {

using Node = PythonNode;
using NodePointer = std::shared_ptr<const Node>;
using Kind = PythonValue::Kind;

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
  for (std::string_view word :
       {"as",     "assert",   "async",  "await",   "break",  "class", "continue", "def",  "del",
        "elif",   "else",     "except", "finally", "for",    "from",  "global",   "if",   "import",
        "lambda", "nonlocal", "pass",   "raise",   "return", "try",   "while",    "with", "yield"})
    if (name == word) return true;
  return false;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  Token next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\f'))
      ++at_;
    if (at_ == text_.size() || text_[at_] == '#') return {};
    char c = text_[at_];
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
      return number_token();
    if (is_letter(c)) {
      size_t begin = at_;
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
      return {Token::Name, std::string(text_.substr(begin, at_ - begin)), {}};
    }
    if (c == '"' || c == '\'') return text_token();
    for (std::string_view op :
         {"**", "//", "<<", ">>", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*",
          "/",  "%",  "&",  "|",  "^",  "~",  "(",  ")",  ",", ".", "[", "]"}) {
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
      while (at_ < text_.size() &&
             (fits(text_[at_]) || (text_[at_] == '_' && at_ > begin && at_ + 1 < text_.size() &&
                                   fits(text_[at_ + 1])))) {
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
      auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
      if (digits.empty() || (at_ < text_.size() && is_word(text_[at_])))
        return {Token::Bad, "", {}};
      out.value = error == std::errc() ? python_integer(value) : python_real(1e30);
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
      out.value = python_real(value);
      return out;
    }
    // No octal numbers as C has them.
    if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos)
      return {Token::Bad, "", {}};
    int64_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    out.value = error == std::errc() ? python_integer(value)
                                     : python_real(std::strtod(digits.c_str(), nullptr));
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

// A null pointer is a syntax error.
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
    static const std::vector<std::vector<const char*>> kLevels = {
        {"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%"}};
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
      while (token_.kind == Token::Value && token_.value.kind == Kind::Text &&
             out->value.kind == Kind::Text) {
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
        if (out->name != "None") out->value = python_boolean(out->name == "True");
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

}  // namespace

std::shared_ptr<const PythonNode> parse_python(std::string_view text) {
  return Parser(text).run();
}

}  // namespace fbuild
