#include "sfv/pipeline/repeated_pass.h"

#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/work.h"
#include "sfv/pipeline/stage_runs.h"

namespace sfv::pipeline {
namespace {

using torch::Tensor;

// Stands for a GPU's recorder on the CPU: recording runs the work once to find where it writes, on what
// memory holds then; replaying writes the same memory from the same memory.
class Rerun : public RecordedWork {
 public:
  Rerun(std::function<void()> run, int& replays) : run_(std::move(run)), replays_(replays) { run_(); }
  void replay() override {
    ++replays_;
    (void)operations_of(run_);  // a GPU counts nothing
  }

 private:
  std::function<void()> run_;
  int& replays_;
};

struct RepeatedPassTest : ::testing::Test {
  RepeatedPass::Pass pass = [this](const std::vector<Tensor>& x) {
    ++passes;
    count_work(5);
    const Tensor sum = x[0] + 2 * x[1];
    if (!written.defined() || written.sizes() != sum.sizes()) written = sum.clone();
    written.copy_(sum);
    return written;
  };
  WorkRecorder recorder = [this](const std::function<void()>& run) {
    ++records;
    return std::make_unique<Rerun>(run, replays);
  };
  static std::vector<Tensor> inputs(double a, double b, int64_t size = 3) {
    return {at::full({size}, a), at::full({size}, b)};
  }

  int passes = 0, records = 0, replays = 0;
  Tensor written;
};

TEST_F(RepeatedPassTest, IsRecordedTheSecondTimeAndReplayedWithNewInputs) {
  RepeatedPass repeated(recorder);
  const double operations = operations_of([&] {
    EXPECT_EQ(repeated(inputs(1, 1), pass)[0].item<float>(), 3);
    EXPECT_EQ(records, 0);
    const Tensor second = repeated(inputs(2, 1), pass);
    EXPECT_EQ(records, 1);
    EXPECT_EQ(second[0].item<float>(), 4);
    EXPECT_EQ(repeated(inputs(0, 5), pass)[0].item<float>(), 10);
    EXPECT_EQ(second[0].item<float>(), 4) << "a result stays what it was";
  });
  EXPECT_EQ(records, 1);
  EXPECT_EQ(replays, 2);
  EXPECT_EQ(operations, 15) << "each pass is counted once";
}

TEST_F(RepeatedPassTest, OtherShapesBeginAnew) {
  RepeatedPass repeated(recorder);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(repeated(inputs(1, 1), pass).numel(), 3);
  EXPECT_EQ(repeated(inputs(1, 1, 4), pass).numel(), 4);
  EXPECT_EQ(records, 1);
  EXPECT_EQ(repeated(inputs(1, 2, 4), pass)[3].item<float>(), 5);
  EXPECT_EQ(records, 2);
}

TEST_F(RepeatedPassTest, GoesOnWithoutWhereItCannotBeRecorded) {
  RepeatedPass repeated([this](const std::function<void()>&) -> std::unique_ptr<RecordedWork> {
    ++records;
    throw Error(ErrorCode::kDevice, "[cuda-graph] operation not permitted when stream is capturing");
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(repeated(inputs(i, 1), pass)[0].item<float>(), i + 2.0F);
  EXPECT_EQ(records, 1);
  EXPECT_EQ(passes, 3);
}

TEST_F(RepeatedPassTest, WithoutARecorderRunsEachTime) {
  RepeatedPass repeated;
  for (int i = 0; i < 3; ++i) (void)repeated(inputs(i, 1), pass);
  EXPECT_EQ(passes, 3);
}

}  // namespace
}  // namespace sfv::pipeline
