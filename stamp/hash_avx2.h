// XXH3 for processors with AVX2: the same values, about half the time for long inputs. The
// program is built for any processor of its family, so which of the two runs is decided
// when it does: see hash.cpp.
//
// Only plain types here: what this header pulled in would be compiled for AVX2 as well,
// and of an inline function with two compiled bodies the linker keeps any one.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define FBUILD_HAS_AVX2_HASH 1

namespace fbuild::stamp::avx2 {

// XXH3-128 of a byte string, low half first.
void hash_128(const void* data, size_t size, uint64_t out[2]);
// XXH3-64 with a seed.
uint64_t hash_64(const void* data, size_t size, uint64_t seed);
// XXH3_128bits_update() and XXH3_64bits_update() of an XXH3_state_t, which is the same for
// both kinds of processors.
void update_128(void* state, const void* data, size_t size);
void update_64(void* state, const void* data, size_t size);

}  // namespace fbuild::stamp::avx2
#endif
