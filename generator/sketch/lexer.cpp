#include "generator/sketch/lexer.h"

#include <algorithm>
#include <array>

namespace fbuild::sketch {

WordId Words::id(std::string_view text) {
  auto [entry, is_new] = ids_.try_emplace(std::string(text), static_cast<WordId>(texts_.size()));
  if (is_new) texts_.push_back(&entry->first);
  return entry->second;
}

WordId Words::find(std::string_view text) const {
  auto entry = ids_.find(std::string(text));
  return entry == ids_.end() ? kNoWord : entry->second;
}

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Bytes above 127 count as letters: identifiers may be UTF-8.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 128;
}
bool is_word_char(char c) {
  return is_letter(c) || is_digit(c);
}

// Longest first. ">>" is left out: two template argument lists may end with it.
constexpr std::array<std::string_view, 24> kPuncts = {
    "<=>", "<<=", "->*", "...", "::", "->", "++", "--", "<<", "<=", ">=", "==",
    "!=",  "&&",  "||",  "+=",  "-=", "*=", "/=", "%=", "^=", "&=", "|=", "##"};

class Lexer {
 public:
  Lexer(LexedSketch& out, uint32_t file) : out_(out), text_(out.files[file]), file_(file) {}

  void run() {
    bool line_start = true;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '\n') {
        line_start = true;
        advance(at_ + 1);
      } else if (size_t end = blank_end(at_); end != at_) {
        advance(end);
      } else if (c == '#' && line_start) {
        directive();
      } else {
        line_start = false;
        token(out_.tokens);
      }
    }
  }

 private:
  char peek(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  // One past a backslash-newline at `at` (the compiler forgives blanks in between), or
  // `at` when there is none.
  size_t splice_end(size_t at) const {
    if (peek(at) != '\\') return at;
    size_t i = at + 1;
    while (i < text_.size() && is_space(text_[i])) ++i;
    return i < text_.size() && text_[i] == '\n' ? i + 1 : at;
  }

  // One past the newline-free blank, splice or comment at `at`, or `at`.
  size_t blank_end(size_t at) const {
    if (is_space(text_[at]) || text_[at] == '\0') return at + 1;
    if (text_[at] == '\\') return splice_end(at);
    if (text_[at] != '/') return at;
    if (peek(at + 1) == '/') {
      size_t i = at + 2;
      while (i < text_.size() && text_[i] != '\n') {
        size_t spliced = splice_end(i);
        i = spliced != i ? spliced : i + 1;
      }
      return i;
    }
    if (peek(at + 1) == '*') {
      size_t close = text_.find("*/", at + 2);
      return close == std::string_view::npos ? text_.size() : close + 2;
    }
    return at;
  }

  // One past the literal whose opening quote is at `at`.
  size_t quoted_end(size_t at) const {
    char quote = text_[at];
    size_t i = at + 1;
    while (i < text_.size() && text_[i] != '\n') {
      if (text_[i] == quote) return i + 1;
      if (text_[i] == '\\') {
        size_t spliced = splice_end(i);
        i = spliced != i ? spliced : i + (peek(i + 1) == '\n' ? 1 : 2);
        continue;
      }
      ++i;
    }
    return std::min(i, text_.size());
  }

  // One past the raw string whose quote is at `at`; nothing in it is special.
  size_t raw_string_end(size_t at) const {
    size_t open = at + 1;
    while (open < text_.size() && open - at <= 17 && text_[open] != '(' && text_[open] != '\n')
      ++open;
    if (peek(open) != '(') return quoted_end(at);
    std::string close = ")";
    close += text_.substr(at + 1, open - at - 1);
    close += '"';
    size_t end = text_.find(close, open);
    return end == std::string_view::npos ? text_.size() : end + close.size();
  }

  void advance(size_t to) {
    for (; at_ < to; ++at_) {
      if (text_[at_] == '\n') ++line_;
    }
  }

  void emit(std::vector<Token>& tokens, TokenKind kind, size_t end, WordId word) {
    Token token;
    token.kind = kind;
    token.file = file_;
    token.begin = static_cast<uint32_t>(at_);
    token.end = static_cast<uint32_t>(end);
    token.line = line_;
    token.word = word;
    tokens.push_back(token);
    advance(end);
  }

  // The word at `at_` without splices; sets `end`.
  std::string word_at(size_t& end) const {
    std::string word;
    end = at_;
    while (end < text_.size()) {
      if (is_word_char(text_[end])) {
        word += text_[end++];
        continue;
      }
      size_t spliced = splice_end(end);
      if (spliced == end || !is_word_char(peek(spliced))) break;
      end = spliced;
    }
    return word;
  }

  size_t number_end() const {
    size_t i = at_;
    while (i < text_.size()) {
      char c = text_[i];
      bool sign = (c == '+' || c == '-') && i > at_ &&
                  (text_[i - 1] == 'e' || text_[i - 1] == 'E' || text_[i - 1] == 'p' ||
                   text_[i - 1] == 'P');
      bool separator =
          c == '\'' && i > at_ && is_word_char(text_[i - 1]) && is_word_char(peek(i + 1));
      if (!is_word_char(c) && c != '.' && !sign && !separator) break;
      ++i;
    }
    return i;
  }

  // One token at `at_`, which is no blank and no newline.
  void token(std::vector<Token>& tokens) {
    char c = text_[at_];
    if (is_digit(c) || (c == '.' && is_digit(peek(at_ + 1)))) {
      emit(tokens, TokenKind::Number, number_end(), kNoWord);
    } else if (is_letter(c)) {
      size_t end = 0;
      std::string word = word_at(end);
      if (peek(end) == '"' &&
          (word == "R" || word == "LR" || word == "uR" || word == "UR" || word == "u8R")) {
        emit(tokens, TokenKind::String, raw_string_end(end), kNoWord);
      } else if ((peek(end) == '"' || peek(end) == '\'') &&
                 (word == "L" || word == "u" || word == "U" || word == "u8")) {
        emit(tokens, TokenKind::String, quoted_end(end), kNoWord);
      } else {
        emit(tokens, TokenKind::Word, end, out_.words.id(word));
      }
    } else if (c == '"' || c == '\'') {
      emit(tokens, TokenKind::String, quoted_end(at_), kNoWord);
    } else {
      size_t length = 1;
      for (std::string_view punct : kPuncts) {
        if (text_.substr(at_, punct.size()) == punct) {
          length = punct.size();
          break;
        }
      }
      emit(tokens, TokenKind::Punct, at_ + length, out_.words.id(text_.substr(at_, length)));
    }
  }

  // From '#' to the end of the logical line.
  void directive() {
    Token whole;
    whole.kind = TokenKind::Directive;
    whole.file = file_;
    whole.begin = static_cast<uint32_t>(at_);
    whole.line = line_;
    std::string text = "#";
    bool blank = false;
    std::vector<Token> parts;
    advance(at_ + 1);
    while (at_ < text_.size() && text_[at_] != '\n') {
      if (size_t end = blank_end(at_); end != at_) {
        blank = true;
        advance(end);
        continue;
      }
      if (blank && text.size() > 1) text += ' ';
      blank = false;
      token(parts);
      const Token& part = parts.back();
      text += out_.spelling(part);
    }
    whole.end = static_cast<uint32_t>(at_);
    whole.word = static_cast<uint32_t>(out_.directives.size());
    out_.directives.push_back(interpret(parts, std::move(text)));
    out_.tokens.push_back(whole);
  }

  Directive interpret(const std::vector<Token>& parts, std::string text) {
    Directive directive;
    directive.text = std::move(text);
    if (parts.empty() || parts[0].kind != TokenKind::Word) return directive;
    const std::string& keyword = out_.words.text(parts[0].word);
    if (keyword == "if" || keyword == "ifdef" || keyword == "ifndef")
      directive.kind = DirectiveKind::If;
    if (keyword == "elif" || keyword == "elifdef" || keyword == "elifndef")
      directive.kind = DirectiveKind::Elif;
    if (keyword == "else") directive.kind = DirectiveKind::Else;
    if (keyword == "endif") directive.kind = DirectiveKind::Endif;
    if (keyword == "define") directive.kind = DirectiveKind::Define;
    if (keyword == "undef") directive.kind = DirectiveKind::Undef;
    if (keyword == "include" || keyword == "import" || keyword == "include_next") {
      directive.kind = DirectiveKind::Include;
      return directive;
    }
    size_t next = 1;
    if (directive.kind == DirectiveKind::Define || directive.kind == DirectiveKind::Undef) {
      if (parts.size() < 2 || parts[1].kind != TokenKind::Word) {
        directive.kind = DirectiveKind::Other;
        return directive;
      }
      directive.name = parts[1].word;
      next = 2;
    }
    WordId paste = out_.words.find("##");
    for (; next < parts.size(); ++next) {
      if (parts[next].kind == TokenKind::Word) directive.words.push_back(parts[next].word);
      if (parts[next].kind == TokenKind::Punct && parts[next].word == paste)
        directive.pastes = true;
    }
    return directive;
  }

  LexedSketch& out_;
  std::string_view text_;
  uint32_t file_;
  size_t at_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

LexedSketch lex_sketch(const std::vector<std::string_view>& contents) {
  LexedSketch sketch;
  sketch.files = contents;
  for (uint32_t file = 0; file < contents.size(); ++file) Lexer(sketch, file).run();
  return sketch;
}

}  // namespace fbuild::sketch
