#include "sfv/evaluation/torchscript_features.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include <fstream>
#include <string>

#include "sfv/evaluation/feature_networks.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::evaluation {
namespace {

using testing::HasSubstr;

std::string save_script(const TestFolder& folder, const std::string& name, const std::string& forward) {
  torch::jit::Module module("Features");
  module.define(forward);
  module.save((folder / name).string());
  return (folder / name).string();
}

// Tells what it was given: the smallest and the largest number, and the three switches.
constexpr const char* kStyleGanV = R"(
def forward(self, x, rescale: bool = False, resize: bool = False, return_features: bool = False):
    switches = 100 * int(rescale) + 10 * int(resize) + int(return_features)
    low = x.flatten(1).min(dim=1)[0]
    high = x.flatten(1).max(dim=1)[0]
    # Long enough that libtorch compresses the code, as it does in a real file.
    if x.size(0) < 0:
        low = low + low.mean() * low.std() + low.max() * low.min() + torch.sin(low) * torch.cos(low)
        high = high + high.mean() * high.std() + high.max() * high.min() + torch.sin(high) * torch.cos(high)
    return torch.stack([low, high, torch.full_like(low, float(switches))], dim=1)
)";

TEST(TorchScriptFeatures, CallStyleGanVsNetworkByItsConvention) {
  const TestFolder folder;
  const std::string path = save_script(folder, "i3d_torchscript.pt", kStyleGanV);
  const auto features = open_features(path, {});
  EXPECT_EQ(features->identity().network, "i3d_torchscript.pt");
  EXPECT_EQ(features->identity().sha256.size(), 64U);
  EXPECT_EQ(features->min_frames(), 10);
  torch::Tensor clip = at::zeros({10, 3, 8, 8});
  clip[0][0][0][0] = -1;
  clip[9][2][7][7] = 1;
  const torch::Tensor prepared = features->prepare(clip);
  EXPECT_EQ(prepared.sizes(), at::IntArrayRef({3, 10, 8, 8}));
  const torch::Tensor result = features->compute(prepared.unsqueeze(0));
  EXPECT_EQ(result.scalar_type(), at::kDouble);
  EXPECT_EQ(result[0][0].item<double>(), 0);
  EXPECT_EQ(result[0][1].item<double>(), 255);
  EXPECT_EQ(result[0][2].item<double>(), 111);
  EXPECT_EQ(error_of([&] {
              (void)features->compute(at::rand({1, 3, 9, 8, 8}));
            }).code(),
            ErrorCode::kInvalidArgument);
}

TEST(TorchScriptFeatures, GiveAnyOtherNetworkTheClipsAsTheyAre) {
  const TestFolder folder;
  const std::string path = save_script(
      folder, "mae.pt", "def forward(self, x):\n    return x.mean(dim=[2, 3, 4], keepdim=True)\n");
  TorchScriptFeatures features(path);
  const torch::Tensor clip = at::rand({4, 3, 6, 7}) * 2 - 1;
  const torch::Tensor result = features.compute(features.prepare(clip).unsqueeze(0));
  ASSERT_EQ(result.sizes(), at::IntArrayRef({1, 3}));
  EXPECT_TRUE(at::allclose(result[0], clip.mean({0, 2, 3}).to(at::kDouble), 0, 1e-6));
}

TEST(TorchScriptFeatures, RefuseHostileFilesWithOneError) {
  const TestFolder folder;
  const std::string good = save_script(folder, "good.pt", "def forward(self, x):\n    return x.flatten(1)\n");
  const std::string bytes = read_text(good);
  std::string torn = bytes;
  for (size_t i = bytes.size() / 4; i < bytes.size() / 2; ++i) torn[i] = static_cast<char>(i * 31);
  std::vector<std::filesystem::path> files = {
      folder.file("text.pt", "no archive at all"), folder.file("empty.pt", ""),
      folder.file("half.pt", bytes.substr(0, bytes.size() / 2)), folder.file("torn.pt", torn)};
  files.push_back(std::string(SFV_SOURCE_DIR) + "/tests/golden/state_dict/good_parameters.pth");
  files.push_back(save_script(folder, "two.pt", "def forward(self, x, y):\n    return x + y\n"));
  files.push_back(save_script(folder, "other.pt", "def encode(self, x):\n    return x\n"));
  for (const auto& file : files) {
    const Error error = error_of([&] { TorchScriptFeatures features(file); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << file;
    EXPECT_THAT(error.what(), HasSubstr(file.string()));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
  }
  EXPECT_EQ(error_of([&] { TorchScriptFeatures features(folder / "none.pt"); }).code(), ErrorCode::kNotFound);
}

TEST(TorchScriptFeatures, NameWhatComesBackWrong) {
  const TestFolder folder;
  for (const char* body : {"x.mean()", "[x]", "x.flatten(1)[1:]", "x.long().flatten(1)", "x.view(7, 5)"}) {
    TorchScriptFeatures features(
        save_script(folder, "wrong.pt", std::string("def forward(self, x):\n    return ") + body + "\n"));
    const Error error = error_of([&] { (void)features.compute(at::rand({2, 3, 4, 8, 8})); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << body;
    EXPECT_THAT(error.what(), HasSubstr("wrong.pt")) << body;
  }
  TorchScriptFeatures broken(
      save_script(folder, "nan.pt", "def forward(self, x):\n    return x.flatten(1) / 0.0\n"));
  EXPECT_EQ(error_of([&] { (void)broken.compute(at::rand({2, 3, 4, 8, 8})); }).code(), ErrorCode::kNotFinite);
}

}  // namespace
}  // namespace sfv::evaluation
