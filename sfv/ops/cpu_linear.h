#pragma once

#include <torch/types.h>

#include <optional>

namespace sfv::ops {

/// linear() of many rows on the CPU by a product that is faster than the one libtorch takes: float32 by
/// oneDNN's where the processor is not Intel's (MKL's runs at three quarters of its rate there); bfloat16 by
/// our own kernel (ops/cpu/linear_kernel.h) where the processor has dot products of them and no matrix tiles,
/// outside of mixed precision. Gradients go oneDNN's and libtorch's ways. Nothing where this does not apply.
/// Without data: the shape, and the memory it works in.
[[nodiscard]] std::optional<torch::Tensor> linear_on_cpu(const torch::Tensor& x, const torch::Tensor& weight,
                                                         const torch::Tensor& bias);

/// geglu(linear()) by our own kernel, without the wide tensor between: the same bytes. Where
/// suits_linear_geglu(): in bfloat16 as above, and where no gradient is wanted.
[[nodiscard]] torch::Tensor linear_geglu_on_cpu(const torch::Tensor& x, const torch::Tensor& weight,
                                                const torch::Tensor& bias);
[[nodiscard]] bool suits_linear_geglu(const torch::Tensor& x, const torch::Tensor& weight,
                                      const torch::Tensor& bias);

}  // namespace sfv::ops
