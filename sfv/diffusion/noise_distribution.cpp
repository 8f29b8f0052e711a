// Which noise levels training sees, and how often: SF-V Eq. 5 and 7, and the laws of the methods beside it.
#include "sfv/diffusion/noise_distribution.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/special_ndtri.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::diffusion {
namespace {

void check_rising(const std::vector<double>& ladder) {
  SFV_CHECK(ladder.size() >= 2 && ladder.front() > 0 && std::isfinite(ladder.back()), kInvalidArgument,
            "[noise_distribution] expected a ladder of at least 2 levels above 0, got ", ladder.size());
  SFV_CHECK(std::adjacent_find(ladder.begin(), ladder.end(), std::greater_equal<>()) == ladder.end(),
            kInvalidArgument, "[noise_distribution] expected rising levels");
}

double standard_normal_quantile(double u) {
  // Away from the ends, whose quantiles are infinite; draws are multiples of 2^-53.
  const double inside = std::clamp(u, 0x1p-54, 1 - 0x1p-53);
  return at::special_ndtri(at::scalar_tensor(inside, at::kDouble)).item<double>();
}

}  // namespace

std::vector<double> ascending_levels(int64_t count, double sigma_min, double sigma_max, double rho) {
  SFV_CHECK(count >= 2, kInvalidArgument, "[noise_distribution] expected at least 2 levels, got ", count);
  SFV_CHECK(sigma_min > 0 && sigma_min < sigma_max && std::isfinite(sigma_max), kInvalidArgument,
            "[noise_distribution] expected 0 < sigma_min < sigma_max, got ", sigma_min, " and ", sigma_max);
  std::vector<double> levels;
  for (int64_t t = 0; t < count; ++t) {
    const double ramp = static_cast<double>(count - 1 - t) / static_cast<double>(count - 1);
    levels.push_back(karras_sigma(ramp, sigma_min, sigma_max, rho));
  }
  return levels;
}

LevelDistribution::LevelDistribution(std::vector<double> levels, const std::vector<double>& weights)
    : levels_(std::move(levels)) {
  SFV_CHECK(!levels_.empty() && levels_.size() == weights.size(), kInvalidArgument,
            "[noise_distribution] expected one weight a level, got ", weights.size(), " weights for ",
            levels_.size(), " levels");
  double sum = 0;
  for (size_t i = 0; i < levels_.size(); ++i) {
    SFV_CHECK(levels_[i] > 0 && std::isfinite(levels_[i]), kInvalidArgument,
              "[noise_distribution] expected levels above 0, got ", levels_[i]);
    SFV_CHECK(weights[i] >= 0 && std::isfinite(weights[i]), kInvalidArgument,
              "[noise_distribution] expected weights of 0 or more, got ", weights[i]);
    sum += weights[i];
  }
  SFV_CHECK(sum > 0 && std::isfinite(sum), kInvalidArgument,
            "[noise_distribution] expected a weight above 0; with this law no level of the ladder is ever "
            "drawn");
  double cumulated = 0;
  for (const double weight : weights) {
    probabilities_.push_back(weight / sum);
    cumulated_.push_back(cumulated += weight / sum);
  }
}

int64_t LevelDistribution::index_at(double u) const {
  auto found = std::upper_bound(cumulated_.begin(), cumulated_.end(), u) - cumulated_.begin();
  // The sums may end a rounding short of 1: then u belongs to the last level that has a probability.
  found = std::min(found, static_cast<std::ptrdiff_t>(levels_.size()) - 1);
  while (found > 0 && probabilities_[found] == 0) --found;
  return found;
}

LevelDistribution generator_levels(const std::vector<double>& ladder, std::vector<double> weights) {
  check_rising(ladder);
  if (weights.empty()) weights.assign(ladder.size() - 1, 1.0);
  return {std::vector<double>(ladder.begin() + 1, ladder.end()), weights};
}

LevelDistribution discretised_log_normal(const std::vector<double>& ladder, double p_mean, double p_std) {
  check_rising(ladder);
  SFV_CHECK(p_std != 0 && std::isfinite(p_std) && std::isfinite(p_mean), kInvalidArgument,
            "[noise_distribution] expected a p_std other than 0, got ", p_std);
  const auto cumulated = [&](double sigma) {
    return std::erf((std::log(sigma) - p_mean) / (std::sqrt(2.0) * std::abs(p_std)));
  };
  std::vector<double> weights = {0.0};
  for (size_t t = 1; t < ladder.size(); ++t)
    weights.push_back(std::max(0.0, cumulated(ladder[t]) - cumulated(ladder[t - 1])));
  return {ladder, weights};
}

NoiseLaw as_law(LevelDistribution distribution) {
  return [distribution = std::move(distribution)](double u) { return distribution.sigma_at(u); };
}

NoiseLaw log_normal(double p_mean, double p_std) {
  SFV_CHECK(p_std > 0 && std::isfinite(p_std) && std::isfinite(p_mean), kInvalidArgument,
            "[noise_distribution] log-normal expected a deviation above 0, got ", p_std);
  return [=](double u) { return std::exp(p_mean + p_std * standard_normal_quantile(u)); };
}

NoiseLaw logit_normal(double mean, double std) {
  // ln(t / (1 - t)) is what the sigmoid was taken of.
  return log_normal(mean, std);
}

NoiseLaw with_ladder_share(NoiseLaw law, const std::vector<double>& levels, double share) {
  SFV_CHECK(share >= 0 && share <= 1, kInvalidArgument,
            "[noise_distribution] expected a share of 0 to 1, got ", share);
  const LevelDistribution ladder(levels, std::vector<double>(levels.size(), 1.0));
  return [law = std::move(law), ladder, share](double u) {
    return u < share ? ladder.sigma_at(u / share) : law((u - share) / (1 - share));
  };
}

std::vector<double> draw_uniforms(int64_t count, at::Generator& generator) {
  const torch::Tensor uniforms = at::rand({count}, generator, at::kDouble);
  const double* const begin = uniforms.const_data_ptr<double>();
  return {begin, begin + count};
}

torch::Tensor draw_sigmas(const NoiseLaw& law, int64_t count, at::Generator& generator) {
  torch::Tensor sigmas = at::empty({count}, at::kFloat);
  float* const values = sigmas.data_ptr<float>();
  int64_t i = 0;
  for (const double u : draw_uniforms(count, generator)) values[i++] = static_cast<float>(law(u));
  return sigmas;
}

}  // namespace sfv::diffusion
