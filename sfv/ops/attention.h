#pragma once

#include <torch/types.h>

namespace sfv::ops {

/// Scaled dot-product attention of `heads` heads, scale head_dim^-1/2, no mask.
/// q: [N, S, C], k and v: [N, L, C], C = heads * head_dim. Returns [N, S, C]. Counts its operations.
[[nodiscard]] torch::Tensor attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                      int64_t heads);

/// Self-attention over the frames at each pixel. q, k, v: [B, F, P, C] with P pixels; attends along F.
/// Returns [B, F, P, C].
[[nodiscard]] torch::Tensor temporal_attention(const torch::Tensor& q, const torch::Tensor& k,
                                               const torch::Tensor& v, int64_t heads);

}  // namespace sfv::ops
