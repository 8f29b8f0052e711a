#pragma once

#include <torch/types.h>

#include <functional>

namespace sfv::ops {

/// A norm, and what may follow it, over float32 tensors.
using FloatNorm = std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& weight,
                                              const torch::Tensor& bias)>;

/// `norm` of an x in bfloat16 or float16, computed in float32 and rounded once, as x's type. Keeps x alone
/// for the backward pass, which runs `norm` again: a float32 copy lives only inside of either. weight, bias:
/// of any floating type; their gradients have it, too.
[[nodiscard]] torch::Tensor norm_in_float(const torch::Tensor& x, const torch::Tensor& weight,
                                          const torch::Tensor& bias, FloatNorm norm);

}  // namespace sfv::ops
