#include "sfv/evaluation/i3d_features.h"

#include <ATen/ops/rand.h>
#include <ATen/ops/rand_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sfv/checkpoint/weights.h"
#include "sfv/evaluation/bilinear_resize.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/evaluation/feature_networks.h"
#include "sfv/io/safetensors.h"
#include "tests/error_of.h"
#include "tests/parity/rule_weights.h"
#include "tests/temporary_folder.h"

namespace sfv::evaluation {
namespace {

using testing::HasSubstr;

const std::string kGolden = std::string(SFV_SOURCE_DIR) + "/tests/golden/evaluation/i3d.safetensors";

struct Golden {
  std::shared_ptr<const io::SafetensorsFile> file = io::SafetensorsFile::open(kGolden);

  [[nodiscard]] torch::Tensor tensor(const std::string& name) const {
    return checkpoint::as_tensor(checkpoint::read_weights({file}).at(name)).to(at::kDouble);
  }
};

double relative(const torch::Tensor& found, const torch::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

// The rule's weights as a published file has them, counters of training included.
std::string save_weights(const TestFolder& folder, const std::string& without = {}) {
  models::InceptionI3d network;
  parity::fill_by_rule(*network, "normal");
  std::vector<io::SafetensorsWriter::Entry> entries;
  std::map<std::string, torch::Tensor> values;
  for (const auto& item : network->named_parameters()) {
    if (item.key() == without) continue;
    values.emplace(item.key(), item.value().detach().contiguous());
    entries.push_back({item.key(), io::DType::kF32, item.value().sizes().vec()});
  }
  const std::string counter = "Mixed_3b.b0.bn.num_batches_tracked";
  entries.push_back({counter, io::DType::kI64, {}});
  values.emplace(counter, at::zeros({}, at::kLong));
  io::SafetensorsWriter writer(folder / "i3d.safetensors", entries, {});
  for (const auto& entry : writer.entries()) {
    const torch::Tensor& value = values.at(entry.name);
    writer.write({static_cast<const std::byte*>(value.const_data_ptr()), value.nbytes()});
  }
  writer.finish();
  return (folder / "i3d.safetensors").string();
}

torch::Tensor rule_clip() {
  Clip clip;
  for (int t = 0; t < 12; ++t)
    clip.frames.push_back(parity::rule_image("i3d.frame." + std::to_string(t), 90, 125));
  return to_pixels(clip);
}

TEST(I3d, EqualsThePyTorchPort) {
  const Golden golden;
  models::InceptionI3d network;
  parity::fill_by_rule(*network, "normal");
  for (const int64_t length : {9, 10, 14, 16, 25}) {
    const torch::Tensor x =
        parity::rule_tensor("i3d.input." + std::to_string(length), {1, 3, length, 224, 224});
    const torch::Tensor logits = network->forward(x);
    EXPECT_LE(relative(logits, golden.tensor("logits." + std::to_string(length))), 1e-5) << length;
  }
}

TEST(I3dFeatures, PrepareAndNameClipsAsCdFvdDoes) {
  const Golden golden;
  const TestFolder folder;
  I3dFeatures features(save_weights(folder));
  const torch::Tensor prepared = features.prepare(rule_clip());
  ASSERT_EQ(prepared.sizes(), at::IntArrayRef({3, 12, 224, 224}));
  const int64_t stride = std::stoll(golden.file->metadata().at("prepared.stride"));
  const torch::Tensor expected = golden.tensor("prepared");
  EXPECT_LE((prepared.flatten().slice(0, 0, std::nullopt, stride) - expected).abs().max().item<double>(),
            2e-6);
  const torch::Tensor one = features.compute(prepared.unsqueeze(0));
  EXPECT_EQ(one.scalar_type(), at::kDouble);
  EXPECT_LE(relative(one, golden.tensor("clip_logits")), 1e-5);
  // A neighbour in the batch changes nothing but rounding.
  const torch::Tensor two = features.compute(at::stack({at::rand_like(prepared), prepared}));
  EXPECT_LE(relative(two.narrow(0, 1, 1), one), 1e-5);
  EXPECT_EQ(features.identity().sha256.size(), 64U);
}

TEST(I3dFeatures, RefuseShortClipsAndOtherWeights) {
  const TestFolder folder;
  I3dFeatures features(save_weights(folder));
  const Error shorts = error_of([&] { (void)features.compute(at::rand({1, 3, 9, 224, 224})); });
  EXPECT_EQ(shorts.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(shorts.what(), HasSubstr("at least 10 frames, got 9"));
  EXPECT_EQ(error_of([&] {
              (void)features.compute(at::rand({1, 3, 10, 200, 224}));
            }).code(),
            ErrorCode::kInvalidArgument);
  const Error missing = error_of([&] { I3dFeatures(save_weights(folder, "Mixed_4f.b2b.bn.bias")); });
  EXPECT_EQ(missing.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(missing.what(), HasSubstr("Mixed_4f.b2b.bn.bias"));
  EXPECT_THAT(error_of([] { (void)open_features("i3d", {}); }).what(), HasSubstr("--weights"));
  EXPECT_EQ(error_of([] { (void)open_features("reference", "a.pt"); }).code(), ErrorCode::kInvalidArgument);
}

TEST(BilinearResize, TakesTheMeanOfFourNeighbours) {
  torch::Tensor clip = at::zeros({1, 3, 2, 2});
  clip[0][1][0][0] = 4;
  const torch::Tensor same = resize_bilinear(clip, 2, 2);
  EXPECT_TRUE(same.equal(clip.transpose(0, 1)));
  // Pixel centres at (o + .5) / 2 - .5: -.25, .25, .75, 1.25 of the source, clamped at its ends.
  const torch::Tensor larger = resize_bilinear(clip, 4, 4);
  EXPECT_FLOAT_EQ(larger[1][0][0][0].item<float>(), 4);
  EXPECT_FLOAT_EQ(larger[1][0][1][1].item<float>(), 4 * 0.75 * 0.75);
  EXPECT_FLOAT_EQ(larger[1][0][2][1].item<float>(), 4 * 0.25 * 0.75);
  EXPECT_FLOAT_EQ(larger[1][0][3][3].item<float>(), 0);
  EXPECT_FLOAT_EQ(resize_bilinear(clip, 1, 1)[1][0][0][0].item<float>(), 1);
}

}  // namespace
}  // namespace sfv::evaluation
