#pragma once

#include <torch/types.h>

#include <cstdint>

namespace sfv::training {

// What no single clip can show is whether clips of one picture differ as real ones do: a one-step generator
// whose snow always falls straight fools a discriminator clip by clip. A proper score of several clips of one
// picture shows it.

inline constexpr int64_t kLeastDriftFrames = 5;

/// Cells a frame to the right by which what differs from the first frame moves, in the mean over a clip: from
/// the correlation of these differences two frames apart, the mean shift under a softmax over shifts up to 5
/// cells. Frame 1, where things may be fading in, is left out. clips: [B, F, C, h, w] float32, F >= 5.
/// Returns [B], differentiable. Errors: kInvalidArgument for fewer frames.
[[nodiscard]] torch::Tensor mean_drift(const torch::Tensor& clips);

/// The fair continuous ranked probability score of K >= 2 predictions each of N numbers: the mean distance to
/// what came true less half the mean distance between two of them. In the mean least for predictions drawn
/// from the true distribution. predicted: [N, K]; true_value: [N]. Returns [N]. Source: Gneiting and Raftery
/// 2007; Ferro 2014 for "fair".
[[nodiscard]] torch::Tensor fair_crps(const torch::Tensor& predicted, const torch::Tensor& true_value);

}  // namespace sfv::training
