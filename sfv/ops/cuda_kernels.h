#pragma once

#include <torch/types.h>

#include <optional>

#include "sfv/ops/group_norm.h"

namespace sfv::ops {

/// group_norm (group_norm.h) by our CUDA kernel; nullopt where it is not for this call: x [N, C, H, W] must
/// be channels-last on a GPU, of dtype float32, float16 or bfloat16, not empty, weight and bias [C] there too
/// in the same dtype; no gradient wanted; libsfv_cuda.so there. Statistics in float; rounded once, after the
/// activation. Equal input gives equal bytes. Errors: kDevice if the GPU refuses the kernel.
[[nodiscard]] std::optional<torch::Tensor> group_norm_on_cuda(const torch::Tensor& x, int64_t groups,
                                                              const torch::Tensor& weight,
                                                              const torch::Tensor& bias, double eps,
                                                              Activation activation);

/// geglu (linear.h) by our CUDA kernel; nullopt where it is not for this call: p [..., 2 C] contiguous on a
/// GPU, conditions and errors as above.
[[nodiscard]] std::optional<torch::Tensor> geglu_on_cuda(const torch::Tensor& p);

/// temporal_attention (attention.h) by our CUDA kernel; nullopt where it is not for this call: q, k, v [B, F,
/// P, heads * D] contiguous on a GPU, at most 32 frames, D 32, 64 or 128; conditions and errors as above.
[[nodiscard]] std::optional<torch::Tensor> temporal_attention_on_cuda(const torch::Tensor& q,
                                                                      const torch::Tensor& k,
                                                                      const torch::Tensor& v, int64_t heads);

}  // namespace sfv::ops
