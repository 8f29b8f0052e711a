#pragma once

#include <torch/types.h>

namespace sfv::training {

// Distances of a generated batch from its targets, both [B, …], a number a sample: [B]. The mean over the
// samples and any weight by noise level are the caller's.

/// sqrt(|x0_hat - x0|^2 + c^2) - c with the L2 norm over all of a sample's elements. Its gradient at a sample
/// has a norm of at most 1, whatever the error. c > 0. Source: SF-V Eq. 9; Song and Dhariwal 2023 (iCT).
[[nodiscard]] torch::Tensor pseudo_huber_per_sample(const torch::Tensor& x0_hat, const torch::Tensor& x0,
                                                    double c);

/// iCT's c for samples of `elements` numbers, 0.00054 sqrt(elements); the paper names none.
[[nodiscard]] double pseudo_huber_scale(int64_t elements);

/// The mean over a sample's elements of sqrt(e^2 + c^2) - c. c > 0. Source: AnimateLCM-SVD, c = 0.001.
[[nodiscard]] torch::Tensor pseudo_huber_per_element(const torch::Tensor& x0_hat, const torch::Tensor& x0,
                                                     double c);

/// The mean over a sample's elements of e^2.
[[nodiscard]] torch::Tensor mean_squared_error(const torch::Tensor& x0_hat, const torch::Tensor& x0);

/// EDM's weight of the squared error at a noise level for sigma_data = 1, (1 + sigma^2) / sigma^2. sigma:
/// [B], > 0. Returns [B].
[[nodiscard]] torch::Tensor edm_weight(const torch::Tensor& sigma);

/// Mean absolute difference of the frame-to-frame changes of two batches of clips [B, F, …]: 0 for clips that
/// move alike. Returns [B]; zeros when F is 1.
[[nodiscard]] torch::Tensor frame_difference_loss(const torch::Tensor& clip, const torch::Tensor& target);

}  // namespace sfv::training
