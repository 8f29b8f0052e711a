#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "sfv/diffusion/karras_schedule.h"

namespace sfv::diffusion {

/// The ladder of SF-V Eq. 5, rising: level 0 is sigma_min, level count - 1 is sigma_max. In double.
/// Errors: kInvalidArgument if count < 2 or not 0 < sigma_min < sigma_max.
[[nodiscard]] std::vector<double> ascending_levels(int64_t count, double sigma_min, double sigma_max,
                                                   double rho = kRho);

/// Noise levels with a probability each.
class LevelDistribution {
 public:
  /// levels: > 0; weights: >= 0, finite, not all 0, one a level; they are divided by their sum.
  /// Errors: kInvalidArgument.
  LevelDistribution(std::vector<double> levels, const std::vector<double>& weights);

  [[nodiscard]] const std::vector<double>& levels() const { return levels_; }
  [[nodiscard]] const std::vector<double>& probabilities() const { return probabilities_; }
  /// Inverse of the cumulated probabilities: the level whose turn it is at u, 0 <= u < 1. Never a level of
  /// probability 0.
  [[nodiscard]] int64_t index_at(double u) const;
  [[nodiscard]] double sigma_at(double u) const { return levels_[index_at(u)]; }

 private:
  std::vector<double> levels_, probabilities_, cumulated_;
};

/// The generator's levels: all of `ladder` (rising) but the lowest. weights: one for each of ladder[1] …;
/// empty: equal ones, as in SF-V section 3.2. Errors: kInvalidArgument.
[[nodiscard]] LevelDistribution generator_levels(const std::vector<double>& ladder,
                                                 std::vector<double> weights = {});

/// SF-V Eq. 7: what a log-normal law puts between two neighbours of `ladder` (rising) goes to the upper one,
/// so ladder[0] is never drawn: p(s'_t) ~ erf((ln s'_t - p_mean) / (sqrt2 |p_std|)) - the same at s'_{t-1}.
/// Only the size of p_std counts: the paper prints -1 with the difference the other way round.
/// Errors: kInvalidArgument if p_std is 0 or the law has no weight on the ladder. Source: SF-V section 3.3;
/// Song and Dhariwal 2023 (iCT), whose form gives a bin to its lower edge.
[[nodiscard]] LevelDistribution discretised_log_normal(const std::vector<double>& ladder, double p_mean,
                                                       double p_std);

/// A law of sigma, given as its map from a uniform number in [0, 1).
using NoiseLaw = std::function<double(double u)>;

/// LevelDistribution::sigma_at as a law.
[[nodiscard]] NoiseLaw as_law(LevelDistribution distribution);
/// ln sigma ~ N(p_mean, p_std^2), its quantile function. p_std > 0. Errors: kInvalidArgument.
[[nodiscard]] NoiseLaw log_normal(double p_mean, double p_std);
/// LADD's law: t = sigmoid(mean + std n) in flow time, sigma = t / (1 - t); exactly log_normal(mean, std).
[[nodiscard]] NoiseLaw logit_normal(double mean, double std);
/// `share` of the draws spread evenly over `levels`, the rest by `law`: without it a log-normal law as used
/// in pre-training almost never shows the network sigma_max, where sampling begins. 0 <= share <= 1. Errors:
/// kInvalidArgument.
[[nodiscard]] NoiseLaw with_ladder_share(NoiseLaw law, const std::vector<double>& levels, double share);

/// `count` uniform numbers in [0, 1), double, the next of a CPU generator.
[[nodiscard]] std::vector<double> draw_uniforms(int64_t count, at::Generator& generator);
/// `count` noise levels as float32 [count] on the CPU.
[[nodiscard]] torch::Tensor draw_sigmas(const NoiseLaw& law, int64_t count, at::Generator& generator);

}  // namespace sfv::diffusion
