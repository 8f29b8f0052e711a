#pragma once

#include "sfv/ops/cuda/host_device.h"

namespace sfv::ops::cuda {

/// Count, mean and sum of squared distances from the mean, of some numbers. Squares of the numbers themselves
/// are never summed, so a large mean costs no digits of the variance.
struct Moments {
  float count, mean, m2;
};

/// The moments of both sets together; either may be empty. Source: Chan, Golub, LeVeque, "Updating Formulae
/// and a Pairwise Algorithm for Computing Sample Variances", 1979.
SFV_HOST_DEVICE inline Moments join(const Moments& a, const Moments& b) {
  if (a.count == 0.0F) return b;
  if (b.count == 0.0F) return a;
  const float count = a.count + b.count;
  const float distance = b.mean - a.mean;
  const float share = b.count / count;
  return {count, a.mean + distance * share, a.m2 + b.m2 + distance * distance * (a.count * share)};
}

/// The moments of V channels side by side, which have one count. Source: Welford, "Note on a Method for
/// Calculating Corrected Sums of Squares and Products", 1962.
template <int V>
struct RunningMoments {
  float count = 0.0F;
  float mean[V] = {};
  float m2[V] = {};

  SFV_HOST_DEVICE void add(const float (&values)[V]) {
    count += 1.0F;
    const float share = 1.0F / count;
    for (int lane = 0; lane < V; ++lane) {
      const float distance = values[lane] - mean[lane];
      mean[lane] += distance * share;
      m2[lane] += distance * (values[lane] - mean[lane]);
    }
  }
};

}  // namespace sfv::ops::cuda
