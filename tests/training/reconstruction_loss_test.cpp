#include "sfv/training/reconstruction_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sfv/core/error.h"
#include "sfv/training/autoencoder_loss.h"
#include "tests/training/gradient_check.h"

namespace sfv::training {
namespace {

using testing::check_gradient;
using torch::Tensor;

TEST(PseudoHuber, HandComputed) {
  // Errors 3 and 4 in one sample, 0 and 0 in the other; c = 12: sqrt(25 + 144) - 12 = 1.
  const Tensor x = torch::tensor({3.0, 4.0, 1.0, 2.0}, torch::kDouble).view({2, 2});
  const Tensor target = torch::tensor({0.0, 0.0, 1.0, 2.0}, torch::kDouble).view({2, 2});
  const Tensor sample = pseudo_huber_per_sample(x, target, 12);
  EXPECT_NEAR(sample[0].item<double>(), 1, 1e-12);
  EXPECT_NEAR(sample[1].item<double>(), 0, 1e-12);
  // By element with c = 4: (sqrt(9 + 16) - 4 + sqrt(16 + 16) - 4) / 2.
  EXPECT_NEAR(pseudo_huber_per_element(x, target, 4)[0].item<double>(), (1 + std::sqrt(32.0) - 4) / 2, 1e-12);
  EXPECT_NEAR(mean_squared_error(x, target)[0].item<double>(), 12.5, 1e-12);
}

TEST(PseudoHuber, TheScaleOfIct) {
  EXPECT_NEAR(pseudo_huber_scale(14 * 4 * 56 * 96), 0.296, 5e-4);  // a training clip of the paper
}

// The two readings of the paper's loss differ by the square root of the number of elements in their
// gradients.
TEST(PseudoHuber, GradientNormsOfTheTwoReadings) {
  torch::manual_seed(2);
  const Tensor x = torch::randn({1, 10000}, torch::kDouble).requires_grad_(), zero = torch::zeros_like(x);
  const auto gradient_norm = [&](const Tensor& loss) {
    return torch::autograd::grad({loss.sum()}, {x})[0].norm().item<double>();
  };
  EXPECT_NEAR(gradient_norm(pseudo_huber_per_sample(x, zero, 0.05)), 1, 1e-3);
  EXPECT_NEAR(gradient_norm(pseudo_huber_per_element(x, zero, 0.001)), 0.01, 1e-4);
}

TEST(EdmWeight, IsOneOverSigmaSquaredPlusOne) {
  EXPECT_NEAR(edm_weight(torch::tensor({2.0}, torch::kDouble)).item<double>(), 1.25, 1e-12);
}

TEST(FrameDifference, SeesMotionOnly) {
  torch::manual_seed(3);
  const Tensor clip = torch::randn({2, 4, 3, 5, 5});
  const Tensor shade = torch::randn({2, 1, 3, 5, 5});
  EXPECT_LT(frame_difference_loss(clip + shade, clip).abs().max().item<float>(), 1e-5);
  // One frame brighter by 1: two of three changes are off by 1.
  Tensor flash = clip.clone();
  flash.select(1, 1).add_(1);
  EXPECT_NEAR(frame_difference_loss(flash, clip)[0].item<float>(), 2.0 / 3, 1e-5);
  EXPECT_EQ(frame_difference_loss(clip.narrow(1, 0, 1), shade).abs().max().item<float>(), 0);
}

TEST(KlLoss, HandComputed) {
  const Tensor standard = torch::zeros({3, 2, 1, 1}, torch::kDouble);
  EXPECT_EQ(kl_loss(standard).item<double>(), 0);
  // mean 2, variance e: (4 + e - 1 - 1) / 2 a number, four numbers a frame.
  Tensor moments = torch::cat(
      {torch::full({3, 1, 2, 2}, 2.0, torch::kDouble), torch::full({3, 1, 2, 2}, 1.0, torch::kDouble)}, 1);
  EXPECT_NEAR(kl_loss(moments).item<double>(), 4 * (2 + std::exp(1.0)) / 2, 1e-12);
}

TEST(SampleLatent, HasTheMomentsItIsGiven) {
  const Tensor moments =
      torch::cat({torch::full({1, 1, 1, 2}, 2.0), torch::full({1, 1, 1, 2}, std::log(9.0))}, 1);
  const Tensor latent = sample_latent(moments, torch::tensor({0.0, -1.0}).view({1, 1, 1, 2}));
  EXPECT_NEAR(latent.view({-1})[0].item<float>(), 2, 1e-6);
  EXPECT_NEAR(latent.view({-1})[1].item<float>(), -1, 1e-5);
}

TEST(ReconstructionLosses, GradientsAreThoseOfTheFormulas) {
  torch::manual_seed(4);
  const Tensor x = torch::randn({2, 3, 4, 2, 2}, torch::kDouble);
  const Tensor target = torch::randn({2, 3, 4, 2, 2}, torch::kDouble);
  const Tensor frames = x.flatten(0, 1), noise = torch::randn({6, 2, 2, 2}, torch::kDouble);
  check_gradient("sample", x,
                 [&](const Tensor& t) { return pseudo_huber_per_sample(t, target, 0.3).mean(); });
  check_gradient("element", x,
                 [&](const Tensor& t) { return pseudo_huber_per_element(t, target, 0.1).mean(); });
  check_gradient("mse", x, [&](const Tensor& t) { return mean_squared_error(t, target).mean(); });
  check_gradient("frames", x, [&](const Tensor& t) { return frame_difference_loss(t, target).mean(); });
  check_gradient("l1", x, [&](const Tensor& t) { return pixel_l1_loss(t, target); });
  check_gradient("kl", frames, [&](const Tensor& t) { return kl_loss(t); });
  check_gradient("latent", frames, [&](const Tensor& t) { return sample_latent(t, noise).square().sum(); });
}

TEST(ReconstructionLosses, RefuseWhatDoesNotFit) {
  EXPECT_THROW((void)pseudo_huber_per_sample(torch::ones({1, 2}), torch::ones({1, 3}), 1), Error);
  EXPECT_THROW((void)pseudo_huber_per_sample(torch::ones({1, 2}), torch::ones({1, 2}), 0), Error);
  EXPECT_THROW((void)kl_loss(torch::ones({1, 3, 2, 2})), Error);
  EXPECT_THROW((void)pixel_l1_loss(torch::ones({1, 2}), torch::ones({1, 3})), Error);
}

}  // namespace
}  // namespace sfv::training
