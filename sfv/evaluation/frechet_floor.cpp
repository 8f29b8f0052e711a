#include "sfv/evaluation/frechet_floor.h"

#include <ATen/ops/arange.h>

#include <algorithm>

#include "sfv/data/counter_random.h"

namespace sfv::evaluation {
namespace {

constexpr uint64_t kRealStream = 0x7265'616c;  // "real"
constexpr uint64_t kFakeStream = 0x6661'6b65;  // "fake"

torch::Tensor shuffled_rows(const torch::Tensor& features, uint64_t seed, uint64_t stream) {
  data::CounterRandom random(seed, stream);
  torch::Tensor order = at::arange(features.size(0), at::kLong);
  auto* row = order.mutable_data_ptr<int64_t>();
  for (int64_t i = features.size(0) - 1; i > 0; --i) std::swap(row[i], row[random.below(i + 1)]);
  return features.index_select(0, order);
}

}  // namespace

std::optional<FrechetFloor> frechet_floor(const torch::Tensor& real, const torch::Tensor& fake,
                                          Covariance covariance, uint64_t seed) {
  const int64_t n = std::min(fake.size(0), real.size(0) / 2);
  if (n < 2) return std::nullopt;
  const torch::Tensor reals = shuffled_rows(real, seed, kRealStream);
  const torch::Tensor fakes = n < fake.size(0) ? shuffled_rows(fake, seed, kFakeStream) : fake;
  const FeatureMoments a = feature_moments(reals.narrow(0, 0, n), covariance);
  const FeatureMoments b = feature_moments(reals.narrow(0, n, n), covariance);
  return FrechetFloor{
      .clips = n,
      .real_to_real = frechet_distance(a, b),
      .fake_to_real = frechet_distance(feature_moments(fakes.narrow(0, 0, n), covariance), b)};
}

}  // namespace sfv::evaluation
