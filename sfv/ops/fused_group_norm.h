#pragma once

#include <torch/types.h>

#include <optional>

#include "sfv/ops/group_norm.h"

namespace sfv::ops {

/// group_norm by our own CPU kernel, with its gradient, in float32 and bfloat16 (statistics in float32).
/// Keeps x alone for the backward pass: the activation is computed again there. Gradients of gradients go
/// through libtorch's operators. x: channels-last. Nothing where the kernel does not apply (another device or
/// type).
[[nodiscard]] std::optional<torch::Tensor> group_norm_on_cpu(const torch::Tensor& x, int64_t groups,
                                                             const torch::Tensor& weight,
                                                             const torch::Tensor& bias, double eps,
                                                             Activation activation);

}  // namespace sfv::ops
