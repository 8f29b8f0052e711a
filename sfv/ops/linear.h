#pragma once

#include <torch/types.h>

namespace sfv::ops {

/// x [..., I] times weight [O, I] transposed, plus bias [O] (or undefined). Counts its operations.
[[nodiscard]] torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias);

/// GEGLU's gate: p [..., 2 C] -> [..., C] = value * gelu(gate), value the first half, the exact (erf) GELU.
/// Source: svd.md section 3.5; Shazeer, "GLU Variants Improve Transformer".
[[nodiscard]] torch::Tensor geglu(const torch::Tensor& p);

/// geglu(linear(x, weight, bias)): the same bytes, in less memory and time where there is a way to.
[[nodiscard]] torch::Tensor linear_geglu(const torch::Tensor& x, const torch::Tensor& weight,
                                         const torch::Tensor& bias);

}  // namespace sfv::ops
