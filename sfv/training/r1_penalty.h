#pragma once

#include "sfv/training/patch_logits.h"

namespace sfv::training {

/// R1 where ADD puts it, at the inputs of the heads: the sum over heads, mean over samples, of
/// |d sum(logits_k) / d features_k|^2. Needs a second derivative of the small heads only, so the encoder may
/// be frozen, checkpointed and in half precision. The value is a sum over all features of a clip (10^5 and
/// more): weights are small, 1e-5 in ADD. heads: on real clips; taps: what they looked at, from
/// begin_features(). Returns a scalar with a graph to the heads' parameters. Errors: kInvalidArgument for a
/// tap without gradients. Source: Sauer et al. 2023 (ADD), section 3; Mescheder et al. 2018.
[[nodiscard]] torch::Tensor r1_penalty(const std::vector<models::HeadLogits>& heads,
                                       const std::vector<torch::Tensor>& taps);

/// The encoder's taps as the beginning of a graph: detached, in float32 at least, wanting gradients.
[[nodiscard]] std::vector<torch::Tensor> begin_features(const std::vector<torch::Tensor>& taps);

/// APT's stand-in for R1 without a second derivative: (D(x) - D(x + sigma n))^2, mean over places, then
/// heads, where x is the noised input that D saw and both are judged at the same sigma'. Errors:
/// kInvalidArgument unless the logits pair up. Source: Seaweed-APT, 2501.08316, Eq. 5.
[[nodiscard]] torch::Tensor approximate_r1_penalty(const PatchLogits& logits, const PatchLogits& perturbed);

}  // namespace sfv::training
