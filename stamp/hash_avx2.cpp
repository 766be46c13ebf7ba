// Compiled with -mavx2 (see CMakeLists.txt); never called on a processor without it.
#include "stamp/hash_avx2.h"

#ifdef FBUILD_HAS_AVX2_HASH
#ifndef __AVX2__
#error "this file is to be compiled with -mavx2"
#endif

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fbuild::stamp::avx2 {

void hash_128(const void* data, size_t size, uint64_t out[2]) {
  XXH128_hash_t h = XXH3_128bits(data, size);
  out[0] = h.low64;
  out[1] = h.high64;
}

uint64_t hash_64(const void* data, size_t size, uint64_t seed) {
  return XXH3_64bits_withSeed(data, size, seed);
}

void update_128(void* state, const void* data, size_t size) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state), data, size);
}

void update_64(void* state, const void* data, size_t size) {
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state), data, size);
}

}  // namespace fbuild::stamp::avx2
#endif
