#pragma once

#include <torch/types.h>

#include <cstdint>

namespace sfv::training {

// What no single clip can show is whether clips of one picture differ as real ones do: a one-step generator
// whose snow always falls straight fools a discriminator clip by clip. A proper score of several clips of one
// picture shows it.

inline constexpr int64_t kLeastDriftFrames = 5;

/// Cells a frame to the right by which what differs from a clip's mean picture moves, in the mean over the
/// clip: from the correlation of these differences two frames apart, the mean shift under a softmax over
/// shifts up to 5 cells. Frames 0 and 1, where things may be fading in, are left out. What moves by
/// less than its own size over the clip is partly in the mean picture, and its drift is not exact. clips: [B,
/// F, C, h, w] float32, F >= 5. Returns [B], differentiable. Errors: kInvalidArgument for fewer frames.
[[nodiscard]] torch::Tensor mean_drift(const torch::Tensor& clips);

/// Side of the windows whose drift is scored, in cells.
inline constexpr int64_t kDriftWindow = 16;

/// mean_drift of each of a picture's windows, of about kDriftWindow cells a side, so that a score sees
/// whether they drift together; a smaller picture is one window. clips as above. Returns [B, windows].
[[nodiscard]] torch::Tensor drift_of_windows(const torch::Tensor& clips);

/// The fair energy score of K >= 2 predictions each of N vectors: the mean distance to what came true less
/// half the mean distance between two of them. In the mean least for predictions drawn from the true
/// distribution; of single numbers it is the fair CRPS. predicted: [N, K, D]; true_value: [N, D]. Returns
/// [N]. Source: Gneiting and Raftery 2007; Ferro 2014 for "fair".
[[nodiscard]] torch::Tensor fair_energy_score(const torch::Tensor& predicted,
                                              const torch::Tensor& true_value);

}  // namespace sfv::training
