#pragma once

#include <torch/types.h>

#include "sfv/core/rgb_image.h"

namespace sfv {

/// frames [n, 3, H, W] float32, -1..1, as 8-bit levels [n, H, W, 3] on the same device: clamped, rounded half
/// to even.
[[nodiscard]] torch::Tensor to_levels(const torch::Tensor& frames);

/// levels [n, H, W, 3] on the CPU, contiguous, become the clip's next frames.
void append_frames(const torch::Tensor& levels, Clip& clip);

/// Both: frames of any device and floating type.
[[nodiscard]] Clip to_clip(const torch::Tensor& frames, double fps);

}  // namespace sfv
