#pragma once

#include <torch/types.h>

#include <vector>

#include "sfv/models/discriminator.h"

namespace sfv::training {

/// What each head says of each place of each frame, a tensor a head, [B, F, h, w]; the same heads in the same
/// order wherever two of these meet. Low on real clips, high on generated ones.
using PatchLogits = std::vector<torch::Tensor>;

[[nodiscard]] PatchLogits logits_of(const std::vector<models::HeadLogits>& heads);

/// Mean over the places of a head, then over the heads, so that a coarse head counts as much as a fine one.
/// values: one tensor a head. Returns a scalar. Errors: kInvalidArgument without heads.
[[nodiscard]] torch::Tensor mean_over_heads(const PatchLogits& values);

/// Share of the places that each head judges rightly, 0..1: real below 0, generated above 0.
[[nodiscard]] std::vector<double> accuracy_on_real(const PatchLogits& real);
[[nodiscard]] std::vector<double> accuracy_on_fake(const PatchLogits& fake);

/// Errors: kInvalidArgument unless both have the same heads with the same shapes.
void check_pairs(const char* where, const PatchLogits& a, const PatchLogits& b);

}  // namespace sfv::training
