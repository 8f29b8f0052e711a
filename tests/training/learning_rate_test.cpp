#include "sfv/training/learning_rate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "sfv/core/error.h"

namespace sfv::training {
namespace {

using Schedule = LearningRateSchedule;

TEST(LearningRate, WarmsUpInALineOrASquare) {
  Schedule schedule{.peak = 2, .warm_up = Schedule::WarmUp::kLinear, .warm_up_steps = 4};
  EXPECT_DOUBLE_EQ(schedule.at(1), 0.5);
  EXPECT_DOUBLE_EQ(schedule.at(3), 1.5);
  EXPECT_DOUBLE_EQ(schedule.at(4), 2);
  EXPECT_DOUBLE_EQ(schedule.at(4000), 2);
  schedule.warm_up = Schedule::WarmUp::kQuadratic;
  EXPECT_DOUBLE_EQ(schedule.at(1), 0.125);
  EXPECT_DOUBLE_EQ(schedule.at(2), 0.5);
  schedule.warm_up = Schedule::WarmUp::kNone;
  EXPECT_DOUBLE_EQ(schedule.at(1), 2);
}

TEST(LearningRate, DecaysToItsShareAtTheLastStep) {
  Schedule schedule{.peak = 1, .decay = Schedule::Decay::kLinear, .decay_to = 0.1, .total_steps = 11};
  EXPECT_DOUBLE_EQ(schedule.at(1), 1);
  EXPECT_NEAR(schedule.at(6), 0.55, 1e-12);
  EXPECT_NEAR(schedule.at(11), 0.1, 1e-12);
  EXPECT_NEAR(schedule.at(100), 0.1, 1e-12);
  schedule.decay = Schedule::Decay::kCosine;
  EXPECT_NEAR(schedule.at(6), 0.55, 1e-12);
  EXPECT_NEAR(schedule.at(3), 0.1 + 0.9 * 0.5 * (1 + std::cos(0.2 * std::numbers::pi)), 1e-12);
  EXPECT_NEAR(schedule.at(11), 0.1, 1e-12);
}

TEST(LearningRate, TheDecayBeginsWhereTheWarmUpEnds) {
  const Schedule schedule{.peak = 1,
                          .warm_up = Schedule::WarmUp::kLinear,
                          .warm_up_steps = 5,
                          .decay = Schedule::Decay::kLinear,
                          .total_steps = 15};
  EXPECT_DOUBLE_EQ(schedule.at(5), 1);
  EXPECT_NEAR(schedule.at(10), 0.5, 1e-12);
  EXPECT_NEAR(schedule.at(15), 0, 1e-12);
}

TEST(LearningRate, RefusesWhatHasNoMeaning) {
  EXPECT_THROW((void)Schedule{}.at(0), Error);
  EXPECT_THROW((void)(Schedule{.peak = 0}.at(1)), Error);
  EXPECT_THROW((void)(Schedule{.decay_to = 2}.at(1)), Error);
}

}  // namespace
}  // namespace sfv::training
