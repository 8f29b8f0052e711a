#pragma once

#include <torch/types.h>

#include <vector>

namespace sfv::ops {

/// What an operation gives on tensors without data (the meta device), where libtorch has no rule for it or
/// ours takes another way than libtorch's: an empty tensor that is laid out like `shape`. The operation keeps
/// `inputs` for its backward pass and `kept` float32 numbers besides; an input that wants a gradient gets an
/// empty one. Gradients of gradients work. Undefined inputs are left out.
[[nodiscard]] torch::Tensor shape_only(const std::vector<torch::Tensor>& inputs, at::IntArrayRef sizes,
                                       at::ScalarType dtype, at::MemoryFormat format, int64_t kept = 0);

}  // namespace sfv::ops
