#include "apps/sfv/bench_result.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sfv/core/work.h"

namespace sfv::cli {
namespace {

void work_as(TraceKind kind, const char* name, double operations) {
  const TraceSpan span(kind, name);
  count_work(operations);
}

// A guided step: two evaluations.
BenchRound measured(double seconds) {
  BenchRound round;
  round.seconds = seconds;
  const TraceScope scope(&round.trace);
  work_as(TraceKind::kStage, "encode", 1e9);
  {
    const TraceSpan stage(TraceKind::kStage, "denoise");
    for (int i = 0; i < 2; ++i) {
      const TraceSpan unet(TraceKind::kBlock, "unet");
      work_as(TraceKind::kOperator, "conv2d", 3e9);
      work_as(TraceKind::kOperator, "linear", 2e9);
    }
  }
  const TraceSpan stage(TraceKind::kStage, "decode");
  work_as(TraceKind::kOperator, "conv2d", 4e9);
  return round;
}

BenchResult result_of(const std::vector<double>& seconds) {
  std::vector<BenchRound> rounds;
  for (const double s : seconds) rounds.push_back(measured(s));
  BenchResult result;
  result.engine.model = "models/tiny";
  summarize_rounds(rounds, "decode", result);
  return result;
}

TEST(BenchResult, PartsAreMediansAndCountedWork) {
  const BenchResult result = result_of({9, 3, 5});
  ASSERT_EQ(result.parts.size(), 4U);
  EXPECT_EQ(result.parts[1].name, "unet");
  EXPECT_EQ(result.parts[1].operations, 5e9) << "of one evaluation";
  EXPECT_EQ(result.parts[2].operations, 4e9);
  EXPECT_EQ(result.parts[3].name, "request");
  EXPECT_EQ(result.parts[3].seconds, 5);
  EXPECT_EQ(result.parts[3].operations, 15e9);
  EXPECT_EQ(result_of({2, 4}).parts[3].seconds, 3);
}

TEST(BenchResult, EndsWhereTheRequestsDid) {
  const std::vector<BenchRound> rounds = {measured(3)};
  BenchResult result;
  summarize_rounds(rounds, "unet", result);
  ASSERT_EQ(result.parts.size(), 2U);
  EXPECT_EQ(result.parts[1].name, "unet");
  EXPECT_EQ(bench_text(result, compare_steps(result, {})).find("request "), std::string::npos);
  summarize_rounds(rounds, "encoders", result);
  EXPECT_EQ(result.parts.size(), 1U);
}

TEST(BenchResult, OperatorsAddUpToTheRequest) {
  const BenchResult result = result_of({9, 3});
  ASSERT_EQ(result.operators.size(), 3U);
  double seconds = 0;
  for (const BenchOperator& o : result.operators) {
    seconds += o.seconds;
    if (o.name == "conv2d") {
      EXPECT_EQ(o.calls, 3);
      EXPECT_EQ(o.operations, 10e9);
    }
  }
  EXPECT_NEAR(seconds, 6, 1e-9);
  EXPECT_EQ(result.operators.back().name, "other");
}

TEST(BenchResult, StepsAreGuidedButForOne) {
  BenchResult result;
  result.parts = {{"encoders", 1, 0}, {"unet", 10, 0}, {"decode", 4, 0}, {"request", 15, 0}};
  const std::vector<StepsComparison> rows = compare_steps(result, {25, 1});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].evaluations, 50);
  EXPECT_EQ(rows[0].unet_seconds, 500);
  EXPECT_EQ(rows[0].request_seconds, 505);
  EXPECT_EQ(rows[1].evaluations, 1);
  EXPECT_EQ(rows[1].request_seconds, 15);
  const std::string text = bench_text(result, rows);
  EXPECT_NE(text.find("33.7"), std::string::npos) << text;  // 505 / 15
  const auto json = nlohmann::json::parse(bench_json(result, rows));
  EXPECT_EQ(json["compare_steps"][0]["request_seconds"], 505);
  EXPECT_EQ(json["parts"]["unet"]["seconds"], 10);
}

}  // namespace
}  // namespace sfv::cli
