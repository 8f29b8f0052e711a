#pragma once

#include <torch/types.h>

namespace sfv {

/// x [N, C, H, W] with channels-last strides; a copy only when it has others.
[[nodiscard]] inline torch::Tensor as_channels_last(const torch::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

/// x [N, C, H, W] as a contiguous [N, H, W, C]; a view when x is channels-last.
[[nodiscard]] inline torch::Tensor as_nhwc(const torch::Tensor& x) {
  return x.permute({0, 2, 3, 1}).contiguous();
}

/// A layer's weight in the order that kernels read: channels-last for convolutions over pixels [O, I, kh, kw]
/// and over time [O, I, k, kh, kw], row-major for others. A copy only where it lies otherwise.
[[nodiscard]] inline torch::Tensor as_kernel(const torch::Tensor& weight) {
  if (weight.dim() == 5) return weight.contiguous(at::MemoryFormat::ChannelsLast3d);
  if (weight.dim() != 4) return weight.contiguous();
  if (weight.size(2) == 1 && weight.size(3) == 1) {
    // The same order in memory; only the strides say that it is channels-last.
    const torch::Tensor dense = weight.contiguous();
    return dense.as_strided(dense.sizes(), {dense.size(1), 1, dense.size(1), dense.size(1)});
  }
  return weight.contiguous(at::MemoryFormat::ChannelsLast);
}

/// y [N, H*W, C] as channels-last [N, C, H, W]; a view when y is contiguous.
[[nodiscard]] inline torch::Tensor from_tokens(const torch::Tensor& y, int64_t H, int64_t W) {
  return y.reshape({y.size(0), H, W, y.size(2)}).permute({0, 3, 1, 2});
}

}  // namespace sfv
