#pragma once

#include <torch/types.h>

#include "sfv/core/rgb_image.h"

namespace sfv::evaluation {

/// 8-bit frames of one size as float32 [T, 3, H, W], -1..1. Errors: kInvalidArgument for no frames or frames
/// that differ in size.
[[nodiscard]] torch::Tensor to_pixels(const Clip& clip);

}  // namespace sfv::evaluation
