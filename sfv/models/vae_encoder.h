#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/nn/attention.h"
#include "sfv/nn/layers.h"
#include "sfv/nn/resample.h"
#include "sfv/nn/resnet_block.h"

namespace sfv::models {

struct VaeConfig;

/// Two res blocks with attention between them: diffusers' UNetMidBlock2D of the VAE.
class VaeMidBlock2DImpl : public torch::nn::Module {
 public:
  explicit VaeMidBlock2DImpl(int64_t channels);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::ModuleList attentions_, resnets_;
};
TORCH_MODULE(VaeMidBlock2D);

/// The encoder of Stable Diffusion's VAE, frame by frame.
class VaeEncoderImpl : public torch::nn::Module {
 public:
  explicit VaeEncoderImpl(const VaeConfig& config);
  /// x: [N, in_channels, H, W] -> [N, 2 latent_channels, h, w], before quant_conv
  torch::Tensor forward(const torch::Tensor& x);

 private:
  nn::Conv2d conv_in_{nullptr};
  torch::nn::ModuleList down_blocks_;
  VaeMidBlock2D mid_block_{nullptr};
  nn::GroupNorm conv_norm_out_{nullptr};
  nn::Conv2d conv_out_{nullptr};
};
TORCH_MODULE(VaeEncoder);

}  // namespace sfv::models
