#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/random_weights.h"
#include "sfv/models/unet_config.h"

/// What the tests of training and of the discriminator share: an SVD UNet in miniature and its inputs.
namespace sfv::training::testing {

inline models::UNetConfig small_unet_config() {
  models::UNetConfig config;
  config.block_out_channels = {32, 64, 64, 64};
  config.layers_per_block = {1, 1, 1, 1};
  config.num_attention_heads = {1, 2, 2, 2};
  config.cross_attention_dim = {16, 16, 16, 16};
  config.addition_time_embed_dim = 32;
  config.projection_class_embeddings_input_dim = 96;
  return config;
}

/// Random values from `seed` for all parameters, all wanting gradients.
inline void fill_random(torch::nn::Module& module, uint64_t seed, torch::Dtype dtype = torch::kFloat32) {
  const checkpoint::RandomWeights weights(checkpoint::parameter_shapes(module), seed, 0.3F);
  for (auto& item : module.named_parameters()) {
    item.value().set_data(weights.make(item.key()).to(dtype));
    item.value().set_requires_grad(true);
  }
}

struct UNetInputs {
  torch::Tensor sample;                 // [B, F, 8, h, w]
  torch::Tensor timestep;               // [B]
  torch::Tensor encoder_hidden_states;  // [B, 1, 16]
  torch::Tensor added_time_ids;         // [B, 3]
};

/// B videos of F frames of 16 x 16.
inline UNetInputs small_unet_inputs(int64_t B, int64_t F, torch::Dtype dtype = torch::kFloat32) {
  torch::manual_seed(5);
  const auto options = torch::TensorOptions().dtype(dtype);
  return {.sample = torch::randn({B, F, 8, 16, 16}, options),
          .timestep = torch::rand({B}, options),
          .encoder_hidden_states = torch::randn({B, 1, 16}, options),
          .added_time_ids = torch::tensor({6.0, 127.0, 0.02}, options).repeat({B, 1})};
}

}  // namespace sfv::training::testing
