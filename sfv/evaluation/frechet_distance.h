#pragma once

#include <torch/types.h>

#include <cstdint>

namespace sfv::evaluation {

/// What the covariance is divided by: the number of clips, as StyleGAN-V and cd-fvd do, or that less one.
enum class Covariance { kBiased, kUnbiased };

/// Mean and covariance of a set of feature vectors, in double.
struct FeatureMoments {
  torch::Tensor mean;        // [D]
  torch::Tensor covariance;  // [D, D]
  int64_t count = 0;         // N
};

/// features: [N, D], any floating type and device; N >= 2, D >= 1; N may be smaller than D.
/// Errors: kInvalidArgument for another shape; kNotFinite.
[[nodiscard]] FeatureMoments feature_moments(const torch::Tensor& features, Covariance covariance);

/// The Fréchet distance of two Gaussians, |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), >= 0.
/// The trace of the root is that of the symmetric (S1^(1/2) S2 S1^(1/2))^(1/2): its eigenvalues are the
/// singular values of S1^(1/2) S2^(1/2), which are summed without squaring, so that sets of fewer vectors
/// than dimensions lose no digits. Errors: kInvalidArgument if the dimensions differ. Source: Dowson and
/// Landau 1982; Unterthiner et al. 2018 (FVD).
[[nodiscard]] double frechet_distance(const FeatureMoments& a, const FeatureMoments& b);

}  // namespace sfv::evaluation
