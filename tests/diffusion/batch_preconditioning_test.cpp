#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "sfv/core/error.h"
#include "sfv/diffusion/preconditioning.h"

namespace sfv::diffusion {
namespace {

TEST(BatchPreconditioning, EqualsTheScalarOneForEachSample) {
  const std::vector<float> sigmas = {0.002F, 1.0F, 2.2691164F, 700.0F};
  const BatchPreconditioning batch = preconditioning(torch::tensor(sigmas));
  EXPECT_EQ(batch.c_in.sizes(), (std::vector<int64_t>{4, 1, 1, 1, 1}));
  EXPECT_EQ(batch.c_noise.sizes(), (std::vector<int64_t>{4}));
  for (int64_t i = 0; i < 4; ++i) {
    const Preconditioning one = preconditioning(sigmas[i]);
    EXPECT_FLOAT_EQ(batch.c_skip[i].item<float>(), one.c_skip);
    EXPECT_FLOAT_EQ(batch.c_out[i].item<float>(), one.c_out);
    EXPECT_FLOAT_EQ(batch.c_in[i].item<float>(), one.c_in);
    EXPECT_FLOAT_EQ(batch.c_noise[i].item<float>(), one.c_noise);
  }
}

TEST(BatchPreconditioning, GivesEachSampleItsOwnEstimate) {
  const torch::Tensor x = torch::randn({2, 3, 4, 2, 2}), v = torch::randn({2, 3, 4, 2, 2});
  const torch::Tensor sigma = torch::tensor({0.5F, 70.0F});
  for (int64_t i = 0; i < 2; ++i) {
    const float level = sigma[i].item<float>();
    EXPECT_TRUE(to_x0(x, v, sigma)[i].allclose(to_x0(x[i], v[i], level), 1e-6, 1e-6));
    EXPECT_TRUE(scale_model_input(x, sigma)[i].allclose(scale_model_input(x[i], level), 1e-6, 1e-7));
  }
}

TEST(BatchPreconditioning, IsTheIdentityWithoutNoise) {
  const torch::Tensor x = torch::randn({1, 2, 4, 2, 2}), v = torch::randn({1, 2, 4, 2, 2});
  const torch::Tensor zero = torch::zeros({1});
  EXPECT_TRUE(to_x0(x, v, zero).equal(x));
  EXPECT_NEAR(preconditioning(zero).c_noise.item<float>(), -25.33, 0.01);
}

TEST(BatchPreconditioning, RefusesWhatIsNoNoiseLevel) {
  EXPECT_THROW((void)preconditioning(torch::tensor({-1.0F})), Error);
  EXPECT_THROW((void)preconditioning(torch::tensor({1.0F, NAN})), Error);
  EXPECT_THROW((void)preconditioning(torch::ones({2, 1})), Error);
}

}  // namespace
}  // namespace sfv::diffusion
