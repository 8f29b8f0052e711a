#include "sfv/core/trace_recorder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "sfv/core/work.h"

namespace sfv {
namespace {

void spend(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

TEST(Trace, WithoutASinkNothingHappens) {
  const TraceSpan span(TraceKind::kStage, "encode");
  count_work(1);
}

TEST(Trace, TimesAndWorkBelongToTheInnermostSpan) {
  TraceRecorder recorder;
  {
    const TraceScope scope(&recorder);
    const TraceSpan stage(TraceKind::kStage, "decode");
    {
      const TraceSpan outer(TraceKind::kOperator, "upsample");
      spend(4);
      {
        const TraceSpan inner(TraceKind::kOperator, "conv2d");
        count_work(7);
        spend(8);
      }
      count_work(2);
    }
    const TraceSpan again(TraceKind::kOperator, "conv2d");
    count_work(1);
  }
  const TraceSpan outside(TraceKind::kOperator, "conv2d");
  const std::vector<RecordedSpan>& spans = recorder.spans();
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[0].name, "decode");
  EXPECT_EQ(spans[0].operations, 10);
  EXPECT_EQ(spans[0].self_operations, 0);
  EXPECT_EQ(spans[1].operations, 9);
  EXPECT_EQ(spans[1].self_operations, 2);
  EXPECT_GE(spans[1].seconds, 0.012);
  EXPECT_GE(spans[1].self_seconds, 0.004);
  EXPECT_LE(spans[1].self_seconds, spans[1].seconds - 0.008);
  EXPECT_GE(spans[2].begin, spans[1].begin);
  const std::vector<SpanTotal> totals = recorder.totals(TraceKind::kOperator);
  ASSERT_EQ(totals.size(), 2U);
  EXPECT_EQ(totals[1].name, "conv2d");
  EXPECT_EQ(totals[1].calls, 2);
  EXPECT_EQ(totals[1].self_operations, 8);
}

TEST(Trace, ANullScopeHides) {
  TraceRecorder recorder;
  const TraceScope scope(&recorder);
  {
    const TraceScope hidden(nullptr);
    const TraceSpan span(TraceKind::kBlock, "unet");
  }
  const TraceSpan shown(TraceKind::kBlock, "vae");
  ASSERT_EQ(recorder.spans().size(), 1U);
  EXPECT_EQ(recorder.spans()[0].name, "vae");
}

TEST(Trace, WaitsForTheDeviceAtBothEnds) {
  int waits = 0;
  TraceRecorder recorder([&waits] { ++waits; });
  const TraceScope scope(&recorder);
  { const TraceSpan span(TraceKind::kBlock, "unet"); }
  EXPECT_EQ(waits, 2);
}

}  // namespace
}  // namespace sfv
