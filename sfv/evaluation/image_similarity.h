#pragma once

#include <torch/types.h>

#include <optional>

namespace sfv::evaluation {

/// Likeness of two pictures of the same size. a, b: [3, H, W], -1..1, any floating type; computed in double.
/// Errors (all three): kInvalidArgument for other or different shapes.

/// Peak signal-to-noise ratio, dB: 10 log10(range^2 / mean squared difference); infinite for equal pictures.
/// As scikit-image's peak_signal_noise_ratio.
[[nodiscard]] double psnr(const torch::Tensor& a, const torch::Tensor& b);

/// Structural similarity, -1..1: Gaussian window of 11 pixels, sigma 1.5, K1 .01, K2 .03, biased covariances,
/// mean over channels and over places where the window fits. As scikit-image's structural_similarity with
/// gaussian_weights=True, sigma=1.5, use_sample_covariance=False. Nothing where a side is under 11 pixels.
/// Source: Wang et al. 2004.
[[nodiscard]] std::optional<double> ssim(const torch::Tensor& a, const torch::Tensor& b);

/// The shortest side, in pixels, for which ms_ssim is defined: five scales under a window of 11.
inline constexpr int64_t kMsSsimSide = 176;
/// Multi-scale structural similarity, 0..1: five scales, each the mean over 2x2 pixels of the one before.
/// As torchmetrics' multiscale_structural_similarity_index_measure with its defaults. Nothing where a side is
/// under 176 pixels. Source: Wang, Simoncelli and Bovik 2003.
[[nodiscard]] std::optional<double> ms_ssim(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace sfv::evaluation
