#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/nn/layers.h"

namespace sfv::nn {

/// Halves height and width by a 3x3 convolution of stride 2. diffusers' class of this name.
/// The UNet pads by 1 on all sides; the VAE's encoder (pad_bottom_right) by 1 at the right and bottom only,
/// so it sees other pixels.
class Downsample2DImpl : public torch::nn::Module {
 public:
  Downsample2DImpl(int64_t channels, bool pad_bottom_right);
  /// x: [N, C, H, W] -> [N, C, H/2, W/2], rounded up for the UNet and down for the VAE
  torch::Tensor forward(const torch::Tensor& x);

 private:
  bool pad_bottom_right_;
  Conv2d conv_;
};
TORCH_MODULE(Downsample2D);

/// Nearest-neighbour enlargement, then a 3x3 convolution.
class Upsample2DImpl : public torch::nn::Module {
 public:
  explicit Upsample2DImpl(int64_t channels);
  /// x: [N, C, H, W] -> [N, C, height, width]
  torch::Tensor forward(const torch::Tensor& x, int64_t height, int64_t width);

 private:
  Conv2d conv_;
};
TORCH_MODULE(Upsample2D);

}  // namespace sfv::nn
