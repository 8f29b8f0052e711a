#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "sfv/evaluation/frechet_distance.h"

namespace sfv::evaluation {

/// What no model can go below with so few clips: the distance of real clips from other real clips.
struct FrechetFloor {
  int64_t clips = 0;        // n of each set
  double real_to_real = 0;  // of n real clips (A) to n others (B)
  double fake_to_real = 0;  // of n fake clips to B: what stands beside the floor, being taken at the same n
};

/// n is the number of fake clips, or half of the real ones if these are too few for two sets of that size.
/// A and B are the first and the next n of the real clips in an order drawn from the seed (Fisher and Yates);
/// fakes are drawn the same way where n is smaller than their number. Nothing where n would be under 2.
/// Errors: those of feature_moments.
[[nodiscard]] std::optional<FrechetFloor> frechet_floor(const torch::Tensor& real, const torch::Tensor& fake,
                                                        Covariance covariance, uint64_t seed);

}  // namespace sfv::evaluation
