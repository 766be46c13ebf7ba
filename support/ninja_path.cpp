#include "support/ninja_path.h"

namespace fbuild {

std::string ninja_path(std::string_view path) {
  std::string out;
  for (char c : path) {
    if (c == '$' || c == ' ' || c == ':') out += '$';
    out += c;
  }
  return out;
}

}  // namespace fbuild
