#include "apps/sfv/evaluated_model.h"

#include <gtest/gtest.h>

#include "tests/error_of.h"

namespace sfv::cli {
namespace {

TEST(EvaluatedModel, ReadsLabelStepsAndSampler) {
  const EvaluatedModel plain = parse_evaluated_model("runs/a=b/model");
  EXPECT_EQ(plain.label, "runs/a=b/model");
  EXPECT_EQ(plain.model, "runs/a=b/model");
  EXPECT_FALSE(plain.steps || plain.sampler);
  const EvaluatedModel one = parse_evaluated_model("sf-v=runs/x/model@1");
  EXPECT_EQ(one.label, "sf-v");
  EXPECT_EQ(one.model, "runs/x/model");
  EXPECT_EQ(one.steps, 1);
  EXPECT_EQ(one.sampler, SamplerKind::kOneStep);
  EXPECT_EQ(parse_evaluated_model("m@25").sampler, SamplerKind::kEuler);
  EXPECT_EQ(parse_evaluated_model("m@25").label, "m@25");
  EXPECT_EQ(parse_evaluated_model("m@4:lcm").sampler, SamplerKind::kLcm);
  EXPECT_FALSE(parse_evaluated_model("m@4:lcm").guidance);
  const EvaluatedModel guided = parse_evaluated_model("m@8:euler:1:3");
  EXPECT_EQ(guided.steps, 8);
  EXPECT_EQ(guided.sampler, SamplerKind::kEuler);
  EXPECT_EQ(guided.guidance.value().min, 1);
  EXPECT_EQ(guided.guidance.value().max, 3);
  EXPECT_EQ(parse_evaluated_model("m@8:euler:2").guidance.value().max, 2);
  EXPECT_EQ(parse_evaluated_model("a@b/model").model, "a@b/model");
}

TEST(EvaluatedModel, RefusesWhatItCannotRead) {
  for (const char* text : {"", "label=", "m@", "m@0", "m@1001", "m@4x", "m@4:ddim",
                           "m@4:euler:", "m@4:euler:x", "m@4::2", "@4"}) {
    EXPECT_EQ(error_of([&] { (void)parse_evaluated_model(text); }).code(), ErrorCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace sfv::cli
