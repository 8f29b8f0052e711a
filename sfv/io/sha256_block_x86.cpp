// The same with the SHA instructions of x86, about five times as fast: a 5 GB model is hashed in seconds.
// Source of the instructions' meaning: Intel SDM volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2.
#include "sfv/io/sha256_block.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

namespace sfv::io {

bool has_sha256_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1U << 29)) != 0;
}

__attribute__((target("sha,ssse3,sse4.1"))) void sha256_blocks_x86(Sha256State& state,
                                                                   const std::byte* blocks, size_t count) {
  const __m128i to_big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  // The instructions want the words as (a b e f) and (c d g h), a and c in the highest lane.
  __m128i abef = _mm_set_epi32(static_cast<int>(state[0]), static_cast<int>(state[1]),
                               static_cast<int>(state[4]), static_cast<int>(state[5]));
  __m128i cdgh = _mm_set_epi32(static_cast<int>(state[2]), static_cast<int>(state[3]),
                               static_cast<int>(state[6]), static_cast<int>(state[7]));
  for (; count > 0; --count, blocks += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i w[4];  // a ring of the last 16 message words
    for (int i = 0; i < 4; ++i) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks) + i), to_big_endian);
    }
    for (int group = 0; group < 16; ++group) {  // four rounds each
      __m128i& w0 = w[group % 4];
      const __m128i k = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kSha256Rounds.data()) + group);
      const __m128i wk = _mm_add_epi32(w0, k);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
      if (group >= 12) continue;
      const __m128i w1 = w[(group + 1) % 4];
      const __m128i w2 = w[(group + 2) % 4];
      const __m128i w3 = w[(group + 3) % 4];
      const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
      w0 = _mm_sha256msg2_epu32(partial, w3);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  alignas(16) std::array<uint32_t, 4> high;  // f e b a
  alignas(16) std::array<uint32_t, 4> low;   // h g d c
  _mm_store_si128(reinterpret_cast<__m128i*>(high.data()), abef);
  _mm_store_si128(reinterpret_cast<__m128i*>(low.data()), cdgh);
  state = {high[3], high[2], low[3], low[2], high[1], high[0], low[1], low[0]};
}

}  // namespace sfv::io

#else

namespace sfv::io {

bool has_sha256_instructions() {
  return false;
}
void sha256_blocks_x86(Sha256State& state, const std::byte* blocks, size_t count) {
  sha256_blocks_portable(state, blocks, count);
}

}  // namespace sfv::io

#endif
