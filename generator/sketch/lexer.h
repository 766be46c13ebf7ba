// C++ tokens, as far as finding declarations needs them: comments and line splices are
// gone, preprocessor directives are one token each, everything else has its place in the
// file. Nothing is ever an error: an open string ends with its line, an open comment or
// raw string with the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fbuild::sketch {

// Words and punctuators are compared by number.
using WordId = uint32_t;
inline constexpr WordId kNoWord = UINT32_MAX;

// Every spelling seen so far, each with its number.
class Words {
 public:
  WordId id(std::string_view text);
  // As id(), but kNoWord for a spelling not seen before.
  WordId find(std::string_view text) const;
  const std::string& text(WordId id) const { return *texts_[id]; }
  size_t size() const { return texts_.size(); }

 private:
  std::unordered_map<std::string, WordId> ids_;
  std::vector<const std::string*> texts_;  // keys of ids_, which never move
};

enum class TokenKind : uint8_t { Word, Number, String, Punct, Directive };

struct Token {
  TokenKind kind = TokenKind::Punct;
  uint32_t file = 0;
  uint32_t begin = 0;     // bytes in the file; of a directive: its '#'
  uint32_t end = 0;       // one past the last byte; of a directive: before its newline
  uint32_t line = 0;      // 1-based line of `begin`
  WordId word = kNoWord;  // Word, Punct: spelling; Directive: index in LexedSketch::directives
  uint32_t context = 0;   // filled by the scanner: the #if branch it stands in
};

enum class DirectiveKind : uint8_t { If, Elif, Else, Endif, Define, Undef, Include, Other };

struct Directive {
  DirectiveKind kind = DirectiveKind::Other;
  WordId name = kNoWord;      // of the macro, for Define and Undef
  std::vector<WordId> words;  // words of the condition, or of the macro's body
  bool pastes = false;        // the body holds ##
  std::string text;           // on one line, without comments
};

// A whole sketch as one run of tokens, in the order of its files.
struct LexedSketch {
  std::vector<std::string_view> files;
  Words words;
  std::vector<Token> tokens;
  std::vector<Directive> directives;

  const Directive& directive(const Token& token) const { return directives[token.word]; }
  bool is(const Token& token, WordId word) const {
    return token.kind != TokenKind::Directive && token.word == word && word != kNoWord;
  }
  // A token as it is to be written again: words without splices, the rest as it stands.
  std::string_view spelling(const Token& token) const {
    if (token.kind == TokenKind::Word) return words.text(token.word);
    return files[token.file].substr(token.begin, token.end - token.begin);
  }
};

// The contents must outlive the result and be smaller than 4 GiB each.
LexedSketch lex_sketch(const std::vector<std::string_view>& contents);

}  // namespace fbuild::sketch
