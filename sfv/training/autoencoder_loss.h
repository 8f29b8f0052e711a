#pragma once

#include <torch/types.h>

namespace sfv::training {

/// Mean absolute error of decoded pixels. pixels, target: one shape. Returns a scalar.
[[nodiscard]] torch::Tensor pixel_l1_loss(const torch::Tensor& pixels, const torch::Tensor& target);

/// Peak signal to noise ratio in decibels of pixels in -1..1, over all of them; no gradient. One shape.
[[nodiscard]] double reconstruction_psnr(const torch::Tensor& pixels, const torch::Tensor& target);

/// Divergence of the encoder's normal distributions from the standard one, in nats: summed over a frame's
/// latent numbers, mean over frames. moments: [N, 2 C, h, w], means, then log-variances (clamped to -30..20
/// as in sampling). Returns a scalar. Source: Kingma and Welling 2013, appendix B; latent diffusion gives it
/// the weight 1e-6 beside a sum over pixels.
[[nodiscard]] torch::Tensor kl_loss(const torch::Tensor& moments);

/// A latent drawn from the moments: mean + exp(log-variance / 2) noise, noise: unit normal [N, C, h, w].
[[nodiscard]] torch::Tensor sample_latent(const torch::Tensor& moments, const torch::Tensor& noise);

}  // namespace sfv::training
