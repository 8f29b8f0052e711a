#include "sfv/evaluation/clip_features.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "sfv/checkpoint/weights.h"
#include "sfv/io/safetensors.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::evaluation {
namespace {

using testing::HasSubstr;

std::string save_clips(const TestFolder& folder, const std::string& file, const torch::Tensor& clips) {
  const torch::Tensor x = clips.contiguous();
  io::SafetensorsWriter writer(folder / file, {{"frames", io::DType::kF32, x.sizes().vec()}}, {});
  writer.write({static_cast<const std::byte*>(x.const_data_ptr()), x.nbytes()});
  writer.finish();
  return (folder / file).string();
}

// The mean of each colour; counts prepared clips that no batch has taken yet.
class Means : public VideoFeatures {
 public:
  [[nodiscard]] const FeatureIdentity& identity() const override { return identity_; }
  [[nodiscard]] int64_t min_frames() const override { return 3; }
  [[nodiscard]] torch::Tensor prepare(const torch::Tensor& clip) const override {
    const int64_t now = ++waiting_;
    int64_t most = most_waiting_;
    while (now > most && !most_waiting_.compare_exchange_weak(most, now)) continue;
    return clip.mean({0, 2, 3});
  }
  [[nodiscard]] torch::Tensor compute(const torch::Tensor& prepared) override {
    waiting_ -= prepared.size(0);
    batches.push_back(prepared.size(0));
    return prepared.to(at::kDouble);
  }
  [[nodiscard]] int64_t most_waiting() const { return most_waiting_; }

  std::vector<int64_t> batches;

 private:
  FeatureIdentity identity_ = {"means", "0", "all", "none"};
  mutable std::atomic<int64_t> waiting_{0}, most_waiting_{0};
};

TEST(ClipFeatures, AreTheSameForAnyBatchAndThreadsInFlatMemory) {
  const TestFolder folder;
  const torch::Tensor clips = at::rand({101, 3, 3, 8, 8});
  const std::string file = save_clips(folder, "a.safetensors", clips);
  const auto none = [](int64_t, int64_t) {};
  for (const auto& [batch, threads] : {std::pair<int64_t, int64_t>{1, 1}, {8, 3}, {200, 2}}) {
    Means network;
    const ClipFeatures found = compute_clip_features(
        network, {.places = find_clips({file}), .batch = batch, .threads = threads}, none, nullptr);
    ASSERT_EQ(found.set.features.sizes(), at::IntArrayRef({101, 3}));
    EXPECT_TRUE(at::equal(found.set.features, clips.mean({1, 3, 4}).to(at::kDouble))) << batch;
    EXPECT_LE(network.most_waiting(), 2 * batch + 1) << batch;
    EXPECT_EQ(found.set.protocol.at("network"), "means");
    EXPECT_EQ(found.set.protocol.at("clips"), "101");
  }
}

TEST(ClipFeatures, StopAfterAsManyAsAskedForAndTellOfDroppedOnes) {
  const TestFolder folder;
  torch::Tensor clips = at::rand({20, 3, 3, 8, 8});
  clips[1][0][0][0][0] = std::nan("");
  Means network;
  int64_t passed = 0;
  const ClipFeatures found = compute_clip_features(
      network, {.places = find_clips({save_clips(folder, "a.safetensors", clips)}), .clips = 5, .batch = 2},
      [&](int64_t now, int64_t total) {
        EXPECT_EQ(total, 20);
        passed = now;
      },
      nullptr);
  EXPECT_EQ(found.set.features.size(0), 5);
  EXPECT_EQ(passed, 6);
  EXPECT_EQ(network.batches, (std::vector<int64_t>{2, 2, 1}));
  ASSERT_EQ(found.dropped.size(), 1U);
  EXPECT_THAT(found.dropped[0].name, HasSubstr("clip 1"));
}

TEST(ClipFeatures, RefuseClipsThatAreTooShortForTheNetwork) {
  const TestFolder folder;
  const std::string file = save_clips(folder, "a.safetensors", at::rand({2, 2, 3, 8, 8}));
  Means network;
  const auto none = [](int64_t, int64_t) {};
  for (const int64_t frames : {0, 2}) {
    const Error error = error_of([&] {
      (void)compute_clip_features(network, {.places = find_clips({file}), .cut = {.frames = frames}}, none,
                                  nullptr);
    });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), HasSubstr("at least 3 frames, got 2"));
  }
  const Error nothing = error_of([&] {
    check_any(
        compute_clip_features(network, {.places = find_clips({file}), .cut = {.frames = 3}}, none, nullptr));
  });
  EXPECT_EQ(nothing.reason(), "features.no_clips");
  EXPECT_THAT(nothing.what(), HasSubstr("none of the 2 clips"));
}

}  // namespace
}  // namespace sfv::evaluation
