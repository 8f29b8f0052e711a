#include "sfv/tensor/mixed_precision.h"

#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <thread>

namespace sfv {
namespace {

TEST(MixedPrecision, CastsFloatFactorsWhileItLives) {
  const torch::Tensor x = at::randn({3}), wide = at::randn({3}, at::kDouble);
  EXPECT_TRUE(as_factor(x).is_same(x));
  {
    const MixedPrecision scope(at::kBFloat16);
    EXPECT_TRUE(is_mixed());
    EXPECT_EQ(as_factor(x).scalar_type(), at::kBFloat16);
    EXPECT_TRUE(as_factor(wide).is_same(wide));
    EXPECT_FALSE(as_factor(torch::Tensor()).defined());
    const MixedPrecision off(at::kFloat);
    EXPECT_TRUE(as_factor(x).is_same(x));
  }
  EXPECT_FALSE(is_mixed());
}

TEST(MixedPrecision, GivesTheGradientInFloatToTheOneThatWasCast) {
  const torch::Tensor weight = at::randn({4}).requires_grad_(true);
  const MixedPrecision scope(at::kBFloat16);
  (as_factor(weight) * 3).sum().backward();
  EXPECT_EQ(weight.grad().scalar_type(), at::kFloat);
  EXPECT_TRUE(weight.grad().equal(3 * at::ones_like(weight)));
}

TEST(MixedPrecision, IsOfItsThreadAlone) {
  const MixedPrecision scope(at::kBFloat16);
  at::ScalarType elsewhere = at::kBFloat16;
  std::thread([&] { elsewhere = MixedPrecision::current(); }).join();
  EXPECT_EQ(elsewhere, at::kFloat);
}

}  // namespace
}  // namespace sfv
