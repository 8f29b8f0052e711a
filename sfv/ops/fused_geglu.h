#pragma once

#include <torch/types.h>

#include <optional>

namespace sfv::ops {

/// geglu by our own CPU kernel, with its gradient, in float32 and bfloat16. Keeps p alone for the backward
/// pass. Gradients of gradients go through libtorch's operators. Nothing where the kernel does not apply
/// (another device or type, or p not contiguous). Without data: the shape of what it would give.
[[nodiscard]] std::optional<torch::Tensor> geglu_on_cpu(const torch::Tensor& p);

}  // namespace sfv::ops
