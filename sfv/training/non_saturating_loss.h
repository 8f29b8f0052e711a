#pragma once

#include "sfv/training/patch_logits.h"

namespace sfv::training {

/// E softplus(D(real)) + E softplus(-D(fake)): the classification loss of Goodfellow et al. 2014 with D low
/// on real clips. 2 ln 2 at the beginning.
[[nodiscard]] torch::Tensor non_saturating_discriminator_loss(const PatchLogits& real,
                                                              const PatchLogits& fake);

/// E softplus(-D(fake)) alone, for further kinds of fakes.
[[nodiscard]] torch::Tensor non_saturating_fake_loss(const PatchLogits& fake);

/// E softplus(D(fake)): what is called non-saturating, its gradient is largest where D is sure of the fake.
[[nodiscard]] torch::Tensor non_saturating_generator_loss(const PatchLogits& fake);

}  // namespace sfv::training
