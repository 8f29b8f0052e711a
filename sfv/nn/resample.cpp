#include "sfv/nn/resample.h"

#include <ATen/ops/constant_pad_nd.h>

#include "sfv/nn/fetched_weights.h"
#include "sfv/ops/conv.h"

namespace sfv::nn {

Downsample2DImpl::Downsample2DImpl(int64_t channels, bool pad_bottom_right)
    : pad_bottom_right_(pad_bottom_right),
      conv_(register_module(
          "conv",
          Conv2d(channels, channels, Conv2dOptions{.stride = 2, .padding = pad_bottom_right ? 0 : 1}))) {}

torch::Tensor Downsample2DImpl::forward(const torch::Tensor& x) {
  return conv_(pad_bottom_right_ ? at::constant_pad_nd(x, {0, 1, 0, 1}) : x);
}

Upsample2DImpl::Upsample2DImpl(int64_t channels)
    : conv_(register_module("conv", Conv2d(channels, channels))) {}

torch::Tensor Upsample2DImpl::forward(const torch::Tensor& x, int64_t height, int64_t width) {
  return ops::upsample_conv2d(x, height, width, fetch(conv_->weight, x), conv_->bias);
}

}  // namespace sfv::nn
