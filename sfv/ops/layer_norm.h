#pragma once

#include <torch/types.h>

namespace sfv::ops {

/// Layer normalisation over the last dimension. x: [..., C], weight, bias: [C]. Statistics of short numbers
/// are taken in float32.
[[nodiscard]] torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                       const torch::Tensor& bias, double eps);

}  // namespace sfv::ops
