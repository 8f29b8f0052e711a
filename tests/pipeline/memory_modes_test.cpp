// Every exact way to hold less gives the same clip, and the plan of a request says what it takes.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <map>
#include <string>
#include <vector>

#include "sfv/checkpoint/convert_model.h"
#include "sfv/core/error.h"
#include "sfv/core/work.h"
#include "sfv/nn/fetched_weights.h"
#include "sfv/pipeline/image_to_video.h"
#include "sfv/pipeline/request_plan.h"
#include "tests/checkpoint/model_fixture.h"

namespace sfv::pipeline {
namespace {

namespace fs = std::filesystem;

RgbImage photo() {
  RgbImage image{48, 32, {}};
  for (int64_t i = 0; i < 48 * 32 * 3; ++i) image.rgb.push_back(static_cast<uint8_t>(i * 37 % 251));
  return image;
}

class MemoryModes : public checkpoint::testing::ModelTest {
 protected:
  // models/tiny with its weights in half of the type that the networks compute in.
  fs::path half_model() {
    const fs::path half = folder_ / "half";
    checkpoint::convert_model(
        {.in = model_.string(), .out = half, .dtype = torch::kHalf, .max_shard_bytes = 0}, nullptr);
    return half;
  }

  static torch::Tensor frames(const fs::path& model, const MemoryMode& mode, torch::Dtype dtype) {
    checkpoint::LoadOptions load;
    load.dtype = dtype;
    load.memory = mode;
    ImageToVideo generator(checkpoint::load_model(model.string(), load));
    GenerateOptions options;
    options.width = 64;
    options.height = 32;
    options.frames = 3;
    options.steps = 2;
    options.sampler = SamplerKind::kEuler;
    options.seed = 5;
    pipeline::Trace trace;
    (void)generator.generate(photo(), options, nullptr, &trace, nullptr, nullptr);
    return trace.frames;
  }
};

TEST_F(MemoryModes, GiveTheSameClip) {
  for (const torch::Dtype dtype : {torch::kFloat, torch::kBFloat16}) {
    for (const fs::path& model : {model_, half_model()}) {
      const torch::Tensor first = frames(model, memory_modes(at::kCPU).front(), dtype);
      for (const MemoryMode& mode : memory_modes(at::kCPU))
        EXPECT_TRUE(frames(model, mode, dtype).equal(first)) << describe(mode) << " of " << model;
    }
    fs::remove_all(folder_ / "half");
  }
}

TEST_F(MemoryModes, LeaveLargeWeightsInTheirFile) {
  for (const WeightHome home : {WeightHome::kStage, WeightHome::kLayer}) {
    checkpoint::LoadOptions load;
    load.dtype = torch::kBFloat16;
    load.memory.weights = home;
    const checkpoint::Model model = checkpoint::load_model(model_.string(), load);
    const auto left = nn::fetched_weights(*model.unet);
    EXPECT_FALSE(left.empty());
    for (const auto& item : model.unet->named_parameters()) {
      const bool is_left = left.contains(item.key());
      EXPECT_EQ(item.value().scalar_type(), is_left ? torch::kFloat : torch::kBFloat16) << item.key();
      EXPECT_TRUE(!is_left || item.value().numel() >= 65536) << item.key();
    }
  }
}

TEST_F(MemoryModes, BringWeightsForAStageAndPutThemBack) {
  checkpoint::LoadOptions load;
  load.dtype = torch::kBFloat16;
  load.memory.weights = WeightHome::kStage;
  checkpoint::Model model = checkpoint::load_model(model_.string(), load);
  std::map<std::string, const void*> before;
  for (const auto& item : model.unet->named_parameters()) before[item.key()] = item.value().const_data_ptr();
  {
    const auto brought = checkpoint::bring_weights(model, *model.unet, model.dtype);
    for (const torch::Tensor& parameter : model.unet->parameters())
      EXPECT_EQ(parameter.scalar_type(), torch::kBFloat16);
  }
  for (const auto& item : model.unet->named_parameters())
    EXPECT_EQ(item.value().const_data_ptr(), before[item.key()]) << item.key();
}

// Ctrl-C comes at once, not after the last of a network's weights.
TEST_F(MemoryModes, PutWeightsBackWhenStoppedOnTheWay) {
  class StopsAtThird : public WorkMeter {
   public:
    void add(double) override {
      if (++calls_ == 3) throw Error(ErrorCode::kCancelled, "third");
    }

   private:
    int calls_ = 0;
  };
  checkpoint::Model model = checkpoint::load_model(model_.string(), {});
  const auto homes = [&model] {
    std::vector<const void*> places;
    for (const torch::Tensor& parameter : model.unet->parameters())
      places.push_back(parameter.const_data_ptr());
    return places;
  };
  const auto before = homes();
  StopsAtThird meter;
  const WorkScope scope(meter);
  EXPECT_THROW(nn::BroughtWeights(*model.unet, torch::kBFloat16, torch::kCPU), Error);
  EXPECT_EQ(homes(), before);
}

class RequestPlanTest : public ::testing::Test {
 protected:
  static RequestShape svd(at::DeviceType device, torch::Dtype dtype) {
    RequestShape shape;
    shape.configs = checkpoint::read_configs(checkpoint::published_configs(14));
    shape.device = device;
    shape.dtype = dtype;
    GenerateOptions options;
    options.sampler = SamplerKind::kOneStep;
    options.width = 1024;
    options.height = 576;
    shape.settings = resolve_settings(options, shape.configs.defaults, 14);
    return shape;
  }
  static int64_t decoder_bytes(const RequestShape& shape, DecoderMemory memory) {
    return plan_request(shape, {.weights = WeightHome::kStage, .decoder = memory}).stages.back().activations;
  }
};

// The widest layers of SVD's decoder at 14 x 576 x 1024 in bfloat16: 256 channels come into the last level,
// 4.23 GB, 128 go through it, 2.11 GB each time.
TEST_F(RequestPlanTest, KnowsTheDecodersLargestMoments) {
  const RequestShape shape = svd(at::kCPU, torch::kBFloat16);
  constexpr double kWide = 2.0 * 14 * 128 * 576 * 1024;
  EXPECT_GT(static_cast<double>(decoder_bytes(shape, DecoderMemory::kWhole)), 4.5 * kWide);
  const auto pieces = static_cast<double>(decoder_bytes(shape, DecoderMemory::kPieces));
  EXPECT_GT(pieces, 2 * kWide);
  EXPECT_LT(pieces, 2.7 * kWide);
  const auto recompute = static_cast<double>(decoder_bytes(shape, DecoderMemory::kRecompute));
  EXPECT_GT(recompute, kWide);
  EXPECT_LT(recompute, 1.7 * kWide);
}

TEST_F(RequestPlanTest, CountsRecomputedWork) {
  const RequestShape shape = svd(at::kCPU, torch::kBFloat16);
  const auto operations = [&](DecoderMemory memory) {
    return plan_request(shape, {.weights = WeightHome::kStage, .decoder = memory}).stages.back().operations;
  };
  EXPECT_NEAR(operations(DecoderMemory::kPieces) / operations(DecoderMemory::kWhole), 1, .01);
  // Half of the temporal convolutions, which are 16.6 of 97.2 TFLOP (svd.md section 6.1).
  EXPECT_NEAR(operations(DecoderMemory::kRecompute) / operations(DecoderMemory::kWhole), 1.085, .02);
}

TEST_F(RequestPlanTest, KnowsWhereWeightsAre) {
  const RequestShape shape = svd(at::kCPU, torch::kBFloat16);  // stored in float16: all are cast
  const RequestPlan kept = plan_request(shape, {WeightHome::kDevice, DecoderMemory::kPieces});
  EXPECT_NEAR(static_cast<double>(kept.weights) / 2, 1524.6e6 + 97.7e6 + 632.1e6, 20e6);
  const RequestPlan staged = plan_request(shape, {WeightHome::kStage, DecoderMemory::kPieces});
  EXPECT_LT(staged.weights, 20e6);
  EXPECT_NEAR(static_cast<double>(staged.stages[2].weights) / 2, 1524.6e6, 20e6)
      << "the UNet's, in its stage";
  const RequestPlan layered = plan_request(shape, {WeightHome::kLayer, DecoderMemory::kPieces});
  EXPECT_LT(layered.stages[2].weights, 100e6) << "a layer's";
}

TEST_F(RequestPlanTest, OfAFolderInTheRunsTypeNeedsNoCopiesOfLinearWeights) {
  RequestShape shape = svd(at::kCPU, torch::kBFloat16);
  shape.unet_stored = shape.vae_stored = shape.image_encoder_stored = torch::kBFloat16;
  const RequestPlan plan = plan_request(shape, {WeightHome::kStage, DecoderMemory::kPieces});
  EXPECT_LT(plan.weights, 1e6) << "small kernels in the order that convolutions read";
  for (const StagePlan& stage : plan.stages) EXPECT_EQ(stage.weights, 0) << stage.name;
}

TEST_F(RequestPlanTest, ModesTakeLessAndLess) {
  for (const at::DeviceType device : {at::kCPU, at::kCUDA}) {
    const RequestShape shape = svd(device, device == at::kCPU ? torch::kBFloat16 : torch::kHalf);
    int64_t before = INT64_MAX;
    for (const MemoryMode& mode : memory_modes(device)) {
      const int64_t peak = plan_request(shape, mode).peak();
      EXPECT_LE(peak, before) << describe(mode);
      before = peak;
    }
    EXPECT_LT(before, 4.5e9);
  }
}

TEST_F(RequestPlanTest, KnowsTheTinyDecoder) {
  RequestShape shape = svd(at::kCPU, torch::kBFloat16);
  const RequestPlan large = plan_request(shape, {WeightHome::kStage, DecoderMemory::kPieces});
  shape.settings.decoder = DecoderKind::kTiny;
  const RequestPlan tiny = plan_request(shape, {WeightHome::kStage, DecoderMemory::kPieces});
  EXPECT_LT(tiny.stages.back().operations, .1 * large.stages.back().operations);
  EXPECT_GT(tiny.stages.back().activations, 2 * 14 * 64 * 576 * 1024) << "64 channels of all pixels";
}

// More than 2^31 elements: plain integers would overflow.
TEST_F(RequestPlanTest, TwentyFiveFramesDecodeWhole) {
  RequestShape shape = svd(at::kCPU, torch::kBFloat16);
  shape.settings.frames = shape.settings.decode_chunk = 25;
  const double wide = 2.0 * 25 * 128 * 576 * 1024;
  EXPECT_GT(static_cast<double>(decoder_bytes(shape, DecoderMemory::kRecompute)), wide);
}

}  // namespace
}  // namespace sfv::pipeline
