// Words of a compiler's command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fbuild {

// The argument of the option that word `i` begins with: what follows it in the word, or the next
// word, to which `i` then goes; "" where there is none.
inline std::string option_argument(const std::vector<std::string>& words, size_t& i,
                                   std::string_view option) {
  if (words[i].size() > option.size()) return words[i].substr(option.size());
  return i + 1 < words.size() ? words[++i] : std::string();
}

}  // namespace fbuild
