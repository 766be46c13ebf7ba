// The names that declarations other than function definitions bring into scope.
#include <algorithm>

#include "generator/sketch/scan.h"
#include "generator/sketch/shape.h"
#include "generator/sketch/signature.h"

namespace fbuild::sketch {
namespace {

bool is_name(const Shape& shape, size_t atom) {
  return shape.is(atom, Atom::Word) && !is_keyword(shape.text(atom));
}

// The last name in `(*name)` or `(*name[3])`.
void name_in_parens(const Shape& shape, size_t atom, std::vector<Introduced>& out) {
  Shape inner = shape.inside(atom);
  if (!inner.is(0, "*") && !inner.is(0, "&")) return;
  for (size_t i = inner.size(); i-- > 0;) {
    if (!is_name(inner, i)) continue;
    out.push_back({inner.word(i), true, {}});
    return;
  }
}

// Names followed by what can only follow a declared name.
void declared_names(const Shape& shape, size_t from, std::vector<Introduced>& out) {
  for (size_t i = from; i < shape.size(); ++i) {
    if (shape.is(i, Atom::Parens) && i > 0) name_in_parens(shape, i, out);
    if (!is_name(shape, i) || i == 0) continue;
    size_t next = i + 1;
    if (next == shape.size() || shape.is(next, "=") || shape.is(next, ",") ||
        shape.is(next, Atom::Brackets) || shape.is(next, Atom::Parens) ||
        shape.is(next, Atom::Braces)) {
      out.push_back({shape.word(i), true, {}});
    }
  }
}

void enumerators(const Shape& body, std::vector<Introduced>& out) {
  for (size_t i = 0; i < body.size(); ++i) {
    if (is_name(body, i) && (i == 0 || body.is(i - 1, ",")))
      out.push_back({body.word(i), true, {}});
  }
}

}  // namespace

std::vector<Introduced> introduced_names(const LexedSketch& sketch, const Outline& outline,
                                         uint32_t first, uint32_t last) {
  std::vector<Introduced> out;
  std::vector<uint32_t> tokens = one_branch(sketch, outline, first, last);
  if (!tokens.empty() && sketch.spelling(sketch.tokens[tokens.back()]) == ";") tokens.pop_back();
  Shape shape = fold(sketch, tokens, 0, static_cast<uint32_t>(tokens.size()));
  size_t at = 0;
  bool is_template = false;
  while (shape.is(at, "template") && shape.is(at + 1, Atom::Angles)) {
    is_template = true;
    at += 2;
  }
  if (shape.is(at, "using") || shape.is(at, "namespace") || shape.is(at + 1, "namespace")) {
    if (shape.is(at, "using") && shape.is(at + 1, "namespace")) return out;
    // The alias, or the last word of using A::B, or the namespace.
    size_t name = shape.size();
    for (size_t i = at; i < shape.size(); ++i) {
      if (is_name(shape, i)) name = i;
      if (shape.is(i + 1, "=")) break;
    }
    if (name < shape.size()) out.push_back({shape.word(name), true, {}});
    return out;
  }
  for (size_t i = at; i < shape.size(); ++i) {
    if (shape.is(i, "=")) break;
    if (!shape.is(i, Atom::Word)) continue;
    std::string_view key = shape.text(i);
    if (key != "class" && key != "struct" && key != "union" && key != "enum") continue;
    size_t name = i + 1;
    while (name < shape.size() &&
           (shape.is(name, Atom::Attribute) || shape.is(name, "class") || shape.is(name, "struct")))
      ++name;
    // The last word before the body or the bases: those before it are macros.
    while (is_name(shape, name) && is_name(shape, name + 1) && shape.text(name + 1) != "final" &&
           key != "enum" && (shape.is(name + 2, Atom::Braces) || shape.is(name + 2, ":"))) {
      ++name;
    }
    size_t body = name;
    while (body < shape.size() && !shape.is(body, Atom::Braces)) ++body;
    bool complete = body < shape.size() || key == "enum";
    if (is_name(shape, name)) {
      Introduced introduced{shape.word(name), complete, {}};
      if (!is_template && key != "enum")
        introduced.class_key = key == "class" ? "class" : key == "struct" ? "struct" : "union";
      out.push_back(introduced);
    }
    if (key == "enum" && body < shape.size()) enumerators(shape.inside(body), out);
    if (body < shape.size()) declared_names(shape, body + 1, out);
    if (body < shape.size()) return out;
    break;
  }
  declared_names(shape, at, out);
  return out;
}

}  // namespace fbuild::sketch
