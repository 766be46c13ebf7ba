// Little-endian numbers in byte strings: the one way every format of this program
// stores them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fbuild {

// The number at `at`; the caller has checked that it lies inside `bytes`.
inline uint16_t le16_at(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) | static_cast<uint8_t>(bytes[at + 1])
                                                                     << 8);
}
inline uint32_t le32_at(std::string_view bytes, size_t at) {
  return le16_at(bytes, at) | static_cast<uint32_t>(le16_at(bytes, at + 2)) << 16;
}

// Appends the number.
inline void append_le16(std::string& out, uint16_t value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8);
}
inline void append_le32(std::string& out, uint32_t value) {
  append_le16(out, static_cast<uint16_t>(value & 0xffff));
  append_le16(out, static_cast<uint16_t>(value >> 16));
}

// Overwrites the number at `at`; the caller has checked that it lies inside `out`.
inline void put_le32(std::string& out, size_t at, uint32_t value) {
  for (int i = 0; i < 4; ++i) out[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace fbuild
