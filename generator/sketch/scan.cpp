#include "generator/sketch/scan.h"

#include <optional>

#include "generator/sketch/signature.h"

namespace fbuild::sketch {

bool Outline::encloses(uint32_t outer, uint32_t inner) const {
  while (contexts[inner].depth > contexts[outer].depth) inner = contexts[inner].parent;
  return inner == outer;
}

bool Outline::compatible(uint32_t a, uint32_t b) const {
  while (contexts[a].depth > contexts[b].depth) a = contexts[a].parent;
  while (contexts[b].depth > contexts[a].depth) b = contexts[b].parent;
  // At equal depth the lowest pair of branches that share a parent decides.
  while (a != b) {
    if (contexts[a].parent == contexts[b].parent) return contexts[a].group != contexts[b].group;
    a = contexts[a].parent;
    b = contexts[b].parent;
  }
  return true;
}

namespace {

constexpr uint32_t kDeepestNesting = 250;
constexpr uint32_t kNone = UINT32_MAX;

enum class Certainty { Unknown, True, False };

// What the machine remembers between two tokens. It is copied at each #if.
struct State {
  struct Block {
    Scope scope = Scope::Global;
    uint32_t insert = 0;
  };
  std::vector<Block> blocks;  // namespaces and extern "C" around this point
  uint32_t first = kNone;     // the item being read
  uint32_t previous = kNone;  // its latest token
  uint32_t parens = 0;        // open ( and [ in it
  uint32_t braces = 0;        // open { in it; what is in there is not looked at
  uint32_t body = kNone;      // the item is a function, and this is its '{'
  bool decided = false;       // a further '{' of this item is a value
};

class Scanner {
 public:
  explicit Scanner(LexedSketch& sketch) : sketch_(sketch) {
    outline_.contexts.push_back({});
    outline_.dead.assign(sketch.tokens.size(), false);
  }

  Outline run() {
    for (uint32_t i = 0; i < sketch_.tokens.size() && !outline_.too_deep; ++i) {
      Token& token = sketch_.tokens[i];
      token.context = context_;
      if (token.kind == TokenKind::Directive) {
        directive(i);
        continue;
      }
      if (dead_) {
        outline_.dead[i] = true;
        continue;
      }
      if (state_.braces > 0) {
        inside_braces(i);
      } else {
        at_declarations(i);
      }
      if (state_.first != kNone) state_.previous = i;
    }
    if (state_.first != kNone)
      end_item(static_cast<uint32_t>(sketch_.tokens.size()), Item::Declaration);
    return std::move(outline_);
  }

 private:
  struct Group {
    uint32_t number = 0;
    uint32_t parent = 0;
    State before;
    std::optional<State> after;  // of the first branch that was read
    std::vector<uint32_t> directives;
    bool outer_dead = false;
    bool taken = false;  // an earlier branch is always compiled, so this one never is
  };

  // Whether a condition is certainly true or certainly false.
  Certainty known(const Directive& directive) const {
    std::string_view text = directive.text;
    auto starts = [&](std::string_view head) { return text.substr(0, head.size()) == head; };
    if (starts("#if ") || starts("#elif ")) {
      text.remove_prefix(text.find(' ') + 1);
      if (text == "0" || text == "false") return Certainty::False;
      if (text == "1" || text == "true") return Certainty::True;
      if (text == "defined(__cplusplus)" || text == "defined __cplusplus" ||
          text == "defined (__cplusplus)")
        return Certainty::True;
      return Certainty::Unknown;
    }
    if (text == "#ifdef __cplusplus" || text == "#ifdef ARDUINO") return Certainty::True;
    if (text == "#ifndef __cplusplus" || text == "#ifndef ARDUINO") return Certainty::False;
    return Certainty::Unknown;
  }

  void open_branch(Group& group, uint32_t token, bool is_dead) {
    group.directives.push_back(token);
    dead_ = is_dead;
    Context context;
    context.parent = group.parent;
    context.group = group.number;
    context.depth = outline_.contexts[group.parent].depth + 1;
    context.directives = group.directives;
    context_ = static_cast<uint32_t>(outline_.contexts.size());
    outline_.contexts.push_back(std::move(context));
    state_ = group.before;
  }

  // `i` is the directive that ends the branch.
  void close_branch(Group& group, uint32_t i) {
    if (dead_) return;
    if (!group.after) {
      group.after = state_;
    } else if (state_.body != kNone && state_.body > group.directives.back()) {
      // A function head with a body that goes on behind #endif, as that of the first branch.
      end_item(i, Item::Function);
    }
  }

  void directive(uint32_t i) {
    const Directive& what = sketch_.directive(sketch_.tokens[i]);
    switch (what.kind) {
      case DirectiveKind::If: {
        if (groups_.size() >= kDeepestNesting) {
          outline_.too_deep = true;
          return;
        }
        Group group;
        group.number = ++group_count_;
        group.parent = context_;
        group.before = state_;
        group.outer_dead = dead_;
        Certainty value = known(what);
        group.taken = value == Certainty::True;
        groups_.push_back(std::move(group));
        open_branch(groups_.back(), i, dead_ || value == Certainty::False);
        break;
      }
      case DirectiveKind::Elif:
      case DirectiveKind::Else: {
        if (groups_.empty()) return;
        Group& group = groups_.back();
        // Enough branches to be an attack on the copies kept for each of them.
        if (group.directives.size() >= 4 * kDeepestNesting) {
          outline_.too_deep = true;
          return;
        }
        close_branch(group, i);
        Certainty value = what.kind == DirectiveKind::Else ? Certainty::Unknown : known(what);
        open_branch(group, i, group.outer_dead || group.taken || value == Certainty::False);
        sketch_.tokens[i].context = context_;
        if (value == Certainty::True) group.taken = true;
        break;
      }
      case DirectiveKind::Endif: {
        if (groups_.empty()) return;
        Group& group = groups_.back();
        close_branch(group, i);
        state_ = group.after ? std::move(*group.after) : std::move(group.before);
        dead_ = group.outer_dead;
        context_ = group.parent;
        sketch_.tokens[i].context = context_;
        groups_.pop_back();
        break;
      }
      default:
        outline_.dead[i] = dead_;
        break;
    }
  }

  bool is(uint32_t i, std::string_view text) const {
    return sketch_.tokens[i].kind == TokenKind::Punct &&
           sketch_.spelling(sketch_.tokens[i]) == text;
  }

  void inside_braces(uint32_t i) {
    if (is(i, "{")) ++state_.braces;
    if (!is(i, "}") || --state_.braces > 0) return;
    if (state_.body != kNone) end_item(i + 1, Item::Function);
  }

  void at_declarations(uint32_t i) {
    if (state_.first != kNone && stands_apart(i)) end_item(state_.previous + 1, Item::Macro);
    if (is(i, "}") && state_.parens == 0) {
      if (state_.first != kNone) end_item(i, Item::Declaration);
      if (!state_.blocks.empty()) state_.blocks.pop_back();
      return;
    }
    if (state_.first == kNone) state_.first = i;
    if (is(i, "(") || is(i, "[")) ++state_.parens;
    if ((is(i, ")") || is(i, "]")) && state_.parens > 0) --state_.parens;
    if (is(i, ";")) end_item(i + 1, Item::Declaration);
    if (is(i, "{")) open_brace(i);
  }

  // Whether the item read so far is a macro that needs no ';', and token `i` starts a new
  // item: a macro word with an empty line or a directive after it, MACRO(name) with a line
  // break, or a value in braces followed by a word on a new line.
  bool stands_apart(uint32_t i) const {
    const Token& next = sketch_.tokens[i];
    if (state_.parens > 0 || next.kind != TokenKind::Word) return false;
    const Token& last = sketch_.tokens[state_.previous];
    bool new_line = last.file != next.file || next.line > last.line;
    if (!new_line) return false;
    const Token& first = sketch_.tokens[state_.first];
    if (first.kind != TokenKind::Word || is_keyword(sketch_.words.text(first.word))) return false;
    if (is(state_.previous, "}") && state_.decided) return true;
    if (state_.first == state_.previous) {
      return state_.previous + 1 != i || last.file != next.file || next.line > last.line + 1;
    }
    // MACRO ( name ... ) and nothing else: the ')' that was just closed opened second.
    if (!is(state_.previous, ")") || !is(state_.first + 1, "(")) return false;
    if (sketch_.tokens[state_.first + 2].kind != TokenKind::Word) return false;
    uint32_t depth = 0;
    for (uint32_t k = state_.first + 1; k < state_.previous; ++k) {
      if (sketch_.tokens[k].kind != TokenKind::Punct) continue;
      if (is(k, "(")) ++depth;
      if (is(k, ")") && --depth == 0) return false;
    }
    return true;
  }

  void open_brace(uint32_t i) {
    if (state_.parens > 0 || state_.decided) {
      state_.braces = 1;
      return;
    }
    switch (classify_brace(sketch_, outline_, state_.first, i)) {
      case BraceKind::Namespace:
        open_block(Scope::Namespace, i);
        break;
      case BraceKind::ExternC:
        open_block(state_.blocks.empty() || state_.blocks.back().scope != Scope::Namespace
                       ? Scope::ExternC
                       : Scope::Namespace,
                   i);
        break;
      case BraceKind::Function:
        state_.body = i;
        state_.braces = 1;
        break;
      case BraceKind::MemberInit:
        state_.braces = 1;
        break;
      case BraceKind::Type:
      case BraceKind::Value:
        state_.decided = true;
        state_.braces = 1;
        break;
    }
  }

  void open_block(Scope scope, uint32_t brace) {
    end_item(brace, Item::Block);
    state_.blocks.push_back({scope, outline_.items.back().insert});
  }

  // `catch` continues a function; nothing may come between.
  uint32_t insert_point() const {
    uint32_t first = state_.first;
    if (!outline_.items.empty() && sketch_.tokens[first].kind == TokenKind::Word &&
        sketch_.words.text(sketch_.tokens[first].word) == "catch")
      return outline_.items.back().insert;
    return first;
  }

  void end_item(uint32_t last, Item::Kind kind) {
    Item item;
    item.kind = kind;
    item.first = state_.first;
    item.last = last;
    item.body = state_.body == kNone ? last : state_.body;
    if (!state_.blocks.empty()) {
      item.scope = state_.blocks.back().scope;
      item.insert = state_.blocks.front().insert;
    } else {
      item.insert = insert_point();
    }
    outline_.items.push_back(item);
    forget_item();
  }

  void forget_item() {
    state_.first = state_.previous = state_.body = kNone;
    state_.parens = state_.braces = 0;
    state_.decided = false;
  }

  LexedSketch& sketch_;
  Outline outline_;
  State state_;
  std::vector<Group> groups_;
  uint32_t group_count_ = 0;
  uint32_t context_ = 0;
  bool dead_ = false;
};

}  // namespace

Outline scan_sketch(LexedSketch& sketch) {
  return Scanner(sketch).run();
}

}  // namespace fbuild::sketch
