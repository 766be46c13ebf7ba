#include "generator/sketch/prototypes.h"

#include <algorithm>
#include <array>

#include "generator/sketch/known_names.h"

namespace fbuild::sketch {
namespace {

// Arguments of a call are counted no further than this many tokens.
constexpr uint32_t kLongestCall = 2000;

// A name with more definitions than this is not looked at: nobody writes so many overloads.
constexpr size_t kMostOverloads = 100;

// One use of a function's name before its definition.
struct Mention {
  uint32_t item = 0;
  uint32_t token = 0;
  bool sure = false;            // reads like a call or a value, not like a declaration
  bool wants_defaults = false;  // a call with fewer arguments than parameters
};

struct Declared {
  uint32_t token = 0;
  uint32_t context = 0;
};

class Planner {
 public:
  Planner(const LexedSketch& sketch, const Outline& outline)
      : sketch_(sketch), outline_(outline), names_(sketch, outline) {
    out_.functions = find_functions(sketch, outline);
    mentions_.resize(out_.functions.size());
    by_word_.resize(sketch.words.size());
    declared_.resize(out_.functions.size());
    finished_.assign(out_.functions.size(), false);
  }

  Prototypes run() {
    for (uint32_t f = 0; f < out_.functions.size(); ++f) {
      const Signature& signature = out_.functions[f].signature;
      if (signature.qualified || signature.specialization || signature.deduced ||
          signature.name == "main")
        continue;
      std::vector<uint32_t>& overloads = by_name_[signature.name];
      if (overloads.size() >= kMostOverloads) continue;
      overloads.push_back(f);
      candidates_.push_back(f);
      WordId word = mention_word(signature.name);
      if (word != kNoWord) by_word_[word].push_back(f);
    }
    if (candidates_.empty()) return std::move(out_);
    find_declarations();
    for (uint32_t n = 0; n < outline_.items.size(); ++n) find_mentions(n);
    for (uint32_t f : candidates_) place(f);
    std::stable_sort(out_.prototypes.begin(), out_.prototypes.end(),
                     [](const Prototype& a, const Prototype& b) { return a.before < b.before; });
    return std::move(out_);
  }

 private:
  // The word by which a function is used: its name, or the operator.
  WordId mention_word(const std::string& name) const {
    if (!is_operator(name)) return sketch_.words.find(name);
    std::string symbol = name.substr(8);
    return sketch_.words.find(symbol == ">>" ? ">" : symbol == ">>=" ? ">=" : symbol);
  }

  static bool is_operator(const std::string& name) {
    return name.size() > 8 && name.compare(0, 8, "operator") == 0 &&
           !(std::isalnum(static_cast<unsigned char>(name[8])) || name[8] == '_');
  }

  // Functions that the sketch declares itself.
  void find_declarations() {
    declares_.assign(outline_.items.size(), kNoWord);
    for (uint32_t n = 0; n < outline_.items.size(); ++n) {
      const Item& item = outline_.items[n];
      if (item.kind != Item::Declaration || item.scope == Scope::Namespace ||
          item.last == item.first)
        continue;
      std::optional<Signature> signature =
          read_signature(sketch_, outline_, item.first, item.last - 1);
      if (!signature) continue;
      declares_[n] = mention_word(signature->name);
      auto same_name = by_name_.find(signature->name);
      if (same_name == by_name_.end()) continue;
      for (uint32_t f : same_name->second) {
        if (out_.functions[f].signature.key != signature->key) continue;
        uint32_t context = sketch_.tokens[item.first].context;
        declared_[f].push_back({item.first, context});
        if (outline_.encloses(context, out_.functions[f].signature.context)) finished_[f] = true;
      }
    }
  }

  void find_mentions(uint32_t n) {
    const Item& item = outline_.items[n];
    if (item.kind == Item::Block) return;
    for (uint32_t i = item.first; i < item.last; ++i) {
      const Token& token = sketch_.tokens[i];
      if (outline_.dead[i] || (token.kind != TokenKind::Word && token.kind != TokenKind::Punct))
        continue;
      for (uint32_t f : by_word_[token.word]) mention(n, i, f);
      if (token.kind != TokenKind::Word) continue;
      const KnownNames::Expansion* expansion = names_.expansion(token.word);
      if (!expansion) continue;
      for (WordId word : expansion->words) {
        for (uint32_t f : by_word_[word]) add_mention(f, {n, i, true, true});
      }
      // Pasted names cannot be told: they may be any.
      if (expansion->pastes) {
        for (uint32_t f : candidates_) add_mention(f, {n, i, false, true});
      }
    }
  }

  void mention(uint32_t n, uint32_t i, uint32_t f) {
    const Signature& signature = out_.functions[f].signature;
    if (finished_[f] || i >= signature.first || declares_[n] == sketch_.tokens[i].word) return;
    Mention found{n, i, false, false};
    if (!is_operator(signature.name)) {
      std::string_view before = i > 0 ? spelling(i - 1) : "";
      std::string_view after = i + 1 < sketch_.tokens.size() ? spelling(i + 1) : "";
      if (before == "." || before == "->") return;
      if (before == "::" && i > 1 && is_qualifier(i - 2)) return;
      bool ends = after == "(" || after == "," || after == ")" || after == ";" || after == "}" ||
                  after == "<";
      found.sure = ends && !reads_as_type(i - 1, i);
      found.wants_defaults =
          signature.template_defaults ||
          (after == "(" && !signature.defaults.empty() && arguments(i + 1) < signature.parameters);
    }
    add_mention(f, found);
  }

  std::string_view spelling(uint32_t i) const {
    return sketch_.tokens[i].kind == TokenKind::Directive ? std::string_view()
                                                          : sketch_.spelling(sketch_.tokens[i]);
  }

  bool is_qualifier(uint32_t i) const {
    if (spelling(i) == ">") return true;
    return sketch_.tokens[i].kind == TokenKind::Word && !is_keyword(spelling(i));
  }

  // Whether the token before a name makes it the name of something declared there.
  bool reads_as_type(uint32_t i, uint32_t name) const {
    if (name == 0 || sketch_.tokens[i].kind != TokenKind::Word) return false;
    constexpr std::array<std::string_view, 12> words = {
        "return", "else", "do",  "case",      "throw",    "and",
        "or",     "not",  "xor", "co_return", "co_yield", "co_await"};
    return std::find(words.begin(), words.end(), spelling(i)) == words.end();
  }

  // How many arguments the call has whose '(' is token `open`.
  uint32_t arguments(uint32_t open) const {
    uint32_t count = 0, depth = 0;
    uint32_t end =
        std::min<uint32_t>(static_cast<uint32_t>(sketch_.tokens.size()), open + kLongestCall);
    for (uint32_t i = open; i < end; ++i) {
      std::string_view text = spelling(i);
      if (text == "(" || text == "[" || text == "{") {
        ++depth;
      } else if (text == ")" || text == "]" || text == "}") {
        if (--depth == 0) return count;
      } else if (text == "," && depth == 1) {
        ++count;
      }
      if (i == open + 1) ++count;
    }
    return count;
  }

  void add_mention(uint32_t f, const Mention& mention) {
    if (finished_[f] || mention.token >= out_.functions[f].signature.first) return;
    if (out_.functions[f].item == mention.item) return;
    mentions_[f].push_back(mention);
  }

  // The token before which text for `mention` goes, in a branch that is around `inner` too.
  uint32_t climb(uint32_t before, uint32_t inner) const {
    while (!outline_.encloses(sketch_.tokens[before].context, inner)) {
      before = outline_.contexts[sketch_.tokens[before].context].directives.front();
    }
    return before;
  }

  bool knows(const Signature& signature, uint32_t before, const Mention& mention,
             std::vector<std::string>& announced) const {
    const Item& item = outline_.items[mention.item];
    for (WordId type : signature.types) {
      bool complete = std::find(signature.full_types.begin(), signature.full_types.end(), type) !=
                      signature.full_types.end();
      std::string announce;
      Knowledge knowledge = names_.at(type, before, item, complete, &announce);
      if (knowledge == Knowledge::Missing || (knowledge == Knowledge::Doubtful && !mention.sure))
        return false;
      if (announce.empty()) continue;
      if (!mention.sure) return false;
      if (std::find(announced.begin(), announced.end(), announce) == announced.end())
        announced.push_back(announce);
    }
    return true;
  }

  bool knows_defaults(const Signature& signature, uint32_t before, const Mention& mention) const {
    for (const TokenRange& range : signature.defaults) {
      for (uint32_t i = range.first; i < range.last; ++i) {
        if (sketch_.tokens[i].kind == TokenKind::Directive) return false;
      }
    }
    for (WordId word : signature.default_words) {
      std::string announce;
      if (names_.at(word, before, outline_.items[mention.item], true, &announce) !=
          Knowledge::Known)
        return false;
    }
    return true;
  }

  // The #if branches that a declaration of `signature` before token `before` must repeat.
  // Returns whether they mean the same there as at the definition.
  bool guard(Prototype& prototype, const Signature& signature) const {
    bool reliable = true;
    uint32_t here = sketch_.tokens[prototype.before].context;
    std::vector<uint32_t> branches;
    for (uint32_t c = signature.context; !outline_.encloses(c, here);
         c = outline_.contexts[c].parent)
      branches.push_back(c);
    for (size_t b = branches.size(); b-- > 0;) {
      const std::vector<uint32_t>& directives = outline_.contexts[branches[b]].directives;
      for (uint32_t i : directives) {
        reliable &= !names_.redefined(sketch_.directive(sketch_.tokens[i]).words, prototype.before,
                                      directives.front());
      }
      prototype.guards.insert(prototype.guards.end(), directives.begin(), directives.end());
      ++prototype.guard_count;
    }
    return reliable;
  }

  // Whether all definitions of this name declare the same thing.
  bool same_in_all_branches(const Signature& signature) const {
    std::string text = declared_text(signature);
    const std::vector<uint32_t>& functions = by_name_.find(signature.name)->second;
    return std::all_of(functions.begin(), functions.end(), [&](uint32_t f) {
      return declared_text(out_.functions[f].signature) == text;
    });
  }

  std::string declared_text(const Signature& signature) const {
    std::string text;
    for (uint32_t i : signature.tokens) {
      bool is_default =
          std::any_of(signature.defaults.begin(), signature.defaults.end(),
                      [&](const TokenRange& range) { return i >= range.first && i < range.last; });
      if (is_default) continue;
      text += spelling(i);
      text += ' ';
    }
    return text;
  }

  void place(uint32_t f) {
    if (finished_[f]) return;
    const Signature& signature = out_.functions[f].signature;
    std::vector<Declared>& covered = declared_[f];
    bool defaults_given = false;
    for (const Mention& mention : mentions_[f]) {
      uint32_t context = sketch_.tokens[mention.token].context;
      if (!outline_.compatible(context, signature.context)) continue;
      bool is_covered = std::any_of(covered.begin(), covered.end(), [&](const Declared& each) {
        return each.token <= mention.token && outline_.encloses(each.context, context);
      });
      bool wants_defaults =
          mention.wants_defaults && !signature.defaults.empty() && !defaults_given;
      if (is_covered && !wants_defaults) continue;
      Prototype prototype;
      prototype.function = f;
      uint32_t insert = outline_.items[mention.item].insert;
      if (wants_defaults) {
        prototype.before = climb(climb(insert, context), signature.context);
        wants_defaults = knows(signature, prototype.before, mention, prototype.announced) &&
                         knows_defaults(signature, prototype.before, mention) &&
                         guard(prototype, signature);
        prototype.with_defaults = wants_defaults;
      }
      if (!wants_defaults) {
        if (is_covered) continue;
        prototype = {};
        prototype.function = f;
        prototype.before = climb(insert, context);
        if (!knows(signature, prototype.before, mention, prototype.announced)) continue;
        if (!guard(prototype, signature) && same_in_all_branches(signature) &&
            prototype.announced.empty()) {
          // The condition is decided later; a declaration too many does no harm.
          prototype.guards.clear();
          prototype.guard_count = 0;
        }
      }
      if (prototype.before >= signature.first) continue;
      defaults_given |= prototype.with_defaults;
      covered.push_back({prototype.before, sketch_.tokens[prototype.before].context});
      out_.prototypes.push_back(std::move(prototype));
    }
  }

  const LexedSketch& sketch_;
  const Outline& outline_;
  KnownNames names_;
  Prototypes out_;
  std::vector<uint32_t> candidates_;
  std::vector<std::vector<Mention>> mentions_;   // by function
  std::vector<std::vector<Declared>> declared_;  // by function: where it is declared
  std::vector<bool> finished_;                   // by function: the sketch declares it itself
  std::vector<WordId> declares_;                 // by item: the function it declares
  std::vector<std::vector<uint32_t>> by_word_;   // by word: functions
  std::unordered_map<std::string, std::vector<uint32_t>> by_name_;
};

}  // namespace

std::vector<Function> find_functions(const LexedSketch& sketch, const Outline& outline) {
  std::vector<Function> functions;
  for (uint32_t n = 0; n < outline.items.size(); ++n) {
    const Item& item = outline.items[n];
    if (item.kind != Item::Function || item.scope == Scope::Namespace) continue;
    std::optional<Signature> signature = read_signature(sketch, outline, item.first, item.body);
    if (!signature) continue;
    functions.push_back({std::move(*signature), n, item.scope == Scope::ExternC});
  }
  return functions;
}

Prototypes plan_prototypes(const LexedSketch& sketch, const Outline& outline) {
  if (outline.too_deep) return {};
  return Planner(sketch, outline).run();
}

}  // namespace fbuild::sketch
