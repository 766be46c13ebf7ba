#include "generator/sketch/known_names.h"

#include <algorithm>

namespace fbuild::sketch {
namespace {

// More words than this from one macro are not followed any further.
constexpr size_t kLargestExpansion = 4000;

}  // namespace

KnownNames::KnownNames(const LexedSketch& sketch, const Outline& outline) : sketch_(sketch) {
  size_t words = sketch.words.size();
  introductions_.resize(words);
  first_seen_.assign(words, UINT32_MAX);
  macro_items_.assign(words, 0);
  defines_.resize(words);
  bodies_.resize(words);
  is_macro_.assign(words, false);
  pastes_.assign(words, false);
  read_directives(sketch, outline);
  for (uint32_t i = 0; i < sketch.tokens.size(); ++i) {
    const Token& token = sketch.tokens[i];
    if (token.kind == TokenKind::Word && !outline.dead[i])
      first_seen_[token.word] = std::min(first_seen_[token.word], i);
  }
  for (uint32_t n = 0; n < outline.items.size(); ++n) {
    const Item& item = outline.items[n];
    uint32_t last = item.kind == Item::Function ? item.body : item.last;
    if (item.kind == Item::Function) {
      if (std::optional<Signature> signature = read_signature(sketch, outline, item.first, last)) {
        WordId name = sketch.words.find(signature->name);
        if (name != kNoWord) introductions_[name].push_back({item.first, n, true, {}});
      }
      continue;
    }
    // MACRO(Name) and MACRO(Name); may define anything.
    bool call = last - item.first >= 3 && sketch.tokens[item.first].kind == TokenKind::Word &&
                sketch.spelling(sketch.tokens[item.first + 1]) == "(";
    if (item.kind == Item::Macro || call) {
      for (uint32_t i = item.first; i < last; ++i) {
        const Token& token = sketch.tokens[i];
        if (token.kind == TokenKind::Word && first_seen_[token.word] == i)
          macro_items_[token.word] = last;
      }
      continue;
    }
    if (sketch.spelling(sketch.tokens[item.first]) == "using") includes_.push_back(item.first);
    for (const Introduced& name : introduced_names(sketch, outline, item.first, last)) {
      std::string_view class_key =
          item.scope == Scope::Global ? name.class_key : std::string_view();
      introductions_[name.word].push_back({item.first, n, name.complete, class_key});
    }
  }
  std::sort(includes_.begin(), includes_.end());
  expand_macros();
}

void KnownNames::read_directives(const LexedSketch& sketch, const Outline& outline) {
  for (uint32_t i = 0; i < sketch.tokens.size(); ++i) {
    if (sketch.tokens[i].kind != TokenKind::Directive || outline.dead[i]) continue;
    const Directive& directive = sketch.directive(sketch.tokens[i]);
    if (directive.kind == DirectiveKind::Include) includes_.push_back(i);
    if (directive.kind != DirectiveKind::Define && directive.kind != DirectiveKind::Undef) continue;
    defines_[directive.name].push_back(i);
    if (directive.kind == DirectiveKind::Undef) continue;
    introductions_[directive.name].push_back({i, UINT32_MAX, true, {}});
    is_macro_[directive.name] = true;
    if (directive.pastes) pastes_[directive.name] = true;
    std::vector<WordId>& body = bodies_[directive.name];
    body.insert(body.end(), directive.words.begin(), directive.words.end());
  }
}

void KnownNames::expand_macros() {
  expansions_.resize(bodies_.size());
  std::vector<uint32_t> visited(bodies_.size(), UINT32_MAX);
  for (WordId macro = 0; macro < bodies_.size(); ++macro) {
    if (!is_macro_[macro]) continue;
    Expansion& expansion = expansions_[macro];
    std::vector<WordId> open = {macro};
    visited[macro] = macro;
    while (!open.empty() && expansion.words.size() < kLargestExpansion) {
      WordId next = open.back();
      open.pop_back();
      if (pastes_[next]) expansion.pastes = true;
      for (WordId word : bodies_[next]) {
        if (visited[word] == macro) continue;
        visited[word] = macro;
        expansion.words.push_back(word);
        if (is_macro_[word]) open.push_back(word);
      }
    }
  }
}

const KnownNames::Expansion* KnownNames::expansion(WordId macro) const {
  return is_macro_[macro] ? &expansions_[macro] : nullptr;
}

Knowledge KnownNames::at(WordId word, uint32_t at, const Item& item, bool complete,
                         std::string* announce) const {
  const std::vector<Introduction>& introductions = introductions_[word];
  if (!introductions.empty()) {
    for (const Introduction& introduction : introductions) {
      if (introduction.first < at && (introduction.complete || !complete)) return Knowledge::Known;
    }
    for (const Introduction& introduction : introductions) {
      if (introduction.first != item.first || introduction.class_key.empty() || complete) continue;
      *announce = std::string(introduction.class_key) + " " + sketch_.words.text(word) + ";";
      return Knowledge::Known;
    }
    return Knowledge::Missing;
  }
  if (is_core_type(sketch_.words.text(word))) return Knowledge::Known;
  uint32_t seen = first_seen_[word];
  if (macro_items_[word] > at) return Knowledge::Missing;
  if (seen < at || (seen >= item.first && seen < item.last)) return Knowledge::Known;
  auto include = std::upper_bound(includes_.begin(), includes_.end(), at);
  return include != includes_.end() && *include < seen ? Knowledge::Doubtful : Knowledge::Known;
}

bool KnownNames::redefined(const std::vector<WordId>& macros, uint32_t from, uint32_t to) const {
  for (WordId macro : macros) {
    if (macro >= defines_.size()) continue;
    for (uint32_t token : defines_[macro]) {
      if (token > from && token < to) return true;
    }
  }
  return false;
}

}  // namespace fbuild::sketch
