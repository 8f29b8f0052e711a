#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sfv/models/unet_blocks.h"
#include "sfv/nn/embeddings.h"
#include "sfv/nn/layers.h"

namespace sfv::models {

/// diffusers' unet/config.json; the defaults are the class's own. Lists have one entry a level, from the
/// finest.
struct UNetConfig {
  int64_t in_channels = 8;  // noisy latent and image latent, joined
  int64_t out_channels = 4;
  std::vector<int64_t> block_out_channels = {320, 640, 1280, 1280};
  std::vector<std::string> down_block_types = {"CrossAttnDownBlockSpatioTemporal",
                                               "CrossAttnDownBlockSpatioTemporal",
                                               "CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"};
  std::vector<std::string> up_block_types = {"UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal",
                                             "CrossAttnUpBlockSpatioTemporal",
                                             "CrossAttnUpBlockSpatioTemporal"};
  int64_t addition_time_embed_dim = 256;                // sinusoid of each added id
  int64_t projection_class_embeddings_input_dim = 768;  // of the three ids together
  std::vector<int64_t> layers_per_block = {2, 2, 2, 2};
  std::vector<int64_t> cross_attention_dim = {1024, 1024, 1024, 1024};
  std::vector<int64_t> transformer_layers_per_block = {1, 1, 1, 1};
  std::vector<int64_t> num_attention_heads = {5, 10, 20, 20};
  int64_t num_frames = 25;  // of the clips it was trained on: a default, no limit

  [[nodiscard]] int64_t levels() const { return static_cast<int64_t>(block_out_channels.size()); }
  /// Errors: kInvalidFile naming the key: lists of different lengths, sizes out of range, unknown block
  /// types, heads that do not divide.
  void check() const;
};

/// SVD's denoiser network F: predicts v from c_in * x_t joined with the image latents. Knows no sigma: it
/// takes c_noise. Key names are the checkpoint's. Source: svd.md sections 2.1 and 3; SF-V section 3.
class UNetSpatioTemporalConditionModelImpl : public torch::nn::Module {
 public:
  /// Errors: those of UNetConfig::check.
  explicit UNetSpatioTemporalConditionModelImpl(const UNetConfig& config);

  /// sample: [B, F, in_channels, h, w], any h and w >= 1. timestep: [B] or [1], 0.25 ln sigma.
  /// encoder_hidden_states: [B, L, X]. added_time_ids: [B, 3], fps - 1, motion_bucket_id, noise_aug_strength.
  /// Returns [B, F, out_channels, h, w]. Errors: kInvalidArgument if shapes do not fit the config or each
  /// other.
  torch::Tensor forward(const torch::Tensor& sample, const torch::Tensor& timestep,
                        const torch::Tensor& encoder_hidden_states, const torch::Tensor& added_time_ids);

  [[nodiscard]] const UNetConfig& config() const { return config_; }

 private:
  void check_inputs(const torch::Tensor& sample, const torch::Tensor& timestep,
                    const torch::Tensor& encoder_hidden_states, const torch::Tensor& added_time_ids) const;
  torch::Tensor embed_time(const torch::Tensor& timestep, const torch::Tensor& added_time_ids,
                           at::ScalarType dtype);

  UNetConfig config_;
  nn::Conv2d conv_in_;
  nn::TimestepEmbedding time_embedding_, add_embedding_;
  torch::nn::ModuleList down_blocks_;
  MidBlockSpatioTemporal mid_block_{nullptr};
  torch::nn::ModuleList up_blocks_;
  nn::GroupNorm conv_norm_out_;
  nn::Conv2d conv_out_;
};
TORCH_MODULE(UNetSpatioTemporalConditionModel);

}  // namespace sfv::models
