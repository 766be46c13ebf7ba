#include "generator/sketch/shape.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "generator/sketch/scan.h"

namespace fbuild::sketch {
namespace {

// A template argument list longer than this is taken for a comparison.
constexpr uint32_t kLongestAngles = 400;

bool takes_attribute_parens(std::string_view word) {
  constexpr std::array<std::string_view, 11> words = {
      "__attribute__", "__attribute", "alignas", "_Alignas", "noexcept", "throw",
      "__declspec",    "asm",         "__asm__", "__asm",    "requires"};
  for (std::string_view each : words) {
    if (word == each) return true;
  }
  return false;
}

bool names_a_type(std::string_view word) {
  return word == "decltype" || word == "typeof" || word == "__typeof__" || word == "__typeof";
}

class Folder {
 public:
  Folder(const LexedSketch& sketch, const std::vector<uint32_t>& tokens)
      : sketch_(sketch), tokens_(tokens) {}

  std::vector<Atom> run(uint32_t first, uint32_t last) {
    std::vector<Atom> atoms;
    for (uint32_t i = first; i < last;) {
      Atom atom;
      atom.first = i;
      atom.last = i + 1;
      const Token& token = sketch_.tokens[tokens_[i]];
      if (token.kind == TokenKind::Word) {
        atom.kind = Atom::Word;
      } else if (token.kind != TokenKind::Punct) {
        atom.kind = Atom::Literal;
      } else {
        punct(atom, atoms, last);
      }
      i = atom.last;
      if (!atoms.empty() && atom.kind == Atom::Parens && atoms.back().kind == Atom::Word) {
        std::string_view word = text(atoms.back().first);
        if (takes_attribute_parens(word) || names_a_type(word)) {
          atoms.back().kind = takes_attribute_parens(word) ? Atom::Attribute : Atom::TypeOf;
          atoms.back().last = atom.last;
          continue;
        }
      }
      atoms.push_back(atom);
    }
    return atoms;
  }

 private:
  std::string_view text(uint32_t i) const {
    const Token& token = sketch_.tokens[tokens_[i]];
    return token.kind == TokenKind::Punct || token.kind == TokenKind::Word ? sketch_.spelling(token)
                                                                           : std::string_view();
  }

  void punct(Atom& atom, const std::vector<Atom>& before, uint32_t last) const {
    std::string_view spelled = text(atom.first);
    atom.kind = Atom::Punct;
    if (spelled == "(" || spelled == "[" || spelled == "{") {
      atom.kind = spelled == "(" ? Atom::Parens : spelled == "[" ? Atom::Brackets : Atom::Braces;
      atom.last = group_end(atom.first, last);
      if (spelled == "[" && atom.first + 1 < atom.last && text(atom.first + 1) == "[")
        atom.kind = Atom::Attribute;
    } else if (spelled == "<" && !before.empty() && before.back().kind == Atom::Word &&
               text(before.back().first) != "operator") {
      if (uint32_t end = angles_end(atom.first, last); end != 0) {
        atom.kind = Atom::Angles;
        atom.last = end;
      }
    }
  }

  uint32_t group_end(uint32_t open, uint32_t last) const {
    uint32_t depth = 0;
    for (uint32_t i = open; i < last; ++i) {
      std::string_view spelled = text(i);
      if (spelled == "(" || spelled == "[" || spelled == "{") ++depth;
      if ((spelled == ")" || spelled == "]" || spelled == "}") && --depth == 0) return i + 1;
    }
    return last;
  }

  uint32_t angles_end(uint32_t open, uint32_t last) const {
    last = std::min(last, open + kLongestAngles);
    uint32_t depth = 0;
    for (uint32_t i = open; i < last;) {
      std::string_view spelled = text(i);
      if (spelled == "(" || spelled == "[" || spelled == "{") {
        i = group_end(i, last);
        continue;
      }
      if (spelled == ";" || spelled == ")" || spelled == "]" || spelled == "}") return 0;
      if (spelled == "<") ++depth;
      if (spelled == ">") --depth;
      ++i;
      if (depth == 0) return i;
    }
    return 0;
  }

  const LexedSketch& sketch_;
  const std::vector<uint32_t>& tokens_;
};

}  // namespace

std::vector<uint32_t> one_branch(const LexedSketch& sketch, const Outline& outline, uint32_t first,
                                 uint32_t last) {
  std::vector<uint32_t> out;
  uint32_t goal = last < sketch.tokens.size() ? sketch.tokens[last].context
                                              : (last > first ? sketch.tokens[first].context : 0);
  std::unordered_map<uint32_t, uint32_t> chosen;  // number of an #if: the branch that is read
  uint32_t latest = UINT32_MAX;
  bool take = false;
  for (uint32_t i = first; i < last; ++i) {
    const Token& token = sketch.tokens[i];
    if (token.kind == TokenKind::Directive || outline.dead[i]) continue;
    if (token.context != latest) {
      latest = token.context;
      take = outline.compatible(latest, goal);
      for (uint32_t c = latest; take && c != 0 && !outline.encloses(c, goal);
           c = outline.contexts[c].parent) {
        take = chosen.try_emplace(outline.contexts[c].group, c).first->second == c;
      }
    }
    if (take) out.push_back(i);
  }
  return out;
}

Shape Shape::inside(size_t atom) const {
  const Atom& group = atoms[atom];
  uint32_t last = group.last > group.first + 1 ? group.last - 1 : group.last;
  return fold(*sketch, *tokens, std::min(group.first + 1, last), last);
}

Shape fold(const LexedSketch& sketch, const std::vector<uint32_t>& tokens, uint32_t first,
           uint32_t last) {
  Shape shape;
  shape.sketch = &sketch;
  shape.tokens = &tokens;
  shape.atoms = Folder(sketch, tokens).run(first, last);
  return shape;
}

}  // namespace fbuild::sketch
