#include "sfv/diffusion/samplers.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sfv/core/error.h"
#include "sfv/diffusion/karras_schedule.h"
#include "sfv/diffusion/preconditioning.h"
#include "sfv/tensor/random.h"

namespace sfv::diffusion {
namespace {

constexpr float kTol = 1e-4F;

// The network of a world with one picture: it always knows x0. From x0 = c_skip x + c_out v, with x =
// scaled_x / c_in.
VPrediction oracle(const torch::Tensor& x0) {
  return [x0](const torch::Tensor& scaled_x, float c_noise) {
    const double sigma = std::exp(4.0 * c_noise), square = sigma * sigma + 1;
    const torch::Tensor x = scaled_x * std::sqrt(square);
    return ((x0 - x / square) / (-sigma / std::sqrt(square))).to(at::kFloat);
  };
}

TEST(Preconditioning, HandComputedAtSigmaOne) {
  const Preconditioning p = preconditioning(1);
  EXPECT_FLOAT_EQ(p.c_skip, 0.5F);
  EXPECT_FLOAT_EQ(p.c_out, -1 / std::sqrt(2.0F));
  EXPECT_FLOAT_EQ(p.c_in, 1 / std::sqrt(2.0F));
  EXPECT_FLOAT_EQ(p.c_noise, 0);
  EXPECT_NEAR(preconditioning(700).c_noise, 1.6377701, 1e-6);
  EXPECT_THROW((void)preconditioning(0), Error);
}

TEST(EulerSampler, FindsThePictureOfAPerfectNetworkForAnyStepCount) {
  at::Generator generator = make_generator(1);
  const torch::Tensor x0 = draw_normal({1, 2, 4, 3, 5}, generator);
  for (const int64_t steps : {1, 2, 5, 25}) {
    const torch::Tensor x = at::full_like(x0, 3.0) * init_noise_sigma(700);
    EXPECT_TRUE(at::allclose(sample_euler(x, karras_schedule(steps, 0.002, 700), oracle(x0)), x0, kTol, 2e-3))
        << steps;
  }
}

// One step of size sigma' - sigma from x = 2, sigma = 1, v = 0: x0 = 1, d = 1, x' = 2 + (0.5 - 1) * 1.
TEST(EulerSampler, HandComputedStep) {
  const VPrediction zero = [](const torch::Tensor& x, float) { return at::zeros_like(x); };
  const torch::Tensor x = at::full({1, 1, 1, 1, 1}, 2.0);
  EXPECT_FLOAT_EQ(sample_euler(x, {1, 0.5F, 0}, zero).item<float>(), 1.5F / 1.25F);
}

TEST(OneStep, IsTheDenoisedEstimate) {
  at::Generator generator = make_generator(2);
  const torch::Tensor x0 = draw_normal({1, 2, 4, 3, 5}, generator);
  EXPECT_TRUE(at::allclose(sample_one_step(at::ones_like(x0) * 700, 700, oracle(x0)), x0, kTol, 1e-3));
}

TEST(LcmSampler, AsksForNoiseOnceAStepUnlessThereIsOne) {
  const torch::Tensor x0 = at::ones({1, 1, 1, 2, 2});
  for (const auto& [steps, expected] : {std::pair<int64_t, int>{1, 0}, {2, 2}, {4, 4}}) {
    int asked = 0;
    const torch::Tensor y =
        sample_lcm(x0 * 700, lcm_schedule(steps, 0.002, 700), oracle(x0), [&](int64_t step) {
          EXPECT_EQ(step, asked++);
          return at::ones_like(x0);
        });
    EXPECT_EQ(asked, expected);
    EXPECT_TRUE(at::allclose(y, x0, kTol, 1e-3)) << steps;
  }
}

TEST(Guide, WeighsFramesFromMinToMax) {
  const torch::Tensor uncond = at::zeros({1, 3, 1, 1, 1}), cond = at::ones({1, 3, 1, 1, 1});
  const torch::Tensor v = guide(cond, uncond, 1, 3).flatten();
  EXPECT_FLOAT_EQ(v[0].item<float>(), 1);
  EXPECT_FLOAT_EQ(v[1].item<float>(), 2);
  EXPECT_FLOAT_EQ(v[2].item<float>(), 3);
}

}  // namespace
}  // namespace sfv::diffusion
