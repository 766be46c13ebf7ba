// The outline of a sketch: which items (declarations, function definitions, macro calls)
// stand at namespace scope, and between which #if branches.
//
// The tokens are read once by a small state machine that knows nothing but brackets:
// an item ends at its ';' or at the '}' of a function body. Preprocessor branches are
// alternatives, so at #else and #elif the machine goes back to the state it had at #if,
// and after #endif it carries on from the end of the first branch. Both branches may
// thus open a brace that is closed once, and functions in all of them are found.
// Branches that can never be compiled (#if 0 and the like) are not read at all.
#pragma once

#include <cstdint>
#include <vector>

#include "generator/sketch/lexer.h"

namespace fbuild::sketch {

// One branch of one #if, within its parent branch. Context 0 is the file itself.
struct Context {
  uint32_t parent = 0;
  uint32_t group = 0;                // number of the #if
  uint32_t depth = 0;                // of context 0: 0
  std::vector<uint32_t> directives;  // tokens: #if, #elif... up to the one that opens this branch
};

enum class Scope : uint8_t { Global, ExternC, Namespace };

struct Item {
  enum Kind : uint8_t {
    Declaration,  // ends with ';' (or is cut short)
    Function,     // has a body, and maybe only a macro that takes one
    Macro,        // a macro call or word that stands by itself
    Block,        // the head of a namespace or extern "C" block, up to its '{'
  };
  Kind kind = Declaration;
  Scope scope = Scope::Global;
  uint32_t first = 0;  // token range [first, last)
  uint32_t last = 0;
  uint32_t body = 0;    // Function: the token '{'
  uint32_t insert = 0;  // the token before which text at file scope may be inserted for it:
                        // its first, or the first of the outermost block around it
};

struct Outline {
  std::vector<Context> contexts;
  std::vector<Item> items;  // in the order in which they end
  std::vector<bool> dead;   // per token: in a branch that is never compiled
  bool too_deep = false;    // more nested #if than anyone writes: nothing is known

  // Whether `outer` is `inner` or around it.
  bool encloses(uint32_t outer, uint32_t inner) const;
  // Whether both can be compiled together: not in different branches of one #if.
  bool compatible(uint32_t a, uint32_t b) const;
};

// Fills Token::context.
Outline scan_sketch(LexedSketch& sketch);

}  // namespace fbuild::sketch
