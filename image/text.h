// Building short texts.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fbuild {

// The parts one after another: concat({"at ", std::to_string(5)}). (Chains of + on
// temporaries set off false -Wrestrict warnings in GCC 12.)
inline std::string concat(std::initializer_list<std::string_view> parts) {
  size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  std::string out;
  out.reserve(size);
  for (std::string_view part : parts) out += part;
  return out;
}

// "0x1f40".
inline std::string hex_text(uint32_t number) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[number % 16]);
    number /= 16;
  } while (number > 0);
  return concat({"0x", digits});
}

}  // namespace fbuild
