#pragma once

#include <torch/nn/module.h>

#include <vector>

#include "sfv/checkpoint/config_texts.h"

namespace sfv::checkpoint {

/// The networks of a model, without values: they take no memory yet.
struct Networks {
  models::UNetSpatioTemporalConditionModel unet{nullptr};
  models::AutoencoderKLTemporalDecoder vae{nullptr};
  models::CLIPVisionModelWithProjection image_encoder{nullptr};
};

/// Errors: kInvalidFile for a config with more than 20,000 blocks, whatever their size.
[[nodiscard]] Networks make_networks(const ModelConfigs& configs);

/// A model's networks, for who goes through their parameters.
[[nodiscard]] std::vector<torch::nn::Module*> networks_of(const Model& model);

/// A model of these configs that may hold no values yet: networks on the meta device inside a MetaParameters
/// scope. Nothing wants gradients.
[[nodiscard]] Model make_blank_model(const ModelConfigs& configs, const torch::Device& device);

}  // namespace sfv::checkpoint
