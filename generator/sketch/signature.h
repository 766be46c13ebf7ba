// What the tokens of one item at namespace scope declare: is its brace a function body,
// what is the function called, which of its words are types and which are names of
// parameters, where are its default arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generator/sketch/lexer.h"

namespace fbuild::sketch {

struct Outline;

// C++ keywords, and the words that stand for operators.
bool is_keyword(std::string_view word);

// Types every sketch has from <Arduino.h>.
bool is_core_type(std::string_view word);

enum class BraceKind { Namespace, ExternC, Type, Function, MemberInit, Value };

// What the '{' at token `brace` opens, the item having begun at token `first`.
BraceKind classify_brace(const LexedSketch& sketch, const Outline& outline, uint32_t first,
                         uint32_t brace);

// A run of tokens [first, last).
struct TokenRange {
  uint32_t first = 0;
  uint32_t last = 0;
};

struct Signature {
  std::string name;              // "blink", or "operator+"
  uint32_t first = 0;            // token at which it begins
  uint32_t context = 0;          // the branch in which the whole of it stands
  std::vector<uint32_t> tokens;  // the declaration without body and ';', with the directives
                                 // that stand in it, without what a declaration must not repeat
  bool qualified = false;        // a member, or of a namespace: X::name
  bool specialization = false;
  bool deduced = false;               // returns auto, and only the body tells what
  bool main_function = false;         // setup or loop, without parameters
  uint32_t parameters = 0;            // how many there are
  bool variadic = false;              // takes any number: ... or a pack
  std::vector<TokenRange> defaults;   // each from its '='
  bool template_defaults = false;     // some of them are of template parameters
  std::vector<WordId> types;          // words that have to be known where it is declared
  std::vector<WordId> full_types;     // those of them followed by ::, which must be complete
  std::vector<WordId> default_words;  // words in the default arguments
  std::string key;                    // types of the parameters; equal for equal overloads
};

// The function that is declared by tokens [first, last), or nothing if there is none or
// its name cannot be told. `last` is the function's '{' or ';'.
std::optional<Signature> read_signature(const LexedSketch& sketch, const Outline& outline,
                                        uint32_t first, uint32_t last);

// Names that a declaration which is no function brings into scope.
struct Introduced {
  WordId word = kNoWord;
  bool complete = true;        // false: a class that is only announced
  std::string_view class_key;  // "struct", "class" or "union" if it is one that can be
                               // announced before it is defined
};
std::vector<Introduced> introduced_names(const LexedSketch& sketch, const Outline& outline,
                                         uint32_t first, uint32_t last);

}  // namespace fbuild::sketch
