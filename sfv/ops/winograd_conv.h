#pragma once

#include <torch/types.h>

namespace sfv::ops {

/// Whether winograd_conv2d() should do the convolution of x [N, C, H, W] with weight and padding: float32, or
/// bfloat16 where the processor has no matrix tiles; on the CPU; 3x3, stride 1, padding 1; multiples of 32
/// channels; maps that fill at least 4 tiles (16 in bfloat16, 12 for large kernels) of 4x4 pixels well;
/// kernels whose transform (four times their size) stays below 300 MB (75 MB in bfloat16). It doesn't ask for
/// N: a clip alone and in a batch goes the same way.
[[nodiscard]] bool suits_winograd(const torch::Tensor& x, const torch::Tensor& weight, int64_t stride,
                                  int64_t padding);

/// conv2d() with stride 1 and padding {pad_rows, 1}, pad_rows 0 or 1, by Winograd's F(4x4, 3x3) in float32:
/// two and a half times as fast as the direct way, with twice its rounding (about 1e-6 of the result's
/// deviation). x: channels-last; bias: as x, or undefined. Has gradients (pad_rows 1) and, by libtorch's
/// operators, gradients of gradients.
[[nodiscard]] torch::Tensor winograd_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                                            const torch::Tensor& bias, int64_t pad_rows);

/// Stands for the memory that winograd_conv2d() works in, for x without data in a plan
/// (tensor/planned_memory.h): takes and leaves it.
void plan_winograd(const torch::Tensor& x, const torch::Tensor& weight, int64_t pad_rows);

}  // namespace sfv::ops
