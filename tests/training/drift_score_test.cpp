#include "sfv/training/drift_score.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "sfv/core/error.h"
#include "tests/training/gradient_check.h"

namespace sfv::training {
namespace {

using testing::check_gradient;
using torch::Tensor;

// Spots that move by (right, down) cells a frame over a picture that stays: [1, 8, 2, 16, 16].
Tensor moving_spots(double right, double down) {
  const Tensor rows = torch::arange(16, torch::kDouble).view({16, 1});
  const Tensor columns = torch::arange(16, torch::kDouble).view({1, 16});
  torch::manual_seed(5);
  const Tensor picture = torch::randn({2, 16, 16}, torch::kDouble);
  std::vector<Tensor> frames = {picture};
  for (int64_t f = 1; f < 8; ++f) {
    Tensor frame = picture.clone();
    for (const auto& [x, y] : {std::pair{3.0, 1.0}, {9.0, 4.0}, {6.0, 7.0}}) {
      const Tensor distance = (columns - x - right * static_cast<double>(f)).square() +
                              (rows - y - down * static_cast<double>(f)).square();
      frame += (-distance / 2).exp();
    }
    frames.push_back(frame);
  }
  return torch::stack(frames).unsqueeze(0);
}

TEST(MeanDrift, IsHowFarSpotsMoveToTheRight) {
  for (const double right : {-0.5, 0.0, 0.25, 0.5})
    EXPECT_NEAR(mean_drift(moving_spots(right, 0.5)).item<double>(), right, 0.06) << right;
  // Each clip of a batch has its own.
  const Tensor both = mean_drift(torch::cat({moving_spots(-0.5, 0.2), moving_spots(0.5, 0.9)}));
  EXPECT_NEAR(both[0].item<double>(), -0.5, 0.06);
  EXPECT_NEAR(both[1].item<double>(), 0.5, 0.06);
}

TEST(MeanDrift, IsNoneWhereNothingMoves) {
  const Tensor still = torch::ones({1, 6, 2, 8, 8}, torch::kDouble);
  EXPECT_NEAR(mean_drift(still).item<double>(), 0, 1e-9);
}

TEST(MeanDrift, WantsFiveFrames) {
  EXPECT_THROW((void)mean_drift(torch::zeros({1, 4, 2, 8, 8})), Error);
  EXPECT_NO_THROW((void)mean_drift(torch::zeros({1, 5, 2, 8, 8})));
}

TEST(MeanDrift, GradientIsThatOfTheFormula) {
  check_gradient(
      "drift", moving_spots(0.3, 0.6), [](const Tensor& x) { return mean_drift(x).sum(); }, 37);
}

TEST(FairCrps, HandComputed) {
  // |0 - 1|, |2 - 1|, |4 - 1|: 5/3; pairs 2, 2, 4: half of their mean is 4/3.
  const Tensor predicted = torch::tensor({0.0, 2.0, 4.0, 7.0, 7.0, 7.0}, torch::kDouble).view({2, 3});
  const Tensor score = fair_crps(predicted, torch::tensor({1.0, 5.0}, torch::kDouble));
  EXPECT_NEAR(score[0].item<double>(), 5.0 / 3 - 4.0 / 3, 1e-12);
  EXPECT_NEAR(score[1].item<double>(), 2, 1e-12);
  EXPECT_THROW((void)fair_crps(torch::zeros({1, 1}), torch::zeros({1})), Error);
}

// For truths from a uniform distribution: too narrow, too wide and shifted predictions score worse.
TEST(FairCrps, IsLeastForTheTrueDistribution) {
  torch::manual_seed(6);
  const Tensor truth = torch::rand({200000}, torch::kDouble);
  const Tensor draws = torch::rand({200000, 4}, torch::kDouble);
  const double best = fair_crps(draws, truth).mean().item<double>();
  EXPECT_NEAR(best, 1.0 / 6, 2e-3);  // half of the mean distance of two draws, 1/3
  EXPECT_GT(fair_crps(0.5 + 0.5 * (draws - 0.5), truth).mean().item<double>(), best + 0.01);
  EXPECT_GT(fair_crps(0.5 + 1.5 * (draws - 0.5), truth).mean().item<double>(), best + 0.005);
  EXPECT_GT(fair_crps(draws + 0.2, truth).mean().item<double>(), best + 0.01);
}

TEST(FairCrps, GradientIsThatOfTheFormula) {
  torch::manual_seed(7);
  const Tensor truth = torch::randn({3}, torch::kDouble);
  check_gradient("crps", torch::randn({3, 4}, torch::kDouble),
                 [&](const Tensor& x) { return fair_crps(x, truth).mean(); });
}

}  // namespace
}  // namespace sfv::training
