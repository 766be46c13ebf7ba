#include "stamp/hash.h"

#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "stamp/hash_avx2.h"
// Clang has no _Bool in C++, which the header uses.
#if __has_include(<sys/platform/x86.h>) && !defined(__clang__)
// What the C library found out at start. Asking the processor again costs 60 microseconds in
// a virtual machine, as much as a tenth of our whole start.
#include <sys/platform/x86.h>
#define FBUILD_CPU_HAS_AVX2 CPU_FEATURE_ACTIVE(AVX2)
#else
#define FBUILD_CPU_HAS_AVX2 __builtin_cpu_supports("avx2")
#endif

namespace fbuild::stamp {

namespace {

// Whether `size` bytes are to be hashed with AVX2. Up to 240 bytes XXH3 has no use for it.
bool wide([[maybe_unused]] size_t size) {
#ifdef FBUILD_HAS_AVX2_HASH
  return size > 240 && FBUILD_CPU_HAS_AVX2;
#else
  return false;
#endif
}

void update_128(XXH3_state_t* state, const void* data, size_t size) {
#ifdef FBUILD_HAS_AVX2_HASH
  if (wide(size)) return avx2::update_128(state, data, size);
#endif
  XXH3_128bits_update(state, data, size);
}

void update_64(XXH3_state_t* state, const void* data, size_t size) {
#ifdef FBUILD_HAS_AVX2_HASH
  if (wide(size)) return avx2::update_64(state, data, size);
#endif
  XXH3_64bits_update(state, data, size);
}

}  // namespace

Hash128 hash_bytes(const void* data, size_t size) {
#ifdef FBUILD_HAS_AVX2_HASH
  if (wide(size)) {
    uint64_t h[2];
    avx2::hash_128(data, size, h);
    return {h[0], h[1]};
  }
#endif
  return hash_bytes_anywhere(data, size);
}

Hash128 hash_bytes_anywhere(const void* data, size_t size) {
  XXH128_hash_t h = XXH3_128bits(data, size);
  return {h.low64, h.high64};
}

uint64_t checksum64(const void* data, size_t size, uint64_t seed) {
#ifdef FBUILD_HAS_AVX2_HASH
  if (wide(size)) return avx2::hash_64(data, size, seed);
#endif
  return XXH3_64bits_withSeed(data, size, seed);
}

uint64_t checksum64_padded(const void* first, size_t first_size, const void* second,
                           size_t second_size, uint64_t seed) {
  static const char kZeros[8] = {};
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset_withSeed(state, seed);
  update_64(state, first, first_size);
  update_64(state, second, second_size);
  XXH3_64bits_update(state, kZeros, (8 - (first_size + second_size) % 8) % 8);
  uint64_t value = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return value;
}

namespace {

void append_hex(std::string& out, uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 15];
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string hex(const Hash128& hash) {
  std::string out;
  append_hex(out, hash.high);
  append_hex(out, hash.low);
  return out;
}

std::string hex64(uint64_t value) {
  std::string out;
  append_hex(out, value);
  return out;
}

bool parse_hex64(std::string_view text, uint64_t& out) {
  if (text.size() != 16) return false;
  uint64_t value = 0;
  for (char c : text) {
    int digit = hex_digit(c);
    if (digit < 0) return false;
    value = value << 4 | static_cast<uint64_t>(digit);
  }
  out = value;
  return true;
}

bool parse_hex(std::string_view text, Hash128& out) {
  return text.size() == 32 && parse_hex64(text.substr(0, 16), out.high) &&
         parse_hex64(text.substr(16), out.low);
}

Hasher::Hasher() : state_(XXH3_createState()) {
  reset();
}
Hasher::~Hasher() {
  XXH3_freeState(static_cast<XXH3_state_t*>(state_));
}

void Hasher::reset() {
  used_ = 0;
  XXH3_128bits_reset(static_cast<XXH3_state_t*>(state_));
}

void Hasher::flush() {
  if (used_) update_128(static_cast<XXH3_state_t*>(state_), buffer_, used_);
  used_ = 0;
}

void Hasher::add(const void* data, size_t size) {
  if (size > sizeof buffer_ - used_) {
    flush();
    if (size >= sizeof buffer_) {
      update_128(static_cast<XXH3_state_t*>(state_), data, size);
      return;
    }
  }
  if (size) std::memcpy(buffer_ + used_, data, size);
  used_ += size;
}

void Hasher::add_u64s(std::initializer_list<uint64_t> values) {
  if (values.size() * 8 > sizeof buffer_ - used_) flush();
  for (uint64_t value : values) {
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    std::memcpy(buffer_ + used_, &value, sizeof value);
    used_ += sizeof value;
  }
}

void Hasher::add_sized(std::string_view text) {
  add_u64(text.size());
  add(text);
}

Hash128 Hasher::finish() {
  flush();
  XXH128_hash_t h = XXH3_128bits_digest(static_cast<XXH3_state_t*>(state_));
  return {h.low64, h.high64};
}

}  // namespace fbuild::stamp
