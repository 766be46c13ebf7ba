#include "generator/ninja/text.h"

namespace fbuild {

namespace {

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_-+=./,:@%^").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_word(std::string_view word) {
  bool bare = !word.empty();
  for (char c : word) bare = bare && plain(c);
  if (bare) return std::string(word);
  std::string out = "'";
  for (char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += shell_word(word);
  }
  return out;
}

std::string ninja_value(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '$' || (c == ' ' && out.empty())) out += '$';
    out += c;
  }
  return out;
}

bool readable_in_depfile(std::string_view path) {
  return path.find_first_of("'\"&?`*<>;^\\") == std::string_view::npos;
}

bool writable_in_ninja(std::string_view path) {
  return path.find_first_of("|\t\r\n") == std::string_view::npos;
}

}  // namespace fbuild
