#pragma once

#include <string>

#include "sfv/checkpoint/model.h"
#include "sfv/training/recipe.h"
#include "sfv/training/trained_network.h"

namespace sfv::training {

/// The same model with a UNet of its own that has the same values. Wants no gradients.
[[nodiscard]] checkpoint::Model with_own_unet(const checkpoint::Model& model);

/// The same model with the averages of its UNet, which `trained` belongs to, in a UNet for them: see
/// TrainedNetwork::share_averages.
[[nodiscard]] checkpoint::Model with_averaged_unet(const checkpoint::Model& model,
                                                   const TrainedNetwork& trained);

/// Activation checkpointing of all blocks, where the recipe asks for it.
void use_checkpointing(models::UNetSpatioTemporalEncoderImpl& network, const Recipe& recipe);

/// sfv.json of a model that a recipe made: sampler, steps, guidance, and size, frames, fps and motion as
/// trained.
[[nodiscard]] std::string sampling_defaults(const Recipe& recipe, SamplerKind sampler, int64_t steps,
                                            GuidanceRange guidance);

}  // namespace sfv::training
