#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// Sizes of a channels-last float32 tensor [pictures, pixels, channels] whose channels form groups.
struct GroupNormSizes {
  int64_t pictures = 0;
  int64_t pixels = 0;
  int64_t channels = 0;
  int64_t groups = 0;  // divides channels
};

/// y = f((x - mean) * rstd * weight + bias), statistics over a picture's group; f is SiLU or nothing.
/// weight, bias: [channels]. mean, rstd: [pictures, groups], written. y: may be x. Parallel over at's
/// threads; the result does not depend on their number.
void group_norm_forward(const GroupNormSizes& sizes, const float* x, const float* weight, const float* bias,
                        double eps, bool silu, float* y, float* mean, float* rstd);

/// The gradients for x, weight and bias from y's. mean, rstd: as the forward pass wrote them.
void group_norm_backward(const GroupNormSizes& sizes, const float* dy, const float* x, const float* mean,
                         const float* rstd, const float* weight, const float* bias, bool silu, float* dx,
                         float* dweight, float* dbias);

}  // namespace sfv::ops::cpu
