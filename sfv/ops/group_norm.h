#pragma once

#include <torch/types.h>

namespace sfv::ops {

enum class Activation { kNone, kSilu };

/// Group normalisation of x [N, C, H, W] per frame, then the activation. weight, bias: [C]. Returns
/// channels-last.
[[nodiscard]] torch::Tensor group_norm(const torch::Tensor& x, int64_t groups, const torch::Tensor& weight,
                                       const torch::Tensor& bias, double eps, Activation activation);

/// The same with statistics over all F frames of a video: what a 5-D [B, C, F, H, W] tensor gets.
/// x: [(B F), C, H, W]. Source: svd.md section 3.2.
[[nodiscard]] torch::Tensor temporal_group_norm(const torch::Tensor& x, int64_t frames, int64_t groups,
                                                const torch::Tensor& weight, const torch::Tensor& bias,
                                                double eps, Activation activation);

}  // namespace sfv::ops
