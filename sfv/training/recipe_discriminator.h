#pragma once

#include "sfv/checkpoint/model.h"
#include "sfv/diffusion/noise_distribution.h"
#include "sfv/models/discriminator.h"
#include "sfv/training/recipe.h"

namespace sfv::training {

/// The discriminator that a recipe of stage "adversarial" asks for, beside the model it starts with: its
/// encoder is a copy of the model's UNet as that is now.
[[nodiscard]] models::Discriminator make_discriminator(const Recipe& recipe, const checkpoint::Model& model);

/// The law of sigma', the noise on what it sees; empty where the generator's own level decides.
[[nodiscard]] diffusion::NoiseLaw make_discriminator_law(const Recipe& recipe);

}  // namespace sfv::training
