#include "sfv/training/ema.h"

#include <gtest/gtest.h>

#include "sfv/core/error.h"

namespace sfv::training {
namespace {

using torch::Tensor;

TEST(Ema, IsTheRunningMean) {
  const Tensor p = torch::full({2}, 1.0);
  Ema ema({{"w", p}}, {.decay = 0.75});
  p.fill_(5);
  ema.update();
  EXPECT_NEAR(ema.averages()[0].tensor[0].item<double>(), 2, 1e-6);
  ema.update();
  EXPECT_NEAR(ema.averages()[0].tensor[1].item<double>(), 2.75, 1e-6);
  EXPECT_EQ(ema.averages()[0].name, "w");
  EXPECT_EQ(ema.updates().item<int64_t>(), 2);
}

TEST(Ema, WarmUpForgetsTheBeginningSoon) {
  const Tensor p = torch::zeros({1});
  Ema ema({{"w", p}}, {.decay = 0.95, .warm_up = 10});
  EXPECT_NEAR(ema.next_decay(), 2.0 / 11, 1e-12);
  ema.update();
  EXPECT_NEAR(ema.next_decay(), 3.0 / 12, 1e-12);
  for (int i = 0; i < 200; ++i) ema.update();
  EXPECT_EQ(ema.next_decay(), 0.95);
}

TEST(Ema, OfHalfPrecisionIsKeptInFloat) {
  const Tensor p = torch::ones({1}, torch::kBFloat16);
  Ema ema({{"w", p}, {"d", torch::ones({1}, torch::kDouble)}}, {.decay = 0.95, .on_host = true});
  EXPECT_EQ(ema.averages()[0].tensor.scalar_type(), torch::kFloat);
  EXPECT_EQ(ema.averages()[1].tensor.scalar_type(), torch::kDouble);
  p.fill_(1 + 1.0 / 128);  // the next bfloat16
  ema.update();
  EXPECT_NEAR(ema.averages()[0].tensor.item<double>(), 1 + 0.05 / 128, 1e-7);
}

TEST(Ema, WithoutADecayItIsTheParameterItself) {
  const Tensor p = torch::ones({1});
  Ema ema({{"w", p}}, {.decay = 0, .on_host = true});
  p.fill_(3);
  ema.update();
  EXPECT_EQ(ema.averages()[0].tensor.data_ptr(), p.data_ptr());
  EXPECT_EQ(ema.updates().item<int64_t>(), 1);
}

TEST(Ema, RefusesADecayOfOne) {
  EXPECT_THROW(Ema({}, {.decay = 1}), Error);
  EXPECT_THROW(Ema({}, {.decay = -0.1}), Error);
}

}  // namespace
}  // namespace sfv::training
