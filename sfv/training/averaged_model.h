#pragma once

#include <string>

#include "sfv/checkpoint/model.h"
#include "sfv/training/recipe.h"
#include "sfv/training/sample_random.h"

namespace sfv::training {

/// The same model with a UNet of its own that has the same values: a place for averaged weights. Wants no
/// gradients.
[[nodiscard]] checkpoint::Model with_own_unet(const checkpoint::Model& model);

/// Activation checkpointing of all blocks, where the recipe asks for it.
void use_checkpointing(models::UNetSpatioTemporalEncoderImpl& network, const Recipe& recipe);

/// sfv.json of a model that a recipe made: sampler, steps, guidance, and size, frames, fps and motion as
/// trained.
[[nodiscard]] std::string sampling_defaults(const Recipe& recipe, SamplerKind sampler, int64_t steps,
                                            GuidanceRange guidance);

/// A noise level of the law for each sample, float32 [B] on the CPU, from each sample's own generator. skip:
/// as many draws come first and are passed over.
[[nodiscard]] torch::Tensor draw_sigmas(const std::function<double(double)>& law,
                                        const std::vector<int64_t>& positions, uint64_t seed, RandomUse use,
                                        int64_t skip = 0);

}  // namespace sfv::training
