#pragma once

#include <torch/types.h>

namespace sfv::ops {

/// 2-D convolution. x: [N, C, H, W], best channels-last; weight: [O, C, kh, kw]; bias: [O] or undefined.
/// Returns [N, O, H', W'], channels-last. Counts its operations. Large ones are issued by frame and by band
/// of rows.
[[nodiscard]] torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias, int64_t stride, int64_t padding);

/// Convolution over time with kernel (k, 1, 1) and zero padding of k/2 frames at both ends of each video.
/// x: [(B F), C, H, W]; frames: F; weight: [O, C, k, 1, 1]; bias: [O]. Returns [(B F), O, H, W],
/// channels-last. On channels-last memory this is a 2-D convolution with kernel (k, 1) over [B, C, F, H*W], a
/// view.
[[nodiscard]] torch::Tensor temporal_conv(const torch::Tensor& x, int64_t frames, const torch::Tensor& weight,
                                          const torch::Tensor& bias);

/// Nearest-neighbour enlargement to height x width (twice the size unless the network says otherwise), then a
/// 3x3 convolution with padding 1. Issued frame by frame, so the enlarged input never exists whole.
[[nodiscard]] torch::Tensor upsample_conv2d(const torch::Tensor& x, int64_t height, int64_t width,
                                            const torch::Tensor& weight, const torch::Tensor& bias);

}  // namespace sfv::ops
