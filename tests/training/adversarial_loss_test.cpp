#include <gtest/gtest.h>

#include <cmath>

#include "sfv/core/error.h"
#include "sfv/training/hinge_loss.h"
#include "sfv/training/non_saturating_loss.h"
#include "sfv/training/patch_logits.h"
#include "sfv/training/relativistic_loss.h"
#include "tests/training/gradient_check.h"

namespace sfv::training {
namespace {

using testing::check_gradient;
using torch::Tensor;

PatchLogits constant(double value) {
  return {torch::full({1, 2, 4, 4}, value, torch::kDouble), torch::full({1, 2, 2, 2}, value, torch::kDouble)};
}

double value(const Tensor& loss) {
  return loss.item<double>();
}

TEST(HingeLoss, HandComputed) {
  // real -2 and 0.5, fake 3 and -1: max(0, 1 + D) is 0 and 1.5; max(0, 1 - D) is 0 and 2.
  const PatchLogits real = {torch::tensor({-2.0, 0.5}, torch::kDouble)};
  const PatchLogits fake = {torch::tensor({3.0, -1.0}, torch::kDouble)};
  EXPECT_DOUBLE_EQ(value(hinge_discriminator_loss(real, fake)), 0.75 + 1);
  EXPECT_DOUBLE_EQ(value(hinge_fake_loss(fake)), 1);
  EXPECT_DOUBLE_EQ(value(hinge_generator_loss(fake)), 1);
}

// The paper's sign: the discriminator goes down on real clips and up on fakes, the generator down on its own.
TEST(AdversarialLosses, HaveThePapersSign) {
  const PatchLogits low = constant(-0.5), high = constant(0.5);
  EXPECT_LT(value(hinge_discriminator_loss(low, high)), value(hinge_discriminator_loss(high, low)));
  EXPECT_LT(value(hinge_generator_loss(low)), value(hinge_generator_loss(high)));
  EXPECT_LT(value(non_saturating_discriminator_loss(low, high)),
            value(non_saturating_discriminator_loss(high, low)));
  EXPECT_LT(value(non_saturating_generator_loss(low)), value(non_saturating_generator_loss(high)));
  EXPECT_LT(value(relativistic_discriminator_loss(low, high)),
            value(relativistic_discriminator_loss(high, low)));
  EXPECT_LT(value(relativistic_generator_loss(high, low)), value(relativistic_generator_loss(low, high)));
}

TEST(AdversarialLosses, BeginAtTheirKnownValues) {
  const PatchLogits zero = constant(0);
  EXPECT_DOUBLE_EQ(value(hinge_discriminator_loss(zero, zero)), 2);
  EXPECT_NEAR(value(non_saturating_discriminator_loss(zero, zero)), 2 * std::log(2.0), 1e-12);
  EXPECT_NEAR(value(relativistic_discriminator_loss(zero, zero)), std::log(2.0), 1e-12);
  EXPECT_NEAR(value(relativistic_generator_loss(zero, zero)), std::log(2.0), 1e-12);
}

TEST(AdversarialLosses, CountEachHeadAlikeHoweverManyPlacesItHas) {
  const PatchLogits logits = {torch::full({1, 2, 8, 8}, 1.0), torch::full({1, 2, 1, 1}, 4.0)};
  EXPECT_FLOAT_EQ(hinge_generator_loss(logits).item<float>(), 2.5F);
}

// On every place, not on the mean: two places that are wrong in opposite ways do not cancel.
TEST(HingeLoss, IsTakenOfEveryPlace) {
  const PatchLogits real = {torch::tensor({-3.0, 3.0})};
  EXPECT_FLOAT_EQ(hinge_discriminator_loss(real, real).item<float>(), 2 + 2);
}

TEST(Accuracy, CountsPlacesByHead) {
  const PatchLogits logits = {torch::tensor({-1.0, -2.0, 3.0, -0.5}), torch::tensor({1.0, 2.0})};
  EXPECT_EQ(accuracy_on_real(logits), (std::vector<double>{0.75, 0}));
  EXPECT_EQ(accuracy_on_fake(logits), (std::vector<double>{0.25, 1}));
}

TEST(AdversarialLosses, GradientsAreThoseOfTheFormulas) {
  torch::manual_seed(1);
  const Tensor x = torch::randn({1, 2, 3, 2}, torch::kDouble),
               other = torch::randn({1, 2, 3, 2}, torch::kDouble);
  const auto two = [](const Tensor& t) { return PatchLogits{t, t.narrow(1, 0, 1) * 2}; };
  const PatchLogits fixed = two(other);
  using Loss = std::pair<const char*, std::function<Tensor(const Tensor&)>>;
  for (const auto& [name, loss] :
       {Loss{"hinge, real", [&](const Tensor& t) { return hinge_discriminator_loss(two(t), fixed); }},
        Loss{"hinge, fake", [&](const Tensor& t) { return hinge_discriminator_loss(fixed, two(t)); }},
        Loss{"hinge, generator", [&](const Tensor& t) { return hinge_generator_loss(two(t)); }},
        Loss{"non-saturating, real",
             [&](const Tensor& t) { return non_saturating_discriminator_loss(two(t), fixed); }},
        Loss{"non-saturating, fake",
             [&](const Tensor& t) { return non_saturating_discriminator_loss(fixed, two(t)); }},
        Loss{"non-saturating, generator",
             [&](const Tensor& t) { return non_saturating_generator_loss(two(t)); }},
        Loss{"relativistic, real",
             [&](const Tensor& t) { return relativistic_discriminator_loss(two(t), fixed); }},
        Loss{"relativistic, generator",
             [&](const Tensor& t) { return relativistic_generator_loss(fixed, two(t)); }}}) {
    check_gradient(name, x, loss);
  }
}

TEST(AdversarialLosses, RefuseHeadsThatDoNotPairUp) {
  const PatchLogits two = constant(0), one = {two[0]}, none;
  EXPECT_THROW((void)relativistic_discriminator_loss(two, one), Error);
  EXPECT_THROW((void)relativistic_generator_loss({two[0]}, {two[1]}), Error);
  EXPECT_THROW((void)hinge_generator_loss(none), Error);
}

}  // namespace
}  // namespace sfv::training
