#include "sfv/evaluation/frechet_interval.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/data/counter_random.h"

namespace sfv::evaluation {
namespace {

torch::Tensor resample(const torch::Tensor& features, uint64_t seed, uint64_t stream) {
  const int64_t N = features.size(0);
  data::CounterRandom random(seed, stream);
  torch::Tensor rows = at::empty({N}, at::kLong);
  auto* row = rows.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < N; ++i) row[i] = random.below(N);
  return features.index_select(0, rows);
}

// Linear between neighbours. sorted: not empty.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

FrechetInterval bootstrap_frechet(const torch::Tensor& a, const torch::Tensor& b, Covariance covariance,
                                  const BootstrapOptions& options, const CancelToken* cancel) {
  constexpr int64_t kMinResamples = 20;
  SFV_CHECK(options.resamples >= kMinResamples && options.level > 0 && options.level < 1, kInvalidArgument,
            "[bootstrap] expected at least ", kMinResamples, " resamples and a level between 0 and 1, got ",
            options.resamples, " and ", options.level);
  const double distance = frechet_distance(feature_moments(a, covariance), feature_moments(b, covariance));
  std::vector<double> resamples;
  double sum = 0;
  for (int64_t r = 0; r < options.resamples; ++r) {
    if (cancel != nullptr) cancel->throw_if_cancelled();
    const auto stream = static_cast<uint64_t>(2 * r);
    resamples.push_back(frechet_distance(feature_moments(resample(a, options.seed, stream), covariance),
                                         feature_moments(resample(b, options.seed, stream + 1), covariance)));
    sum += resamples.back();
  }
  std::sort(resamples.begin(), resamples.end());
  const auto R = static_cast<double>(options.resamples);
  const double mean = sum / R;
  double squares = 0;
  for (const double value : resamples) squares += (value - mean) * (value - mean);
  const double tail = (1 - options.level) / 2;
  return {.low = std::max(distance + quantile(resamples, tail) - mean, 0.0),
          .high = std::max(distance + quantile(resamples, 1 - tail) - mean, 0.0),
          .deviation = std::sqrt(squares / (R - 1)),
          .shift = mean - distance};
}

}  // namespace sfv::evaluation
