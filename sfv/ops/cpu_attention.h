#pragma once

#include <torch/types.h>

#include <optional>

namespace sfv::ops {

/// attention() and temporal_attention() (ops/attention.h) by kernels of our own: on the CPU, in float32 or
/// bfloat16, outside of mixed precision, for head widths and lengths that the kernels take; nothing where
/// this does not apply. Sums are in float32. Where the processor has matrix tiles attention() takes bfloat16
/// numbers only if its kernel has them, too, and temporal_attention() none. Gradients are those of libtorch's
/// attention, computed anew.
[[nodiscard]] std::optional<torch::Tensor> attention_on_cpu(const torch::Tensor& q, const torch::Tensor& k,
                                                            const torch::Tensor& v, int64_t heads);
[[nodiscard]] std::optional<torch::Tensor> temporal_attention_on_cpu(const torch::Tensor& q,
                                                                     const torch::Tensor& k,
                                                                     const torch::Tensor& v, int64_t heads);

}  // namespace sfv::ops
