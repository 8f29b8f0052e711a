#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "sfv/ops/cpu/vector_math.h"

namespace sfv::ops::cpu {

/// Sixteen floats: one register with AVX-512, two with AVX2, four elsewhere. Passed by reference only: how
/// one is passed by value depends on the processor that a function is compiled for.
using Vec = float __attribute__((vector_size(64)));
inline constexpr int64_t kLanes = 16;

/// v = the numbers at p, which needs no alignment; bfloat16 numbers by their bits.
SFV_INLINED void load(const float* p, Vec& v) {
  std::memcpy(&v, p, sizeof(v));
}
SFV_INLINED void load(const uint16_t* p, Vec& v) {
  using Bits16 = uint16_t __attribute__((vector_size(32)));
  using Bits32 = uint32_t __attribute__((vector_size(64)));
  Bits16 bits;
  std::memcpy(&bits, p, sizeof(bits));
  const Bits32 wide = __builtin_convertvector(bits, Bits32) << 16;
  std::memcpy(&v, &wide, sizeof(v));
}

/// The numbers at p = v; to bfloat16 as assign() rounds.
SFV_INLINED void store(float* p, const Vec& v) {
  std::memcpy(p, &v, sizeof(v));
}
SFV_INLINED void store(uint16_t* p, const Vec& v) {
  using Bits16 = uint16_t __attribute__((vector_size(32)));
  using Bits32 = uint32_t __attribute__((vector_size(64)));
  Bits32 bits;
  std::memcpy(&bits, &v, sizeof(bits));
  const Bits32 rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  const auto is_nan = v != v;
  const Bits32 stored = is_nan ? Bits32{} + 0x7FC0U : rounded;
  const Bits16 narrow = __builtin_convertvector(stored, Bits16);
  std::memcpy(p, &narrow, sizeof(narrow));
}

}  // namespace sfv::ops::cpu
