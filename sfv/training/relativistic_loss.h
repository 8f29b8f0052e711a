#pragma once

#include "sfv/training/patch_logits.h"

namespace sfv::training {

/// E softplus(D(real) - D(fake)) on pairs: real and generated clip of one condition at one noise level, place
/// by place. ln 2 at the beginning. Source: R3GAN (Huang et al. 2024), with D low on real clips. Errors:
/// kInvalidArgument unless the logits pair up.
[[nodiscard]] torch::Tensor relativistic_discriminator_loss(const PatchLogits& real, const PatchLogits& fake);

/// E softplus(D(fake) - D(real)).
[[nodiscard]] torch::Tensor relativistic_generator_loss(const PatchLogits& real, const PatchLogits& fake);

}  // namespace sfv::training
