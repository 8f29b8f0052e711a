#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/models/unet_blocks.h"
#include "sfv/models/unet_config.h"
#include "sfv/models/unet_encoder.h"
#include "sfv/nn/layers.h"

namespace sfv::models {

/// SVD's denoiser network F: predicts v from c_in * x_t joined with the image latents. Knows no sigma: it
/// takes c_noise. Key names are the checkpoint's. Source: svd.md sections 2.1 and 3; SF-V section 3.
class UNetSpatioTemporalConditionModelImpl : public UNetSpatioTemporalEncoderImpl {
 public:
  /// Errors: those of UNetConfig::check.
  explicit UNetSpatioTemporalConditionModelImpl(const UNetConfig& config);

  /// sample: [B, F, in_channels, h, w], any h and w >= 1. timestep: [B] or [1], 0.25 ln sigma.
  /// encoder_hidden_states: [B, L, X]. added_time_ids: [B, 3], fps - 1, motion_bucket_id, noise_aug_strength.
  /// Returns [B, F, out_channels, h, w]. Errors: kInvalidArgument if shapes do not fit the config or each
  /// other.
  torch::Tensor forward(const torch::Tensor& sample, const torch::Tensor& timestep,
                        const torch::Tensor& encoder_hidden_states, const torch::Tensor& added_time_ids);

 private:
  MidBlockSpatioTemporal mid_block_{nullptr};
  torch::nn::ModuleList up_blocks_;
  nn::GroupNorm conv_norm_out_;
  nn::Conv2d conv_out_;
};
TORCH_MODULE(UNetSpatioTemporalConditionModel);

}  // namespace sfv::models
