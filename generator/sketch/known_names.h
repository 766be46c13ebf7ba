// Since when each name of a sketch is known: where it is defined, or where it is seen for
// the first time if it comes from a header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "generator/sketch/lexer.h"
#include "generator/sketch/scan.h"
#include "generator/sketch/signature.h"

namespace fbuild::sketch {

enum class Knowledge { Known, Doubtful, Missing };

class KnownNames {
 public:
  KnownNames(const LexedSketch& sketch, const Outline& outline);

  // Whether text before token `at`, which is the start of item `item`, can use `word`.
  // Doubtful: it comes from some header, and there are headers between `at` and its first
  // appearance. `complete`: a class has to be defined, not only announced. If the word is
  // a class that `item` itself defines, `announce` becomes its announcement.
  Knowledge at(WordId word, uint32_t at, const Item& item, bool complete,
               std::string* announce) const;

  // Whether the sketch defines or undefines one of the macros between two tokens.
  bool redefined(const std::vector<WordId>& macros, uint32_t from, uint32_t to) const;

  // The words a macro of the sketch stands for, through all macros within it; nullptr if
  // it is none. `pastes`: some of them are put together with ##.
  struct Expansion {
    std::vector<WordId> words;
    bool pastes = false;
  };
  const Expansion* expansion(WordId macro) const;

 private:
  struct Introduction {
    uint32_t first = 0;  // token
    uint32_t item = UINT32_MAX;
    bool complete = true;
    std::string_view class_key;
  };
  void read_directives(const LexedSketch& sketch, const Outline& outline);
  void expand_macros();

  const LexedSketch& sketch_;
  std::vector<std::vector<Introduction>> introductions_;  // by word
  std::vector<uint32_t> first_seen_;                      // by word: token
  std::vector<uint32_t> macro_items_;           // by word: the last token of the macro call
                                                // in which it is seen first, else 0
  std::vector<uint32_t> includes_;              // tokens, ascending
  std::vector<std::vector<uint32_t>> defines_;  // by word: tokens of #define and #undef
  std::vector<std::vector<WordId>> bodies_;     // by word: words of its macro bodies
  std::vector<bool> is_macro_;
  std::vector<bool> pastes_;
  std::vector<Expansion> expansions_;
};

}  // namespace fbuild::sketch
