#include "sfv/evaluation/image_similarity.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/error_of.h"

namespace sfv::evaluation {
namespace {

// The pictures of tests/golden/evaluation/make_goldens.py, [3, H, W], -1..1.
torch::Tensor picture(int64_t width, int64_t height, bool is_second) {
  torch::Tensor result = at::empty({3, height, width}, at::kDouble);
  const int64_t shift = is_second ? 2 : 0;
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const int64_t wave = ((x + shift) * (x + shift) + 3 * y * (c + 1)) / 16 % 160;
        const int64_t edge = (x + y + shift) / 12 % 2 == 0 ? 60 : 0;
        const int64_t grain =
            (x * 7919 + y * 104729 + c * 1299709 + (is_second ? 31 : 0) * (x + 1) * (y + 3)) % 23;
        const int64_t level = std::clamp<int64_t>(wave + edge + grain - (is_second ? 5 : 0), 0, 255);
        result.mutable_data_ptr<double>()[(c * height + y) * width + x] =
            static_cast<double>(level) / 127.5 - 1;
      }
    }
  }
  return result;
}

TEST(ImageSimilarity, EqualsScikitImageAndTorchmetrics) {
  std::ifstream file(std::string(SFV_SOURCE_DIR) + "/tests/golden/evaluation/similarity.json");
  const nlohmann::json golden = nlohmann::json::parse(file);
  ASSERT_EQ(golden["pairs"].size(), 4U);
  for (const auto& row : golden["pairs"]) {
    const int64_t width = row["width"], height = row["height"];
    const torch::Tensor a = picture(width, height, false), b = picture(width, height, true);
    EXPECT_NEAR(psnr(a, b), row["psnr"].get<double>(), 1e-9) << width;
    EXPECT_NEAR(*ssim(a, b), row["ssim"].get<double>(), 1e-9) << width;
    ASSERT_EQ(ms_ssim(a, b).has_value(), row.contains("ms_ssim")) << width;
    if (row.contains("ms_ssim")) {
      EXPECT_NEAR(*ms_ssim(a, b), row["ms_ssim"].get<double>(), 1e-7) << width;
    }
  }
}

TEST(ImageSimilarity, OfEqualPicturesIsPerfect) {
  const torch::Tensor a = picture(180, 176, false);
  EXPECT_TRUE(std::isinf(psnr(a, a)));
  EXPECT_NEAR(*ssim(a, a), 1, 1e-12);
  EXPECT_NEAR(*ms_ssim(a, a), 1, 1e-12);
}

TEST(ImageSimilarity, IsNotAvailableWhereTheWindowDoesNotFit) {
  const torch::Tensor narrow = picture(10, 40, false);
  EXPECT_FALSE(ssim(narrow, narrow));
  const torch::Tensor low = picture(300, 175, false);
  EXPECT_FALSE(ms_ssim(low, low));
}

TEST(ImageSimilarity, RefusesPicturesOfDifferentSizes) {
  EXPECT_EQ(error_of([] { (void)psnr(picture(12, 12, false), picture(12, 13, false)); }).code(),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::evaluation
