#pragma once

#include <bit>
#include <cstdint>

/// Before a function: it is compiled for AVX-512, AVX2 and any x86-64, and the loader takes what the
/// processor has. Inlined helpers are compiled along with it.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define SFV_FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SFV_FOR_EACH_CPU
#endif
#define SFV_INLINED [[gnu::always_inline]] inline

namespace sfv::ops::cpu {

SFV_INLINED float to_float(float x) {
  return x;
}
/// A bfloat16 number by its bits.
SFV_INLINED float to_float(uint16_t x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x) << 16);
}

/// To x's type: of a bfloat16 the nearest, halves to even; NaN stays.
SFV_INLINED void assign(float& y, float x) {
  y = x;
}
SFV_INLINED void assign(uint16_t& y, float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  y = static_cast<uint16_t>(x != x ? 0x7FC0U : rounded);
}

/// exp(x), within 2 units in the last place for x in -87 ... 88, which the argument is clamped to; NaN stays.
/// Plain arithmetic, so that a compiler turns a loop of calls into vector code. Source: Cephes' expf.
SFV_INLINED float vector_exp(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  x = x > 88.0F ? 88.0F : x;
  x = x < -87.0F ? -87.0F : x;
  const float shifted = x * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  // 2^n: n goes to where a float keeps its exponent.
  const uint32_t exponent = (std::bit_cast<uint32_t>(shifted) + 127U) << 23;
  return p * std::bit_cast<float>(exponent);
}

SFV_INLINED float vector_sigmoid(float x) {
  return 1.0F / (1.0F + vector_exp(-x));
}

}  // namespace sfv::ops::cpu
