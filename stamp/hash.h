// The one hash of this part: XXH3 with 128 bits, seed 0. It tells contents apart; it
// is no protection against somebody who forges files on purpose.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fbuild::stamp {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  auto operator<=>(const Hash128&) const = default;
};

// XXH3-128 and XXH3-64 of a byte string.
Hash128 hash_bytes(const void* data, size_t size);
// The same without what only some processors have; for tests.
Hash128 hash_bytes_anywhere(const void* data, size_t size);
inline Hash128 hash_text(std::string_view text) {
  return hash_bytes(text.data(), text.size());
}
uint64_t checksum64(const void* data, size_t size, uint64_t seed = 0);
// checksum64 of two pieces and zeros up to a multiple of 8, as if they were one run.
uint64_t checksum64_padded(const void* first, size_t first_size, const void* second,
                           size_t second_size, uint64_t seed);

// 32 lowercase hex digits, most significant first: what `xxh128sum` prints.
std::string hex(const Hash128& hash);
// 16 lowercase hex digits.
std::string hex64(uint64_t value);
// The reverse of hex() and hex64(); false when the text is not exactly that.
bool parse_hex(std::string_view text, Hash128& out);
bool parse_hex64(std::string_view text, uint64_t& out);

// Hashes a text that is built piece by piece, without ever holding all of it.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void reset();
  void add(const void* data, size_t size);
  void add(std::string_view text) { add(text.data(), text.size()); }
  // Little-endian, whatever the machine.
  void add_u64(uint64_t value) { add_u64s({value}); }
  void add_u64s(std::initializer_list<uint64_t> values);
  // A length and then the bytes, so that no two sequences of texts hash alike.
  void add_sized(std::string_view text);
  void add_hash(const Hash128& hash) { add_u64s({hash.low, hash.high}); }
  Hash128 finish();

 private:
  void flush();
  void* state_;
  size_t used_ = 0;
  char buffer_[8192];
};

}  // namespace fbuild::stamp
