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

/// The largest number, and the sum: of halves, of their halves and so on.
SFV_INLINED float largest(const Vec& v) {
  float x[kLanes];
  std::memcpy(x, &v, sizeof(x));
  for (int64_t n = kLanes / 2; n > 0; n /= 2) {
    for (int64_t i = 0; i < n; ++i) x[i] = x[i] > x[i + n] ? x[i] : x[i + n];
  }
  return x[0];
}
SFV_INLINED float sum_of(const Vec& v) {
  float x[kLanes];
  std::memcpy(x, &v, sizeof(x));
  for (int64_t n = kLanes / 2; n > 0; n /= 2) {
    for (int64_t i = 0; i < n; ++i) x[i] += x[i + n];
  }
  return x[0];
}

/// x = 2^x of numbers up to 0, within 2 units in the last place; 2^-126 for all below -126; NaN stays. The
/// polynomial is the one of degree 5 whose largest relative error over -1/2 ... 1/2 is the least, 9e-8.
SFV_INLINED void power_of_two(Vec& x) {
  using Bits = uint32_t __attribute__((vector_size(64)));
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  x = x < -126.0F ? Vec{} - 126.0F : x;
  const Vec shifted = x + kRound;
  const Vec r = x - (shifted - kRound);
  Vec p = r * 1.32647273e-3F + 9.67151279e-3F;
  p = p * r + 5.55073374e-2F;
  p = p * r + 0.240222421F;
  p = p * r + 0.693146978F;
  p = p * r + 1.0F;
  // The whole number goes to where p keeps its exponent.
  const Bits exponent = __builtin_bit_cast(Bits, shifted) << 23;
  x = __builtin_bit_cast(Vec, __builtin_bit_cast(Bits, p) + exponent);
}

/// v = the nearest bfloat16 numbers, halves away from 0. For numbers that are no NaN.
SFV_INLINED void round_to_short(Vec& v) {
  using Bits = uint32_t __attribute__((vector_size(64)));
  v = __builtin_bit_cast(Vec, (__builtin_bit_cast(Bits, v) + 0x8000U) & 0xFFFF0000U);
}
/// The numbers at p = v, which are bfloat16 numbers.
SFV_INLINED void store_exactly(uint16_t* p, const Vec& v) {
  using Bits16 = uint16_t __attribute__((vector_size(32)));
  using Bits32 = uint32_t __attribute__((vector_size(64)));
  const Bits16 narrow = __builtin_convertvector(__builtin_bit_cast(Bits32, v) >> 16, Bits16);
  std::memcpy(p, &narrow, sizeof(narrow));
}

}  // namespace sfv::ops::cpu
