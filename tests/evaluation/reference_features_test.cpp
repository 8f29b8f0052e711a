#include "sfv/evaluation/reference_features.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "sfv/data/counter_random.h"
#include "sfv/data/procedural_source.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/evaluation/feature_networks.h"
#include "sfv/evaluation/frechet_distance.h"
#include "tests/error_of.h"

namespace sfv::evaluation {
namespace {

torch::Tensor load(int64_t first, int64_t count) {
  const data::ProceduralSource source({});
  std::vector<torch::Tensor> clips;
  for (int64_t i = first; i < first + count; ++i) clips.push_back(to_pixels(source.load(i, 0).clip));
  return at::stack(clips);
}

// The frames of each clip in another order.
torch::Tensor shuffle(const torch::Tensor& clips) {
  std::vector<torch::Tensor> result;
  for (int64_t i = 0; i < clips.size(0); ++i) {
    data::CounterRandom random(7, static_cast<uint64_t>(i));
    std::vector<int64_t> order;
    for (int64_t t = 0; t < clips.size(1); ++t) order.push_back(t);
    for (int64_t t = clips.size(1) - 1; t > 0; --t)
      std::swap(order[static_cast<size_t>(t)], order[static_cast<size_t>(random.below(t + 1))]);
    result.push_back(clips[i].index_select(0, at::tensor(order, at::kLong)));
  }
  return at::stack(result);
}

TEST(ReferenceFeatures, KernelsAreOrthonormalTimesRootTwo) {
  const ReferenceFeatures features;
  for (const torch::Tensor& kernel : features.kernels()) {
    const torch::Tensor rows = kernel.flatten(1).to(at::kDouble);
    const torch::Tensor product = rows.matmul(rows.t()) / 2;
    EXPECT_LT((product - at::eye(rows.size(0), at::kDouble)).abs().max().item<double>(), 1e-4);
  }
}

// Integers decide the kernels, so their bytes are the same on every machine; the golden is made by numpy.
TEST(ReferenceFeatures, EqualTheirDefinition) {
  std::ifstream file(std::string(SFV_SOURCE_DIR) + "/tests/golden/evaluation/reference.json");
  const nlohmann::json golden = nlohmann::json::parse(file);
  ReferenceFeatures features;
  EXPECT_EQ(features.identity().sha256, golden["kernels_sha256"].get<std::string>());
  torch::Tensor clip = at::empty({1, 5, 3, 20, 24}, at::kFloat);
  auto* value = clip.mutable_data_ptr<float>();
  for (int64_t t = 0; t < 5; ++t) {
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t y = 0; y < 20; ++y) {
        for (int64_t x = 0; x < 24; ++x) {
          const int64_t level = (x * 7 + y * 3 + t * 5 + c * 11 + x * y * (t + 1) % 13) % 32;
          *value++ = static_cast<float>(level) / 16 - 1;
        }
      }
    }
  }
  const torch::Tensor found = features.compute(clip)[0];
  ASSERT_EQ(golden["features"].size(), 128U);
  for (int64_t i = 0; i < 128; ++i)
    EXPECT_NEAR(found[i].item<double>(), golden["features"][static_cast<size_t>(i)].get<double>(), 1e-5) << i;
}

TEST(ReferenceFeatures, OfAClipDoNotDependOnItsNeighbours) {
  ReferenceFeatures features;
  const torch::Tensor clips = load(0, 18);
  const torch::Tensor all = features.compute(clips);
  EXPECT_EQ(all.sizes(), at::IntArrayRef({18, 128}));
  EXPECT_EQ(all.scalar_type(), at::kDouble);
  for (const int64_t i : {0, 15, 17}) {
    const torch::Tensor alone = features.compute(clips.narrow(0, i, 1))[0];
    EXPECT_LT((alone - all[i]).abs().max().item<double>(), 1e-5);
  }
}

TEST(ReferenceFeatures, ShuffledFramesScoreFarAboveTheFloor) {
  ReferenceFeatures features;
  const auto moments = [&](const torch::Tensor& clips) {
    return feature_moments(features.compute(clips), Covariance::kBiased);
  };
  const torch::Tensor others = load(96, 96);
  const FeatureMoments real = moments(load(0, 96));
  const double floor = frechet_distance(real, moments(others));
  EXPECT_GE(frechet_distance(real, moments(shuffle(others))), 5 * floor);
  // And so does a clip that stands still.
  const torch::Tensor frozen = others.narrow(1, 0, 1).expand_as(others).contiguous();
  EXPECT_GE(frechet_distance(real, moments(frozen)), 5 * floor);
}

TEST(ReferenceFeatures, TakeAnySizeAndRefuseOneFrame) {
  ReferenceFeatures features;
  EXPECT_EQ(features.compute(at::rand({1, 2, 3, 9, 200})).sizes(), at::IntArrayRef({1, 128}));
  EXPECT_EQ(features.compute(at::rand({2, 3, 3, 130, 150})).sizes(), at::IntArrayRef({2, 128}));
  EXPECT_EQ(error_of([&] {
              (void)features.compute(at::rand({1, 1, 3, 16, 16}));
            }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] {
              (void)features.compute(at::rand({1, 4, 1, 16, 16}));
            }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([] { (void)open_features("i4d", {}); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::evaluation
