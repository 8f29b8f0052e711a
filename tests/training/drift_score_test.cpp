#include "sfv/training/drift_score.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "sfv/core/error.h"
#include "tests/training/gradient_check.h"

namespace sfv::training {
namespace {

using testing::check_gradient;
using torch::Tensor;

// Spots that move by (right, down) cells a frame over a picture that stays: [1, 14, 2, 24, 24].
Tensor moving_spots(double right, double down) {
  const Tensor rows = torch::arange(24, torch::kDouble).view({24, 1});
  const Tensor columns = torch::arange(24, torch::kDouble).view({1, 24});
  torch::manual_seed(5);
  const Tensor picture = torch::randn({2, 24, 24}, torch::kDouble);
  std::vector<Tensor> frames = {picture};
  for (int64_t f = 1; f < 14; ++f) {
    Tensor frame = picture.clone();
    for (const auto& [x, y] : {std::pair{9.0, 1.0}, {14.0, 4.0}, {8.0, 7.0}}) {
      const Tensor distance = (columns - x - right * static_cast<double>(f)).square() +
                              (rows - y - down * static_cast<double>(f)).square();
      frame += (-distance / 2).exp();
    }
    frames.push_back(frame);
  }
  return torch::stack(frames).unsqueeze(0);
}

// Of single numbers.
Tensor crps(const Tensor& predicted, const Tensor& truth) {
  return fair_energy_score(predicted.unsqueeze(2), truth.unsqueeze(1));
}

TEST(MeanDrift, IsHowFarSpotsMoveToTheRight) {
  for (const double right : {-0.5, 0.0, 0.25, 0.5})
    EXPECT_NEAR(mean_drift(moving_spots(right, 1)).item<double>(), right, 0.06) << right;
  // Each clip of a batch has its own.
  const Tensor both = mean_drift(torch::cat({moving_spots(-0.5, 0.7), moving_spots(0.5, 1.2)}));
  EXPECT_NEAR(both[0].item<double>(), -0.5, 0.06);
  EXPECT_NEAR(both[1].item<double>(), 0.5, 0.06);
}

TEST(MeanDrift, IsNoneWhereNothingMoves) {
  const Tensor still = torch::ones({1, 6, 2, 8, 8}, torch::kDouble);
  EXPECT_NEAR(mean_drift(still).item<double>(), 0, 1e-9);
}

// A generated first frame may differ from all later ones, everywhere.
TEST(MeanDrift, IgnoresWhatStays) {
  Tensor clip = moving_spots(0.5, 1);
  torch::manual_seed(9);
  clip.slice(1, 1) += torch::randn({1, 1, 2, 24, 24}, torch::kDouble);
  EXPECT_NEAR(mean_drift(clip).item<double>(), 0.5, 0.06);
}

TEST(MeanDrift, WantsFiveFrames) {
  EXPECT_THROW((void)mean_drift(torch::zeros({1, 4, 2, 8, 8})), Error);
  EXPECT_NO_THROW((void)mean_drift(torch::zeros({1, 5, 2, 8, 8})));
}

TEST(MeanDrift, GradientIsThatOfTheFormula) {
  check_gradient(
      "drift", moving_spots(0.3, 0.6), [](const Tensor& x) { return mean_drift(x).sum(); }, 37);
}

// Each window of a large picture by itself, row by row; a small picture as a whole.
TEST(DriftOfWindows, AreThoseOfEach) {
  const Tensor left = moving_spots(-0.5, 1), right = moving_spots(0.25, 1), still = moving_spots(0, 1);
  const Tensor large = torch::cat({torch::cat({left, right}, 4), torch::cat({still, left}, 4)}, 3);
  const Tensor drifts = drift_of_windows(large);  // of 48 x 48 cells: nine windows of 16
  EXPECT_EQ(drifts.sizes(), (std::vector<int64_t>{1, 9}));
  for (const auto& [window, row, column] : {std::tuple{0, 0, 0}, {5, 1, 2}, {7, 2, 1}}) {
    const Tensor cut = large.slice(3, 16 * row, 16 * row + 16).slice(4, 16 * column, 16 * column + 16);
    EXPECT_NEAR(drifts[0][window].item<double>(), mean_drift(cut).item<double>(), 1e-12) << window;
  }
  EXPECT_TRUE(drift_of_windows(left).equal(mean_drift(left).unsqueeze(1)));
}

TEST(FairEnergyScore, HandComputed) {
  // |0 - 1|, |2 - 1|, |4 - 1|: 5/3; pairs 2, 2, 4: half of their mean is 4/3.
  const Tensor predicted = torch::tensor({0.0, 2.0, 4.0, 7.0, 7.0, 7.0}, torch::kDouble).view({2, 3});
  const Tensor score = crps(predicted, torch::tensor({1.0, 5.0}, torch::kDouble));
  EXPECT_NEAR(score[0].item<double>(), 5.0 / 3 - 4.0 / 3, 1e-12);
  EXPECT_NEAR(score[1].item<double>(), 2, 1e-12);
  // In the plane: distances 5 and 5 to the truth, 10 between the two predictions.
  const Tensor plane = torch::tensor({3.0, 4.0, -3.0, -4.0}, torch::kDouble).view({1, 2, 2});
  EXPECT_NEAR(fair_energy_score(plane, torch::zeros({1, 2}, torch::kDouble)).item<double>(), 0, 1e-12);
  EXPECT_THROW((void)fair_energy_score(torch::zeros({1, 1, 1}), torch::zeros({1, 1})), Error);
}

// For truths from a uniform distribution: too narrow, too wide and shifted predictions score worse.
TEST(FairEnergyScore, IsLeastForTheTrueDistribution) {
  torch::manual_seed(6);
  const Tensor truth = torch::rand({200000}, torch::kDouble);
  const Tensor draws = torch::rand({200000, 4}, torch::kDouble);
  const double best = crps(draws, truth).mean().item<double>();
  EXPECT_NEAR(best, 1.0 / 6, 2e-3);  // half of the mean distance of two draws, 1/3
  EXPECT_GT(crps(0.5 + 0.5 * (draws - 0.5), truth).mean().item<double>(), best + 0.01);
  EXPECT_GT(crps(0.5 + 1.5 * (draws - 0.5), truth).mean().item<double>(), best + 0.005);
  EXPECT_GT(crps(draws + 0.2, truth).mean().item<double>(), best + 0.01);
}

// Where both numbers of a truth are the same, predictions of two independent numbers score worse.
TEST(FairEnergyScore, SeesWhatHangsTogether) {
  torch::manual_seed(8);
  const Tensor truth = torch::rand({100000, 1}, torch::kDouble).expand({-1, 2});
  const Tensor together = torch::rand({100000, 4, 1}, torch::kDouble).expand({-1, -1, 2});
  const Tensor apart = torch::rand({100000, 4, 2}, torch::kDouble);
  EXPECT_GT(fair_energy_score(apart, truth).mean().item<double>(),
            fair_energy_score(together, truth).mean().item<double>() + 0.01);
}

TEST(FairEnergyScore, GradientIsThatOfTheFormula) {
  torch::manual_seed(7);
  const Tensor truth = torch::randn({3, 2}, torch::kDouble);
  check_gradient("energy score", torch::randn({3, 4, 2}, torch::kDouble),
                 [&](const Tensor& x) { return fair_energy_score(x, truth).mean(); });
}

// Two predictions that are one, and true: no gradient, and none that is not a number.
TEST(FairEnergyScore, HasAGradientWherePredictionsAreOne) {
  Tensor predicted = torch::ones({1, 2, 2}, torch::kDouble).requires_grad_(true);
  fair_energy_score(predicted, torch::ones({1, 2}, torch::kDouble)).sum().backward();
  EXPECT_TRUE(predicted.grad().equal(torch::zeros({1, 2, 2}, torch::kDouble)));
}

}  // namespace
}  // namespace sfv::training
