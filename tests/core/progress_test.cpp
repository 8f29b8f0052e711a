#include "sfv/core/progress.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/error_of.h"

namespace sfv {
namespace {

struct Recorder : ProgressSink {
  std::vector<ProgressUpdate> updates;
  void update(const ProgressUpdate& update) override { updates.push_back(update); }
};

TEST(Progress, CountsFinishedOperationsOfAllStages) {
  Recorder recorder;
  Progress progress({{"load", 10}, {"denoise 1/1", 30}, {"write", 60}}, &recorder, nullptr);
  EXPECT_EQ(progress.fraction(), 0);
  progress.begin_next_stage();
  progress.add(5);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.05);
  progress.begin_next_stage();  // a stage that ends counts as whole
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.10);
  progress.add(15);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.25);
  EXPECT_EQ(recorder.updates.back().stage, "denoise 1/1");
  progress.begin_next_stage();
  EXPECT_EQ(recorder.updates.back().stage, "write");
  EXPECT_FALSE(recorder.updates.back().stage_finished);
  progress.finish();
  EXPECT_EQ(progress.fraction(), 1);
  EXPECT_TRUE(recorder.updates.back().stage_finished);
  EXPECT_EQ(recorder.updates.back().fraction, 1);
}

TEST(Progress, NeverFallsAndFinishesEachStageOnce) {
  Recorder recorder;
  Progress progress({{"a", 7}, {"b", 0}, {"c", 3}}, &recorder, nullptr);
  for (int stage = 0; stage < 3; ++stage) {
    progress.begin_next_stage();
    for (int i = 0; i < 5; ++i) progress.add(2);  // more than the stage was said to have: it stays at its end
  }
  progress.finish();
  double before = 0;
  std::vector<std::string> finished;
  for (const ProgressUpdate& update : recorder.updates) {
    EXPECT_GE(update.fraction, before);
    EXPECT_LE(update.fraction, 1);
    before = update.fraction;
    if (update.stage_finished) finished.push_back(update.stage);
  }
  EXPECT_EQ(finished, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Progress, TellsRateAndTimeLeft) {
  Recorder recorder;
  Progress progress({{"a", 100}}, &recorder, nullptr);
  progress.begin_next_stage();
  EXPECT_LT(recorder.updates.back().seconds_left, 0);  // nothing done yet: unknown
  EXPECT_EQ(recorder.updates.back().operations_per_s, 0);
  progress.add(25);
  const ProgressUpdate& update = recorder.updates.back();
  EXPECT_GT(update.operations_per_s, 0);
  EXPECT_NEAR(update.seconds_left * update.operations_per_s, 75, 1e-6);
  progress.finish();
  EXPECT_NEAR(recorder.updates.back().seconds_left, 0, 1e-9);
}

TEST(Progress, StopsTheWorkWhenCancelled) {
  CancelToken token;
  Progress progress({{"a", 10}, {"b", 10}}, nullptr, &token);
  progress.begin_next_stage();
  const WorkScope scope(progress);
  count_work(1);
  token.cancel();
  EXPECT_EQ(error_of([] { count_work(1); }).code(), ErrorCode::kCancelled);
  EXPECT_EQ(error_of([&] { progress.begin_next_stage(); }).code(), ErrorCode::kCancelled);
}

TEST(Progress, IgnoresWorkOutsideItsStages) {
  Recorder recorder;
  Progress progress({{"a", 10}}, &recorder, nullptr);
  progress.add(5);
  progress.finish();
  EXPECT_TRUE(recorder.updates.empty());
  EXPECT_EQ(progress.fraction(), 0);
}

TEST(Progress, TakesNoStagesAndNoWork) {
  Progress none({}, nullptr, nullptr);
  none.finish();
  EXPECT_EQ(none.fraction(), 0);
  Recorder recorder;
  Progress weightless({{"a", 0}}, &recorder, nullptr);
  weightless.begin_next_stage();
  weightless.finish();
  EXPECT_EQ(recorder.updates.back().fraction, 1);
}

TEST(Progress, RefusesAStageThatWasNotPlanned) {
  Progress progress({{"a", 10}}, nullptr, nullptr);
  progress.begin_next_stage();
  EXPECT_EQ(error_of([&] { progress.begin_next_stage(); }).code(), ErrorCode::kInternal);
  progress.add(5);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.5);
}

}  // namespace
}  // namespace sfv
