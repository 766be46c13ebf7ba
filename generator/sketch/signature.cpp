#include "generator/sketch/signature.h"

#include <algorithm>
#include <array>

#include "generator/sketch/scan.h"
#include "generator/sketch/shape.h"

namespace fbuild::sketch {
namespace {

constexpr size_t kNowhere = SIZE_MAX;

template <size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_class_key(std::string_view word) {
  return word == "class" || word == "struct" || word == "union" || word == "enum";
}

// Words before a declared name that say nothing about its type.
bool is_specifier(std::string_view word) {
  constexpr std::array<std::string_view, 25> words = {
      "static",   "inline",     "extern",     "constexpr",    "consteval", "constinit", "const",
      "volatile", "register",   "mutable",    "thread_local", "template",  "typedef",   "virtual",
      "explicit", "friend",     "typename",   "struct",       "class",     "union",     "enum",
      "__inline", "__inline__", "__restrict", "__restrict__"};
  return one_of(word, words);
}

// Whether an atom can be (the end of) a type.
bool is_typeish(const Shape& shape, size_t atom) {
  if (shape.is(atom, Atom::TypeOf) || shape.is(atom, Atom::Angles)) return true;
  if (!shape.is(atom, Atom::Word)) return false;
  std::string_view word = shape.text(atom);
  if (is_specifier(word)) return false;
  constexpr std::array<std::string_view, 16> built_in = {
      "void", "bool",   "char",     "short",   "int",   "long",    "float",    "double",
      "auto", "signed", "unsigned", "wchar_t", "_Bool", "char8_t", "char16_t", "char32_t"};
  return !is_keyword(word) || one_of(word, built_in);
}

bool any_typeish(const Shape& shape, size_t first, size_t last) {
  for (size_t i = first; i < last; ++i) {
    // Angles count only as part of a name, not behind `template`.
    if (shape.is(i, Atom::Angles)) continue;
    if (is_typeish(shape, i)) return true;
  }
  return false;
}

bool is_name(const Shape& shape, size_t atom) {
  return shape.is(atom, Atom::Word) && !is_keyword(shape.text(atom));
}

// One past the atom after which only the qualifiers of a function follow; 0 if what is
// left does not end like a function's head. Cuts "-> type" and ": member(value)".
struct Head {
  size_t end = 0;
  bool member_inits = false;
  bool trailing_return = false;
};

Head function_head(const Shape& shape) {
  Head head;
  size_t end = shape.size();
  bool seen_parens = false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape.is(i, Atom::Parens)) seen_parens = true;
    bool after_operator = i > 0 && shape.is(i - 1, "operator");
    if (after_operator) continue;
    if (shape.is(i, "=")) return {};
    if (!seen_parens) {
      if (shape.is(i, ",")) return {};
      continue;
    }
    if (shape.is(i, "->")) {
      head.trailing_return = true;
      end = i;
      break;
    }
    if (shape.is(i, ":")) {
      head.member_inits = true;
      end = i;
      break;
    }
    if (shape.is(i, ",")) return {};
  }
  constexpr std::array<std::string_view, 9> qualifiers = {
      "const", "volatile", "noexcept", "override", "final", "mutable", "try", "&", "&&"};
  while (end > 0) {
    size_t last = end - 1;
    bool qualifier = shape.is(last, Atom::Attribute) ||
                     ((shape.is(last, Atom::Word) || shape.is(last, Atom::Punct)) &&
                      one_of(shape.text(last), qualifiers));
    if (!qualifier && !(is_name(shape, last) && last > 0)) break;  // a name here: some macro
    --end;
  }
  // int (&name(int))[3] ends with the size of the array it returns.
  size_t parens = end;
  while (parens > 0 && shape.is(parens - 1, Atom::Brackets)) --parens;
  if (parens == 0 || !shape.is(parens - 1, Atom::Parens)) return {};
  if (parens < end && !shape.inside(parens - 1).is(0, "&") && !shape.inside(parens - 1).is(0, "*"))
    return {};
  head.end = end;
  return head;
}

// Where the parts of a function's declarator are.
struct Declarator {
  std::string name;
  size_t name_atom = kNowhere;       // the first atom of the name at this level
  Shape parameters;                  // inside the parentheses
  uint32_t name_token = UINT32_MAX;  // place of the name's word in the folded list
  bool qualified = false;
  bool specialization = false;
  bool pointer = false;  // returns a pointer or reference to a function or an array
};

// `(*name(parameters))` at atom `at`: the head of a function that returns a pointer.
std::optional<Declarator> pointer_declarator(const Shape& shape, size_t at) {
  Shape inner = shape.inside(at);
  if (inner.size() == 0 || (!inner.is(0, "*") && !inner.is(0, "&") && !inner.is(0, "&&")))
    return std::nullopt;
  for (size_t i = 1; i < inner.size(); ++i) {
    if (!inner.is(i, Atom::Parens)) continue;
    if (!is_name(inner, i - 1)) return std::nullopt;
    Declarator out;
    out.name = inner.text(i - 1);
    out.name_atom = at;
    out.name_token = inner.atoms[i - 1].first;
    out.parameters = inner.inside(i);
    out.pointer = true;
    out.qualified = i >= 2 && inner.is(i - 2, "::");
    return out;
  }
  return std::nullopt;
}

std::optional<Declarator> operator_declarator(const Shape& shape, size_t end) {
  for (size_t i = 0; i < end; ++i) {
    if (!shape.is(i, "operator")) continue;
    Declarator out;
    out.name = "operator";
    out.name_atom = i;
    out.qualified = i > 0 && shape.is(i - 1, "::");
    for (size_t k = i + 1; k < end; ++k) {
      if (shape.is(k, Atom::Parens) && !(k == i + 1 && shape.is(k + 1, Atom::Parens))) {
        out.parameters = shape.inside(k);
        return out;
      }
      for (uint32_t t = shape.atoms[k].first; t < shape.atoms[k].last; ++t)
        out.name += shape.sketch->spelling(shape.token(t));
    }
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Declarator> find_declarator(const Shape& shape, size_t end) {
  if (std::optional<Declarator> found = operator_declarator(shape, end)) return found;
  for (size_t at = 1; at < end; ++at) {
    if (!shape.is(at, Atom::Parens)) continue;
    bool group_follows =
        at + 1 < end && (shape.is(at + 1, Atom::Parens) || shape.is(at + 1, Atom::Brackets));
    if (group_follows && any_typeish(shape, 0, at)) {
      if (std::optional<Declarator> found = pointer_declarator(shape, at)) return found;
      Shape inner = shape.inside(at);
      if (inner.size() == 1 && is_name(inner, 0) && shape.is(at + 1, Atom::Parens) &&
          !is_name(shape, at - 1)) {
        Declarator out;
        out.name = inner.text(0);
        out.name_atom = at;
        out.name_token = inner.atoms[0].first;
        out.parameters = shape.inside(at + 1);
        return out;
      }
    }
    size_t name = at - 1;
    bool specialization = shape.is(name, Atom::Angles) && name > 0;
    if (specialization) --name;
    if (!is_name(shape, name)) continue;
    bool qualified = name > 0 && (shape.is(name - 1, "::") || shape.is(name - 1, "~"));
    if (!qualified && !any_typeish(shape, 0, name)) continue;
    if (group_follows && shape.is(at + 1, Atom::Parens)) return std::nullopt;  // NAME(x)(int a)
    Declarator out;
    out.name = shape.text(name);
    out.name_atom = name;
    out.name_token = shape.atoms[name].first;
    out.parameters = shape.inside(at);
    out.qualified = qualified;
    out.specialization = specialization;
    return out;
  }
  return std::nullopt;
}

// Collects what a declaration needs to know from its parameters and template heads.
class Reader {
 public:
  Reader(Signature& out, const std::vector<uint32_t>& tokens)
      : out_(out), tokens_(tokens), skip_(tokens.size(), false) {}

  // Words of the folded tokens [first, last) that are left: types.
  void finish(const LexedSketch& sketch, uint32_t first, uint32_t last) {
    for (uint32_t i = first; i < last; ++i) {
      const Token& token = sketch.tokens[tokens_[i]];
      if (skip_[i] || token.kind != TokenKind::Word || is_keyword(sketch.words.text(token.word)))
        continue;
      if (std::find(template_names_.begin(), template_names_.end(), token.word) !=
          template_names_.end())
        continue;
      out_.types.push_back(token.word);
      if (i + 1 < last && sketch.spelling(sketch.tokens[tokens_[i + 1]]) == "::")
        out_.full_types.push_back(token.word);
    }
  }

  void skip(uint32_t first, uint32_t last) {
    for (uint32_t i = first; i < last; ++i) skip_[i] = true;
  }

  void template_head(const Shape& list) {
    for (auto [first, last] : split(list)) {
      last = cut_default(list, first, last);
      if (last == first) continue;
      size_t name = last - 1;
      if (is_name(list, name) && name > first && !list.is(name - 1, "::"))
        template_names_.push_back(list.word(name));
    }
  }

  void parameters(const Shape& list, bool outermost) {
    if (list.size() == 0 || (list.size() == 1 && list.is(0, "void"))) return;
    for (auto [first, last] : split(list)) {
      if (outermost) ++out_.parameters;
      last = cut_default(list, first, last);
      parameter(list, first, last);
      out_.key += ',';
    }
  }

  // Parameters of a parameter: only their names matter.
  void nested(const Shape& list) {
    std::string key;
    std::swap(key, out_.key);
    parameters(list, false);
    std::swap(key, out_.key);
  }

 private:
  // The pieces between commas.
  static std::vector<std::pair<size_t, size_t>> split(const Shape& list) {
    std::vector<std::pair<size_t, size_t>> pieces;
    size_t first = 0;
    for (size_t i = 0; i <= list.size(); ++i) {
      if (i < list.size() && !list.is(i, ",")) continue;
      if (i > first) pieces.emplace_back(first, i);
      first = i + 1;
    }
    return pieces;
  }

  // The end of a parameter without its default argument, which is noted and taken out.
  size_t cut_default(const Shape& list, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      if (!list.is(i, "=")) continue;
      uint32_t begin = list.atoms[i].first, end = list.atoms[last - 1].last;
      out_.defaults.push_back({tokens_[begin], tokens_[end - 1] + 1});
      for (uint32_t t = begin; t < end; ++t) {
        const Token& token = list.token(t);
        if (token.kind == TokenKind::Word && !is_keyword(list.sketch->words.text(token.word)))
          out_.default_words.push_back(token.word);
      }
      skip(begin, end);
      return i;
    }
    return last;
  }

  void key(const Shape& list, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      for (uint32_t t = list.atoms[i].first; t < list.atoms[i].last; ++t) {
        if (skip_[t]) continue;
        out_.key += list.sketch->spelling(list.token(t));
        out_.key += ' ';
      }
    }
  }

  void parameter(const Shape& list, size_t first, size_t last) {
    size_t end = last;
    for (size_t i = first; i < last; ++i) {
      if (list.is(i, Atom::Attribute)) skip(list.atoms[i].first, list.atoms[i].last);
      if (list.is(i, "...")) out_.variadic = true;
      if (list.is(i, Atom::Parens) && i > first) {
        Shape inner = list.inside(i);
        size_t name = inner.size();
        while (name > 0 && inner.is(name - 1, Atom::Brackets)) --name;
        bool pointer = inner.is(0, "*") || inner.is(0, "&") || inner.is(0, "&&") ||
                       (inner.size() > 2 && inner.is(1, "::"));
        if (pointer && name > 0 && is_name(inner, name - 1))
          skip(inner.atoms[name - 1].first, inner.atoms[name - 1].last);
        bool parameters_follow = list.is(i + 1, Atom::Parens) && i + 1 < last;
        if (pointer && parameters_follow) nested(list.inside(i + 1));
        if (!pointer && is_name(list, i - 1) &&
            any_typeish(list, first, i - 1)) {  // a function type: void callback(int)
          skip(list.atoms[i - 1].first, list.atoms[i - 1].last);
          nested(inner);
        }
        key(list, first, last);
        return;
      }
    }
    while (end > first && (list.is(end - 1, Atom::Brackets) || list.is(end - 1, Atom::Attribute)))
      --end;
    if (end > first + 1 && is_name(list, end - 1) && !list.is(end - 2, "::")) {
      bool has_type = false;
      for (size_t i = first; i + 1 < end; ++i)
        has_type |= is_typeish(list, i) || list.is(i, Atom::Angles);
      if (has_type) skip(list.atoms[end - 1].first, list.atoms[end - 1].last);
    }
    key(list, first, last);
  }

  Signature& out_;
  const std::vector<uint32_t>& tokens_;
  std::vector<bool> skip_;
  std::vector<WordId> template_names_;
};

// Attribute macros of microcontroller cores that put a function into a section made from
// __COUNTER__: two uses of them contradict each other, so a declaration goes without.
bool is_section_macro(std::string_view word) {
  return word.size() > 5 && word.substr(word.size() - 5) == "_ATTR";
}

// Atoms to leave out at the front: a macro word on a line of its own before what is a
// whole declaration by itself.
size_t leading_macros(const Shape& shape) {
  size_t at = 0;
  while (at + 1 < shape.size() && is_name(shape, at)) {
    size_t next = at + 1;
    if (shape.is(next, Atom::Parens)) ++next;
    if (next >= shape.size() || !shape.is(next, Atom::Word)) break;
    const Token& last = shape.token(shape.atoms[next - 1].last - 1);
    const Token& after = shape.token(shape.atoms[next].first);
    if (last.file == after.file && last.line == after.line) break;
    bool whole = is_keyword(shape.text(next)) || shape.is(next + 1, Atom::Word) ||
                 shape.is(next + 1, "*") || shape.is(next + 1, "&") || shape.is(next + 1, "::") ||
                 shape.is(next + 1, Atom::Angles);
    if (!whole) break;
    at = next;
  }
  return at;
}

// The tokens to write for a declaration: with the directives in it if they are all opened
// and closed there, else one branch of it.
void choose_tokens(Signature& out, const LexedSketch& sketch, const Outline& outline,
                   const std::vector<uint32_t>& plain, uint32_t last) {
  uint32_t begin_context = sketch.tokens[plain.front()].context;
  uint32_t end_context = last < sketch.tokens.size() ? sketch.tokens[last].context : begin_context;
  out.context = end_context;
  if (!outline.encloses(end_context, begin_context)) {
    out.tokens = plain;
    return;
  }
  for (uint32_t c = begin_context; c != end_context; c = outline.contexts[c].parent) {
    const std::vector<uint32_t>& directives = outline.contexts[c].directives;
    out.tokens.insert(out.tokens.begin(), directives.begin(), directives.end());
  }
  for (uint32_t i = plain.front(); i < last; ++i) {
    bool in_front = i <= plain.back();
    if (outline.dead[i] && sketch.tokens[i].kind != TokenKind::Directive) continue;
    if (!in_front && sketch.spelling(sketch.tokens[i]) == "try") continue;
    out.tokens.push_back(i);
  }
}

}  // namespace

BraceKind classify_brace(const LexedSketch& sketch, const Outline& outline, uint32_t first,
                         uint32_t brace) {
  std::vector<uint32_t> tokens = one_branch(sketch, outline, first, brace);
  Shape shape = fold(sketch, tokens, 0, static_cast<uint32_t>(tokens.size()));
  size_t start = leading_macros(shape);
  if (shape.is(start, "extern") && shape.is(start + 1, Atom::Literal) && shape.size() == start + 2)
    return BraceKind::ExternC;
  if (shape.is(start, "namespace") ||
      (shape.is(start, "inline") && shape.is(start + 1, "namespace")))
    return BraceKind::Namespace;
  Head head = function_head(shape);
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape.is(i, "=") && !(i > 0 && shape.is(i - 1, "operator"))) return BraceKind::Value;
    if (!shape.is(i, Atom::Word) || !is_class_key(shape.text(i))) continue;
    bool function = false;
    for (size_t k = i + 1; k < head.end; ++k) {
      if (shape.is(k, Atom::Parens) && k + 1 == head.end && k > i + 1) function = true;
    }
    if (!function) return BraceKind::Type;
  }
  if (head.end == 0) return BraceKind::Value;
  if (head.member_inits) {
    size_t last = shape.size() - 1;
    if (shape.is(last, Atom::Word) || shape.is(last, Atom::Angles)) return BraceKind::MemberInit;
  }
  return BraceKind::Function;
}

std::optional<Signature> read_signature(const LexedSketch& sketch, const Outline& outline,
                                        uint32_t first, uint32_t last) {
  std::vector<uint32_t> tokens = one_branch(sketch, outline, first, last);
  if (tokens.empty()) return std::nullopt;
  if (sketch.spelling(sketch.tokens[tokens.back()]) == "try") tokens.pop_back();
  Shape shape = fold(sketch, tokens, 0, static_cast<uint32_t>(tokens.size()));
  if (size_t macros = leading_macros(shape); macros > 0) {
    tokens.erase(tokens.begin(), tokens.begin() + shape.atoms[macros].first);
    shape = fold(sketch, tokens, 0, static_cast<uint32_t>(tokens.size()));
  }
  Head head = function_head(shape);
  if (head.end == 0 || head.member_inits) return std::nullopt;
  std::optional<Declarator> declarator = find_declarator(shape, head.end);
  if (!declarator) return std::nullopt;

  Signature out;
  out.name = declarator->name;
  out.qualified = declarator->qualified;
  out.specialization = declarator->specialization;
  out.first = tokens.front();
  Reader reader(out, tokens);
  if (declarator->name_token != UINT32_MAX)
    reader.skip(declarator->name_token, declarator->name_token + 1);
  bool has_auto = false;
  std::vector<uint32_t> dropped;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape.is(i, Atom::Attribute)) reader.skip(shape.atoms[i].first, shape.atoms[i].last);
    if (i > declarator->name_atom) continue;
    if (shape.is(i, "typedef") || shape.is(i, "using") || shape.is(i, "friend"))
      return std::nullopt;
    if (shape.is(i, "auto")) has_auto = true;
    if (shape.is(i, Atom::TypeOf) && shape.inside(i).size() == 1 && shape.inside(i).is(0, "auto"))
      has_auto = true;
    if (shape.is(i, "template")) {
      if (!shape.is(i + 1, Atom::Angles)) return std::nullopt;  // an explicit instantiation
      Shape list = shape.inside(i + 1);
      if (list.size() == 0) out.specialization = true;
      reader.template_head(list);
      out.template_defaults = !out.defaults.empty();
    }
    if (i != declarator->name_atom && is_name(shape, i) && is_section_macro(shape.text(i))) {
      reader.skip(shape.atoms[i].first, shape.atoms[i].last);
      dropped.push_back(tokens[shape.atoms[i].first]);
    }
  }
  out.deduced = has_auto && !head.trailing_return;
  reader.parameters(declarator->parameters, true);
  // void (*name(int))(int code): the parameters of the function that is returned.
  if (shape.is(declarator->name_atom, Atom::Parens) &&
      shape.is(declarator->name_atom + 1, Atom::Parens) && declarator->pointer)
    reader.nested(shape.inside(declarator->name_atom + 1));
  reader.finish(sketch, 0, static_cast<uint32_t>(tokens.size()));
  out.main_function =
      (out.name == "setup" || out.name == "loop") && out.parameters == 0 && !out.qualified;
  choose_tokens(out, sketch, outline, tokens, last);
  std::erase_if(out.tokens, [&](uint32_t i) {
    return std::find(dropped.begin(), dropped.end(), i) != dropped.end();
  });
  return out;
}

}  // namespace fbuild::sketch
