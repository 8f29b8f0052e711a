#pragma once

#include <torch/types.h>

#include "sfv/training/training_stage.h"

namespace sfv::training {

/// Noise level from which on a noisy clip hides how it moves, so that the network has to make the motion up.
/// Below it x0_hat follows its input even when the network has collapsed.
inline constexpr double kHidingSigma = 10;

/// How much the clips that the network makes move, beside the real ones, as mean absolute values of latents:
/// "motion/generated" and "motion/real" of the differences of consecutive frames,
/// "distance_from_first_frame/generated" and "…/real" of all later frames from the real clip's first one,
/// which is the condition picture without its noise. Only samples with sigma >= kHidingSigma count; without
/// any, or with a single frame, nothing is added. x0_hat, x0: [B, F, C, h, w]; sigma: [B].
void add_motion_metrics(MetricMeans& metrics, const torch::Tensor& x0_hat, const torch::Tensor& x0,
                        const torch::Tensor& sigma);

}  // namespace sfv::training
