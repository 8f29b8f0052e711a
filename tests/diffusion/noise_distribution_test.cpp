#include "sfv/diffusion/noise_distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sfv/core/error.h"
#include "sfv/tensor/random.h"

namespace sfv::diffusion {
namespace {

std::vector<double> ladder(int64_t count) {
  return ascending_levels(count, 0.002, 700);
}

// SF-V: "s_1..s_3 of Eq. 5 with T = 4"; the values are hand-computed with SVD's sigma_min, sigma_max and rho.
TEST(AscendingLevels, FourOfSvd) {
  const std::vector<double> levels = ladder(4);
  const std::vector<double> expected = {0.002, 2.2691164, 70.5408401, 700};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(levels[i], expected[i], 1e-7 * expected[i]) << i;
}

TEST(GeneratorLevels, AreAllButTheLowestEquallyOften) {
  const LevelDistribution levels = generator_levels(ladder(4));
  ASSERT_EQ(levels.levels().size(), 3U);
  EXPECT_NEAR(levels.sigma_at(0.0), 2.2691164, 1e-6);
  EXPECT_NEAR(levels.sigma_at(0.34), 70.5408401, 1e-5);
  EXPECT_NEAR(levels.sigma_at(0.9999999), 700, 1e-9);
  for (const double p : levels.probabilities()) EXPECT_NEAR(p, 1.0 / 3, 1e-15);
}

TEST(GeneratorLevels, TakeWeights) {
  const LevelDistribution levels = generator_levels(ladder(4), {0, 1, 3});
  EXPECT_EQ(levels.index_at(0.0), 1);
  EXPECT_EQ(levels.index_at(0.2499), 1);
  EXPECT_EQ(levels.index_at(0.2501), 2);
}

TEST(DiscretisedLogNormal, SumsToOneAndNeverDrawsTheLowestLevel) {
  for (const double mean : {-2.0, -1.0, 0.0, 1.0}) {
    const LevelDistribution law = discretised_log_normal(ladder(1000), mean, 1);
    EXPECT_NEAR(std::accumulate(law.probabilities().begin(), law.probabilities().end(), 0.0), 1, 1e-12);
    EXPECT_EQ(law.probabilities()[0], 0);
    EXPECT_GT(law.index_at(0.0), 0);
  }
}

TEST(DiscretisedLogNormal, IsTheSameForEitherSignOfTheDeviation) {
  const LevelDistribution minus = discretised_log_normal(ladder(1000), -1, -1);
  const LevelDistribution plus = discretised_log_normal(ladder(1000), -1, 1);
  EXPECT_EQ(minus.probabilities(), plus.probabilities());
}

TEST(DiscretisedLogNormal, GivesEachBinToItsUpperEdge) {
  // Three levels at ln sigma = -1, 0, 1 and a standard normal: the bins hold Phi(0) - Phi(-1), Phi(1) -
  // Phi(0).
  const std::vector<double> edges = {std::exp(-1.0), 1.0, std::exp(1.0)};
  const LevelDistribution law = discretised_log_normal(edges, 0, 1);
  EXPECT_EQ(law.probabilities()[0], 0);
  EXPECT_NEAR(law.probabilities()[1], 0.5, 1e-15);
  EXPECT_NEAR(law.probabilities()[2], 0.5, 1e-15);
  const LevelDistribution shifted = discretised_log_normal(edges, 1, 1);
  const double lower = 0.1586552539314571 - 0.0227501319481792;  // Phi(-1) - Phi(-2)
  const double upper = 0.5 - 0.1586552539314571;                 // Phi(0) - Phi(-1)
  EXPECT_NEAR(shifted.probabilities()[1], lower / (lower + upper), 1e-14);
}

struct Quantiles {
  double mean, q05, q25, q50, q75, q95, peak;
};

TEST(DiscretisedLogNormal, QuantilesOfThePapersFourRows) {
  const std::vector<Quantiles> rows = {{-2, .027, .070, .136, .269, .703, .0080},
                                       {-1, .071, .189, .369, .725, 1.93, .0070},
                                       {0, .196, .517, 1.00, 1.98, 5.20, .0060},
                                       {1, .526, 1.40, 2.73, 5.38, 14.2, .0052}};
  for (const Quantiles& row : rows) {
    const LevelDistribution law = discretised_log_normal(ladder(1000), row.mean, -1);
    const auto expect_level = [&](double u, double sigma) {
      EXPECT_NEAR(law.sigma_at(u), sigma, 0.02 * sigma) << row.mean << " at " << u;
    };
    expect_level(.05, row.q05);
    expect_level(.25, row.q25);
    expect_level(.50, row.q50);
    expect_level(.75, row.q75);
    expect_level(.95, row.q95);
    EXPECT_NEAR(*std::max_element(law.probabilities().begin(), law.probabilities().end()), row.peak, 6e-5);
  }
}

TEST(DiscretisedLogNormal, SurvivesTailsWhereErfIsFlat) {
  const LevelDistribution law = discretised_log_normal(ladder(1000), -5, 0.05);
  for (const double p : law.probabilities()) EXPECT_GE(p, 0);
  EXPECT_NEAR(law.sigma_at(0.5), std::exp(-5.0), 5e-4);
  EXPECT_THROW((void)discretised_log_normal(ladder(1000), 50, 0.01), Error);  // nothing on the ladder
}

TEST(LogNormal, IsItsQuantileFunction) {
  const NoiseLaw law = log_normal(0.7, 1.6);
  EXPECT_NEAR(law(0.5), std::exp(0.7), 1e-12);
  EXPECT_NEAR(law(0.975), std::exp(0.7 + 1.6 * 1.959963984540054), 1e-9);
  EXPECT_TRUE(std::isfinite(law(0.0)) && law(0.0) > 0);
}

TEST(LogitNormal, IsALogNormalLawOfSigma) {
  const NoiseLaw law = logit_normal(1, 1);
  for (const double u : {0.01, 0.3, 0.8}) {
    const double sigma = log_normal(1, 1)(u);
    const double t = sigma / (1 + sigma);  // back to flow time
    EXPECT_NEAR(law(u), t / (1 - t), 1e-9 * sigma);
  }
}

TEST(LadderShare, SpreadsItsShareEvenlyAndLeavesTheRest) {
  const NoiseLaw law = with_ladder_share(log_normal(0, 1), {0.5, 700}, 0.2);
  EXPECT_EQ(law(0.05), 0.5);
  EXPECT_EQ(law(0.15), 700);
  EXPECT_NEAR(law(0.2 + 0.8 * 0.5), 1, 1e-12);
}

TEST(DrawSigmas, AreReproducibleAndFollowTheLaw) {
  const LevelDistribution levels = generator_levels(ladder(4), {1, 1, 2});
  at::Generator first = make_generator(3), second = make_generator(3);
  const torch::Tensor a = draw_sigmas(as_law(levels), 4000, first);
  const torch::Tensor b = draw_sigmas(as_law(levels), 4000, second);
  EXPECT_TRUE(a.equal(b));
  EXPECT_NEAR(a.gt(600).to(at::kFloat).mean().item<float>(), 0.5, 0.04);  // 5 standard deviations
  EXPECT_FALSE(a.equal(draw_sigmas(as_law(levels), 4000, first)));
}

TEST(NoiseDistribution, RefusesWhatHasNoMeaning) {
  EXPECT_THROW((void)ascending_levels(1, 0.002, 700), Error);
  EXPECT_THROW((void)ascending_levels(4, 0, 700), Error);
  EXPECT_THROW((void)discretised_log_normal(ladder(10), 0, 0), Error);
  EXPECT_THROW((void)discretised_log_normal({2.0, 1.0}, 0, 1), Error);
  EXPECT_THROW((void)generator_levels(ladder(4), {0, 0, 0}), Error);
  EXPECT_THROW((void)generator_levels(ladder(4), {1, 1}), Error);
  EXPECT_THROW((void)generator_levels(ladder(4), {1, -1, 1}), Error);
  EXPECT_THROW((void)log_normal(0, 0), Error);
  EXPECT_THROW((void)with_ladder_share(log_normal(0, 1), {1.0}, 1.5), Error);
}

}  // namespace
}  // namespace sfv::diffusion
