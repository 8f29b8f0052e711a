#pragma once

#include "sfv/training/patch_logits.h"

namespace sfv::training {

/// E max(0, 1 + D(real)) + E max(0, 1 - D(fake)), on every place's logit. 2 at the beginning, 0 when the
/// discriminator has won. Source: SF-V Eq. 8, with the paper's sign: D is low on real clips.
[[nodiscard]] torch::Tensor hinge_discriminator_loss(const PatchLogits& real, const PatchLogits& fake);

/// E max(0, 1 - D(fake)) alone, for further kinds of fakes.
[[nodiscard]] torch::Tensor hinge_fake_loss(const PatchLogits& fake);

/// E D(fake). Source: SF-V Eq. 8.
[[nodiscard]] torch::Tensor hinge_generator_loss(const PatchLogits& fake);

}  // namespace sfv::training
