#include "sfv/training/motion_metrics.h"

#include <gtest/gtest.h>

#include <map>

namespace sfv::training {
namespace {

std::map<std::string, double> measure(const torch::Tensor& x0_hat, const torch::Tensor& x0,
                                      const torch::Tensor& sigma) {
  MetricMeans means;
  add_motion_metrics(means, x0_hat, x0, sigma);
  std::map<std::string, double> values;
  for (const Metric& metric : means.take()) values[metric.name] = metric.value;
  return values;
}

// [1, F, 1, 1, 1], frame f is speed * f.
torch::Tensor moving(double speed, int64_t frames = 4) {
  return (torch::arange(frames, torch::kFloat) * speed).view({1, frames, 1, 1, 1});
}

TEST(MotionMetrics, CompareWithTheRealClip) {
  const auto values = measure(moving(1), moving(-2), torch::tensor({700.0F}));
  ASSERT_EQ(values.size(), 4U);
  EXPECT_DOUBLE_EQ(values.at("motion/generated"), 1);
  EXPECT_DOUBLE_EQ(values.at("motion/real"), 2);
  EXPECT_DOUBLE_EQ(values.at("distance_from_first_frame/generated"), 2);  // 1, 2, 3
  EXPECT_DOUBLE_EQ(values.at("distance_from_first_frame/real"), 4);
}

TEST(MotionMetrics, AClipOfItsFirstFrameAloneHasNoDistance) {
  const torch::Tensor x0 = moving(1) + 5;
  const torch::Tensor still = x0.narrow(1, 0, 1).expand_as(x0);
  EXPECT_EQ(measure(still, x0, torch::tensor({700.0F})).at("distance_from_first_frame/generated"), 0);
  EXPECT_EQ(measure(still + 1, x0, torch::tensor({700.0F})).at("distance_from_first_frame/generated"), 1);
}

TEST(MotionMetrics, CountOnlyClipsWhoseNoiseHidesTheMotion) {
  const torch::Tensor x0 = torch::cat({moving(1), moving(1)}), made = torch::cat({moving(1), moving(3)});
  EXPECT_EQ(measure(made, x0, torch::tensor({2.0F, 70.0F})).at("motion/generated"), 3);
  EXPECT_TRUE(measure(made, x0, torch::tensor({2.0F, 0.1F})).empty());
  EXPECT_TRUE(measure(moving(1, 1), moving(1, 1), torch::tensor({700.0F})).empty());
}

}  // namespace
}  // namespace sfv::training
