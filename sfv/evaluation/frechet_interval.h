#pragma once

#include <torch/types.h>

#include <cstdint>

#include "sfv/core/cancel.h"
#include "sfv/evaluation/frechet_distance.h"

namespace sfv::evaluation {

struct BootstrapOptions {
  int64_t resamples = 200;  // R, >= 20
  double level = 0.95;      // share of the interval, in (0, 1)
  uint64_t seed = 0;
};

/// How much a Fréchet distance would change with other clips of the same kind and number.
struct FrechetInterval {
  double low = 0;
  double high = 0;
  double deviation = 0;  // standard deviation over the resamples
  double shift = 0;      // mean over the resamples less the distance: about its bias at this N
};

/// Bootstrap interval of the distance d of two sets of features [N, D]. Resample r draws N1 rows of a and N2
/// of b with replacement and gives d_r. Repeated rows raise d_r as a smaller N would, so the interval is
/// moved back by that shift:
///   [d + q_lo - m, d + q_hi - m],  m = mean of d_r,  q: their quantiles at (1 - level) / 2 and the other end
/// (interpolated linearly between neighbours), never below 0. It holds the luck of the draw, not the bias of
/// d at this N, which the floor shows. Row i of resample r is word i of stream 2 r (a) or 2 r + 1 (b) of
/// data::CounterRandom(seed). cancel may be null. Errors: kInvalidArgument; kCancelled. Source: Efron and
/// Tibshirani 1993, chapters 10 and 13.
[[nodiscard]] FrechetInterval bootstrap_frechet(const torch::Tensor& a, const torch::Tensor& b,
                                                Covariance covariance, const BootstrapOptions& options,
                                                const CancelToken* cancel);

}  // namespace sfv::evaluation
