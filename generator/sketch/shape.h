// The tokens of one item folded into the few parts that matter at its own level: words,
// punctuation, and whole bracketed groups.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "generator/sketch/lexer.h"

namespace fbuild::sketch {

struct Outline;

// The tokens [first, last) as one compilation sees them: no directives, and of each #if
// that is closed within them only the first branch.
std::vector<uint32_t> one_branch(const LexedSketch& sketch, const Outline& outline, uint32_t first,
                                 uint32_t last);

struct Atom {
  enum Kind : uint8_t {
    Word,
    Punct,
    Literal,
    Parens,
    Brackets,
    Braces,
    Angles,     // template parameters or arguments
    Attribute,  // __attribute__((...)), [[...]], alignas(...), noexcept(...) and the like
    TypeOf,     // decltype(...)
  };
  Kind kind = Punct;
  uint32_t first = 0;  // [first, last) in the list of tokens that was folded
  uint32_t last = 0;
};

struct Shape {
  const LexedSketch* sketch = nullptr;
  const std::vector<uint32_t>* tokens = nullptr;
  std::vector<Atom> atoms;

  size_t size() const { return atoms.size(); }
  const Token& token(uint32_t at) const { return sketch->tokens[(*tokens)[at]]; }
  // The spelling of an atom of one token; "" for a group.
  std::string_view text(size_t atom) const {
    return atoms[atom].last - atoms[atom].first == 1 ? sketch->spelling(token(atoms[atom].first))
                                                     : std::string_view();
  }
  WordId word(size_t atom) const { return token(atoms[atom].first).word; }
  bool is(size_t atom, Atom::Kind kind) const { return atom < size() && atoms[atom].kind == kind; }
  bool is(size_t atom, std::string_view spelled) const {
    return atom < size() && (atoms[atom].kind == Atom::Word || atoms[atom].kind == Atom::Punct) &&
           text(atom) == spelled;
  }
  // The inside of a group.
  Shape inside(size_t atom) const;
};

// Folds tokens[first, last). `tokens` must outlive the result.
Shape fold(const LexedSketch& sketch, const std::vector<uint32_t>& tokens, uint32_t first,
           uint32_t last);

}  // namespace fbuild::sketch
