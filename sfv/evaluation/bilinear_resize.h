#pragma once

#include <torch/types.h>

#include <cstdint>

namespace sfv::evaluation {

/// Scales every frame by the mean of four neighbours, without a filter against aliasing, as torch's
/// interpolate(mode="bilinear", align_corners=False) does and FVD's implementations with it. clip: [T, 3, H,
/// W], float32, on the CPU, contiguous. Returns [3, T, height, width], the order of networks over time. Uses
/// the calling thread only.
[[nodiscard]] torch::Tensor resize_bilinear(const torch::Tensor& clip, int64_t height, int64_t width);

}  // namespace sfv::evaluation
