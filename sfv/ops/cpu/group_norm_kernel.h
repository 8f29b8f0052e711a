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
  int64_t x_step = 0;  // numbers of x from a picture to the next; 0: no gap between them

  [[nodiscard]] int64_t picture_step() const { return x_step > 0 ? x_step : pixels * channels; }
};

// T is float or Bf16, computed in float either way and rounded once. weight, bias: [channels]. Parallel over
// at's threads; no result depends on their number.

/// Mean and mean square deviation of every picture's groups, [pictures, groups] each.
template <typename T>
void group_moments(const GroupNormSizes& sizes, const T* x, double* mean, double* variance);

/// 1 / sqrt(variance + eps). NaN for what is not finite, so that it comes through.
[[nodiscard]] float group_rstd(double variance, double eps);

/// y = f((x - mean) * rstd * weight + bias); f is SiLU or nothing. mean, rstd: [pictures, groups]. y has no
/// gaps and may be x where that has none, too.
template <typename T>
void group_norm_apply(const GroupNormSizes& sizes, const T* x, const float* mean, const float* rstd,
                      const float* weight, const float* bias, bool silu, T* y);

/// The two in turn: mean and rstd are written, too.
template <typename T>
void group_norm_forward(const GroupNormSizes& sizes, const T* x, const float* weight, const float* bias,
                        double eps, bool silu, T* y, float* mean, float* rstd);

/// The gradients for x, weight and bias from y's. mean, rstd: as the forward pass wrote them.
template <typename T>
void group_norm_backward(const GroupNormSizes& sizes, const T* dy, const T* x, const float* mean,
                         const float* rstd, const float* weight, const float* bias, bool silu, T* dx,
                         float* dweight, float* dbias);

}  // namespace sfv::ops::cpu
