#include "sfv/diffusion/karras_schedule.h"

#include <gtest/gtest.h>

#include "sfv/core/error.h"

namespace sfv::diffusion {
namespace {

void expect_near(const std::vector<float>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6 * expected[i] + 1e-12) << i;
}

// Values printed by diffusers' EulerDiscreteScheduler with SVD's config (svd.md section 5.1).
TEST(KarrasSchedule, EqualsDiffusers) {
  expect_near(karras_schedule(1, 0.002, 700), {700, 0});
  expect_near(karras_schedule(4, 0.002, 700), {700, 70.5408401, 2.2691164, 0.002, 0});
  expect_near(karras_schedule(8, 0.002, 700),
              {700, 286.538849, 102.903374, 30.9936085, 7.2761631, 1.16757083, 0.0973876789, 0.002, 0});
}

TEST(KarrasSchedule, EndsAtSigmaMinThenZeroForAnyStepCount) {
  for (int64_t steps = 2; steps < 60; ++steps) {
    const std::vector<float> sigmas = karras_schedule(steps, 0.002, 700);
    ASSERT_EQ(sigmas.size(), static_cast<size_t>(steps + 1));
    EXPECT_FLOAT_EQ(sigmas.front(), 700);
    EXPECT_FLOAT_EQ(sigmas[steps - 1], 0.002F);
    EXPECT_EQ(sigmas.back(), 0);
    for (size_t i = 1; i < sigmas.size(); ++i) EXPECT_LT(sigmas[i], sigmas[i - 1]);
  }
}

TEST(LcmSchedule, EqualsAnimateLcm) {
  expect_near(lcm_schedule(1, 0.002, 700), {700, 0});
  expect_near(lcm_schedule(2, 0.002, 700), {700, 13.678444, 0});
  expect_near(lcm_schedule(4, 0.002, 700), {700, 128.56369, 13.678444, 0.49687842, 0});
  expect_near(lcm_schedule(8, 0.002, 700),
              {700, 315.7374, 128.56369, 45.850723, 13.678444, 3.1666107, 0.49687842, 0.03975369, 0});
}

TEST(Schedules, RefuseWhatHasNoMeaning) {
  EXPECT_THROW((void)karras_schedule(0, 0.002, 700), Error);
  EXPECT_THROW((void)karras_schedule(4, 0, 700), Error);
  EXPECT_THROW((void)karras_schedule(4, 700, 0.002), Error);
  EXPECT_THROW((void)lcm_schedule(41, 0.002, 700), Error);
}

TEST(AlignYourSteps, HasTenStepsAndEndsInZero) {
  EXPECT_EQ(align_your_steps_sigmas().size(), 11U);
  EXPECT_EQ(align_your_steps_sigmas().back(), 0.0);
}

}  // namespace
}  // namespace sfv::diffusion
