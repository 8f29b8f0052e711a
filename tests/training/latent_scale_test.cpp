#include "sfv/training/latent_scale.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace sfv::training {
namespace {

TEST(LatentScale, IsOneOverTheDeviationOfAllValues) {
  LatentScale scale;
  EXPECT_EQ(scale.scaling_factor(0.5), 0.5);
  // Mean 1, deviation 2, in each step and over both.
  scale.add(at::tensor({-1.0F, 3.0F}));
  scale.add(at::tensor({3.0F, -1.0F, 3.0F, -1.0F}));
  EXPECT_NEAR(scale.scaling_factor(9), 0.5, 1e-12);
}

TEST(LatentScale, CountsStepsByWeightAndForgets) {
  LatentScale scale;
  scale.add(at::tensor({0.0F}));
  scale.add(at::tensor({1.0F}));
  // Weights .99 and 1: the variance of two points is w0 w1 / (w0 + w1)^2.
  EXPECT_NEAR(scale.scaling_factor(9), 1.99 / std::sqrt(0.99), 1e-12);
  for (int i = 0; i < 2000; ++i) scale.add(at::tensor({-3.0F, 3.0F}));
  EXPECT_NEAR(scale.scaling_factor(9), 1.0 / 3, 1e-9);
}

TEST(LatentScale, LeavesTheFactorWhereAllValuesAreEqual) {
  LatentScale scale;
  scale.add(at::full({4}, 2.0F));
  EXPECT_EQ(scale.scaling_factor(0.18215), 0.18215);
}

TEST(LatentScale, GoesOnFromItsSums) {
  LatentScale scale, other;
  scale.add(at::tensor({1.0F, 5.0F, 7.0F}));
  at::Tensor sums = other.sums();
  sums.copy_(scale.sums());
  EXPECT_EQ(other.scaling_factor(9), scale.scaling_factor(9));
}

}  // namespace
}  // namespace sfv::training
