#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "sfv/nn/layers.h"

namespace sfv::models {

/// transformers' image_encoder/config.json; the defaults are the class's own.
struct ClipVisionConfig {
  int64_t hidden_size = 768;
  int64_t intermediate_size = 3072;
  int64_t projection_dim = 512;
  int64_t num_hidden_layers = 12;
  int64_t num_attention_heads = 12;
  int64_t num_channels = 3;
  int64_t image_size = 224;               // pixels a side; the input has exactly this size
  int64_t patch_size = 32;                // pixels a side
  std::string hidden_act = "quick_gelu";  // "gelu", "quick_gelu", "gelu_new" or "gelu_pytorch_tanh"
  double layer_norm_eps = 1e-5;

  /// Errors: kInvalidFile naming the key.
  void check() const;
};

class ClipVisionTransformer;

/// CLIP's image encoder: a pre-norm ViT whose class token is projected. Source: svd.md sections 2.3 and 3.11.
class CLIPVisionModelWithProjectionImpl : public torch::nn::Module {
 public:
  /// Errors: those of ClipVisionConfig::check.
  explicit CLIPVisionModelWithProjectionImpl(const ClipVisionConfig& config);
  /// pixel_values: [B, num_channels, image_size, image_size], normalised. Returns image_embeds [B,
  /// projection_dim], not normalised.
  torch::Tensor forward(const torch::Tensor& pixel_values);

  [[nodiscard]] const ClipVisionConfig& config() const { return config_; }

 private:
  ClipVisionConfig config_;
  std::shared_ptr<ClipVisionTransformer> vision_model_;
  nn::Linear visual_projection_{nullptr};
};
TORCH_MODULE(CLIPVisionModelWithProjection);

}  // namespace sfv::models
