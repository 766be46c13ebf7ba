// Which functions of a sketch need a declaration, and where it goes.
//
// A function gets one if its name is used before its definition, be it through a macro
// of the sketch, and the sketch does not declare it itself. The declaration stands before
// the item (function, class, variable) with the first such use: as late as possible,
// because types that the sketch defines must come before it. A use at which one of the
// function's types is not yet known is no use of this function (it is a member or an
// overload of the same name) and is passed over. The one exception is a use within the
// very class that a parameter names: there the class is announced first (`struct S;`).
//
//   - In #if branches: the declaration repeats the conditions of the definition that are
//     not already met where it stands. A use that this declaration does not cover, since
//     it stands in another branch, gets one of its own.
//   - Default arguments are left out, and a call before the definition that relies on one
//     would fail. For a function with such a call the first declaration takes them over,
//     and the definition loses them (they may be given once); all calls then mean what
//     they say. Where that cannot be (the default needs names that come later) the
//     definition keeps them.
//   - Functions in namespaces, members, specializations, macros with a body (ISR) and
//     functions whose return type is deduced never get one.
#pragma once

#include <string>
#include <vector>

#include "generator/sketch/lexer.h"
#include "generator/sketch/scan.h"
#include "generator/sketch/signature.h"

namespace fbuild::sketch {

struct Function {
  Signature signature;
  uint32_t item = 0;      // in Outline::items
  bool extern_c = false;  // stands in an extern "C" block
};

// A declaration to be written before a token.
struct Prototype {
  uint32_t before = 0;                 // token
  uint32_t function = 0;               // in Prototypes::functions
  std::vector<std::string> announced;  // "struct S;" and the like, to stand before it
  std::vector<uint32_t> guards;        // directive tokens of each #if to repeat, in order
  uint32_t guard_count = 0;            // how many #endif close them
  bool with_defaults = false;
};

struct Prototypes {
  std::vector<Function> functions;    // definitions at file scope, in order
  std::vector<Prototype> prototypes;  // by Prototype::before, then by function
};

// All function definitions at file scope.
std::vector<Function> find_functions(const LexedSketch& sketch, const Outline& outline);

Prototypes plan_prototypes(const LexedSketch& sketch, const Outline& outline);

}  // namespace fbuild::sketch
