#include "sfv/training/alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace sfv::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What SF-V's healthy figures look like; a test changes what it is about.
struct Figures {
  double loss = 1.2;
  double real = 0.7;
  double fake = 0.65;
  double motion = 0.8;    // of the real clips'
  double distance = 0.9;  // of the real clips'
};

std::vector<Metric> metrics_of(const Figures& f) {
  return {{"loss/discriminator", f.loss},
          {"accuracy_real/a", f.real},
          {"accuracy_real/b", 1},
          {"accuracy_fake/a", f.fake},
          {"motion/generated", 0.2 * f.motion},
          {"motion/real", 0.2},
          {"distance_from_first_frame/generated", 0.5 * f.distance},
          {"distance_from_first_frame/real", 0.5}};
}

std::vector<std::string> run(Alarms& alarms, int64_t from, int64_t to, const Figures& figures) {
  std::vector<std::string> said;
  for (int64_t step = from; step <= to; ++step) {
    for (std::string& text : alarms.observe(step, metrics_of(figures))) said.push_back(std::move(text));
  }
  return said;
}

TEST(Alarms, AHealthyRunHearsNothing) {
  Alarms alarms({.window = 10});
  EXPECT_THAT(run(alarms, 1, 200, {}), IsEmpty());
}

TEST(Alarms, SayThatTheDiscriminatorHasWonOncePerEpisode) {
  Alarms alarms({.window = 10});
  const Figures won = {.loss = 0.001, .real = 1, .fake = 1};
  EXPECT_THAT(run(alarms, 1, 9, won), IsEmpty());  // not before a window has passed
  EXPECT_THAT(run(alarms, 10, 60, won), ElementsAre(AllOf(HasSubstr("alarm: the discriminator has won"),
                                                          HasSubstr("100 %"), HasSubstr("adversarial.r1"))));
  EXPECT_THAT(run(alarms, 61, 100, {}), ElementsAre(HasSubstr("alarm over: the discriminator had won")));
  EXPECT_THAT(run(alarms, 101, 140, won), ElementsAre(HasSubstr("alarm: the discriminator has won")));
}

TEST(Alarms, AVictoryNeedsTheLossAndEveryHead) {
  Alarms alarms({.window = 10});
  EXPECT_THAT(run(alarms, 1, 50, {.loss = 0.001, .real = 0.9, .fake = 1}), IsEmpty());
  EXPECT_THAT(run(alarms, 51, 100, {.loss = 0.5, .real = 1, .fake = 1}), IsEmpty());
  EXPECT_THAT(run(alarms, 101, 150, {.loss = NAN, .real = 1, .fake = 1}), IsEmpty());
}

TEST(Alarms, SayThatFramesCollapseOntoTheConditionPicture) {
  Alarms alarms({.window = 10, .motion_below = 0});
  EXPECT_THAT(run(alarms, 1, 50, {.motion = 0.02, .distance = 0.2}), IsEmpty());
  EXPECT_THAT(
      run(alarms, 51, 100, {.motion = 0.02, .distance = 0.03}),
      ElementsAre(AllOf(HasSubstr("collapse onto the condition picture"), HasSubstr("% of what real"))));
}

TEST(Alarms, SayThatMotionFallsMeasuredAgainstTheRunItself) {
  Alarms alarms({.window = 10});
  // A one-step start is blurred and moves little: that is no fall.
  EXPECT_THAT(run(alarms, 1, 50, {.motion = 0.2}), IsEmpty());
  EXPECT_THAT(run(alarms, 51, 100, {.motion = 0.8}), IsEmpty());
  EXPECT_THAT(run(alarms, 101, 150, {.motion = 0.5}), IsEmpty());
  EXPECT_THAT(run(alarms, 151, 200, {.motion = 0.3}),
              ElementsAre(AllOf(HasSubstr("motion is falling"), HasSubstr("after 80 %"))));
}

TEST(Alarms, NoiseOfAnUntrainedNetworkIsNoMotionToFallFrom) {
  Alarms alarms({.window = 10});
  EXPECT_THAT(run(alarms, 1, 50, {.motion = 5}), IsEmpty());
  EXPECT_THAT(run(alarms, 51, 100, {.motion = 0.9}), IsEmpty());
}

TEST(Alarms, StillRealClipsAndAbsentFiguresTripNothing) {
  Alarms alarms({.window = 1});
  const std::vector<Metric> still = {{"motion/generated", 0}, {"motion/real", 0}, {"loss/discriminator", 0}};
  EXPECT_THAT(alarms.observe(1, still), IsEmpty());
  EXPECT_THAT(alarms.observe(2, {}), IsEmpty());
}

TEST(Alarms, EachCanBeSwitchedOff) {
  Alarms alarms({.window = 1, .discriminator_loss = 0, .still_below = 0, .motion_below = 0});
  EXPECT_THAT(run(alarms, 1, 5, {}), IsEmpty());
  EXPECT_THAT(run(alarms, 6, 20, {.loss = 0, .real = 1, .fake = 1, .motion = 0, .distance = 0}), IsEmpty());
}

TEST(Alarms, ARunThatGoesOnKnowsWhatWasSaid) {
  const Figures fallen = {.motion = 0.3};
  Alarms whole({.window = 10});
  (void)run(whole, 1, 50, {});
  EXPECT_THAT(run(whole, 51, 80, fallen), ElementsAre(HasSubstr("motion is falling")));
  std::vector<MetricsLine> lines;
  for (int64_t step = 1; step <= 80; ++step) {
    lines.push_back({.step = step, .metrics = metrics_of(step <= 50 ? Figures{} : fallen)});
  }
  lines.push_back({.step = 80, .note = "alarm: motion is falling"});
  Alarms resumed({.window = 10});
  resumed.replay(lines);
  EXPECT_THAT(run(resumed, 81, 120, fallen), IsEmpty());
  EXPECT_EQ(run(resumed, 121, 160, {}), run(whole, 121, 160, {}));
}

TEST(Alarms, LinesMayBeFarApart) {
  Alarms alarms({.window = 50});
  std::vector<std::string> said;
  for (int64_t step = 100; step <= 1000; step += 100) {
    for (const std::string& text : alarms.observe(step, metrics_of({.distance = 0.01}))) said.push_back(text);
  }
  EXPECT_THAT(said, ElementsAre(HasSubstr("collapse")));
}

}  // namespace
}  // namespace sfv::training
