#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/models/vae_encoder.h"
#include "sfv/nn/layers.h"

namespace sfv::models {

/// diffusers' class of this name: res blocks with attention between the first two.
class MidBlockTemporalDecoderImpl : public torch::nn::Module {
 public:
  MidBlockTemporalDecoderImpl(int64_t channels, int64_t layers);
  torch::Tensor forward(const torch::Tensor& x, int64_t frames);

 private:
  torch::nn::ModuleList attentions_, resnets_;
};
TORCH_MODULE(MidBlockTemporalDecoder);

/// SVD's decoder: every res block also looks along time, and a last convolution over time follows the pixels.
class TemporalDecoderImpl : public torch::nn::Module {
 public:
  explicit TemporalDecoderImpl(const VaeConfig& config);
  /// z: [(B F), latent_channels, h, w] -> [(B F), out_channels, H, W]
  torch::Tensor forward(const torch::Tensor& z, int64_t frames);
  /// The same without gradients, holding about two tensors of the widest layer's size at once instead of
  /// five; recompute: one. All but the statistics of norms is local to a frame or to a pixel (svd.md section
  /// 6.3 Locality).
  torch::Tensor forward_in_pieces(const torch::Tensor& z, int64_t frames, bool recompute);

 private:
  torch::Tensor to_pixels(const torch::Tensor& x);

  nn::Conv2d conv_in_{nullptr};
  MidBlockTemporalDecoder mid_block_{nullptr};
  torch::nn::ModuleList up_blocks_;
  nn::GroupNorm conv_norm_out_{nullptr};
  nn::Conv2d conv_out_{nullptr};
  nn::TemporalConv time_conv_out_{nullptr};
};
TORCH_MODULE(TemporalDecoder);

/// The decoder of Stable Diffusion's VAE, frame by frame (svd*_image_decoder.safetensors).
class ImageDecoderImpl : public torch::nn::Module {
 public:
  explicit ImageDecoderImpl(const VaeConfig& config);
  /// z: [N, latent_channels, h, w] -> [N, out_channels, H, W]
  torch::Tensor forward(const torch::Tensor& z);

 private:
  nn::Conv2d conv_in_{nullptr};
  VaeMidBlock2D mid_block_{nullptr};
  torch::nn::ModuleList up_blocks_;
  nn::GroupNorm conv_norm_out_{nullptr};
  nn::Conv2d conv_out_{nullptr};
};
TORCH_MODULE(ImageDecoder);

}  // namespace sfv::models
