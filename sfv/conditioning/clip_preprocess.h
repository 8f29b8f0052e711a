#pragma once

#include <torch/types.h>

#include <array>

#include "sfv/core/rgb_image.h"

namespace sfv::conditioning {

/// 8-bit picture as float32 [1, 3, H, W] in -1..1.
[[nodiscard]] torch::Tensor to_pixels(const RgbImage& image);

/// diffusers' _resize_with_antialiasing: a Gaussian blur that depends on the shrinking factor, then bicubic
/// interpolation with aligned corners. The aspect ratio is not kept. x: [N, C, H, W], float32. Returns [N, C,
/// size, size]; may overshoot x's range. Source: svd.md section 4.1.
[[nodiscard]] torch::Tensor resize_with_antialiasing(const torch::Tensor& x, int64_t size);

/// CLIP's input from a picture of any size: resized, brought to 0..1, normalised per channel. Returns float32
/// [1, 3, size, size].
[[nodiscard]] torch::Tensor clip_pixel_values(const RgbImage& image, int64_t size,
                                              const std::array<double, 3>& mean,
                                              const std::array<double, 3>& std);

}  // namespace sfv::conditioning
