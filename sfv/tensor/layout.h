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

/// y [N, H*W, C] as channels-last [N, C, H, W]; a view when y is contiguous.
[[nodiscard]] inline torch::Tensor from_tokens(const torch::Tensor& y, int64_t H, int64_t W) {
  return y.reshape({y.size(0), H, W, y.size(2)}).permute({0, 3, 1, 2});
}

}  // namespace sfv
