#include "sfv/io/chrome_trace.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sfv::io {
namespace {

TEST(ChromeTrace, HoldsEverySpanInMicroseconds) {
  const std::vector<RecordedSpan> spans = {
      {TraceKind::kStage, "decode", 0.5, 0.25, 0.1, 3e9, 0},
      {TraceKind::kOperator, "a \"quoted\" name", 0.6, 0.1, 0.1, 1e9, 1e9}};
  const auto json = nlohmann::json::parse(chrome_trace(spans, "sfv generate"));
  const auto& events = json["traceEvents"];
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0]["args"]["name"], "sfv generate");
  EXPECT_EQ(events[1]["name"], "decode");
  EXPECT_EQ(events[1]["cat"], "stage");
  EXPECT_EQ(events[1]["ph"], "X");
  EXPECT_DOUBLE_EQ(events[1]["ts"], 500000);
  EXPECT_DOUBLE_EQ(events[1]["dur"], 250000);
  EXPECT_DOUBLE_EQ(events[1]["args"]["gflop"], 3);
  EXPECT_EQ(events[2]["name"], "a \"quoted\" name");
  EXPECT_EQ(events[2]["cat"], "operator");
}

}  // namespace
}  // namespace sfv::io
