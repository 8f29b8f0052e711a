#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// A bfloat16 number as its bits.
using Bf16 = uint16_t;

/// Sizes of a channels-last tensor [pictures, pixels, channels] whose channels form groups.
struct GroupNormSizes {
  int64_t pictures = 0;
  int64_t pixels = 0;
  int64_t channels = 0;
  int64_t groups = 0;  // divides channels
};

/// y = f((x - mean) * rstd * weight + bias), statistics over a picture's group; f is SiLU or nothing. T:
/// float or Bf16, computed in float either way and rounded once. weight, bias: [channels]. mean, rstd:
/// [pictures, groups], written. y: may be x. Parallel over at's threads; the result does not depend on their
/// number.
template <typename T>
void group_norm_forward(const GroupNormSizes& sizes, const T* x, const float* weight, const float* bias,
                        double eps, bool silu, T* y, float* mean, float* rstd);

/// The gradients for x, weight and bias from y's. mean, rstd: as the forward pass wrote them.
template <typename T>
void group_norm_backward(const GroupNormSizes& sizes, const T* dy, const T* x, const float* mean,
                         const float* rstd, const float* weight, const float* bias, bool silu, T* dx,
                         float* dweight, float* dbias);

}  // namespace sfv::ops::cpu
