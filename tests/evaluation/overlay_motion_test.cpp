#include "sfv/evaluation/overlay_motion.h"

#include <ATen/ops/rand.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <vector>

#include "sfv/core/error.h"
#include "tests/error_of.h"

namespace sfv::evaluation {
namespace {

constexpr int64_t kFrames = 10, kHeight = 64, kWidth = 96;

torch::Tensor make_picture() {
  torch::manual_seed(3);
  return at::rand({3, kHeight, kWidth}) - 1;  // dark: room above
}

// Three white squares over a picture, moved by (down, right) a frame; frame 0 is the picture.
torch::Tensor falling_squares(const torch::Tensor& picture, int64_t down, int64_t right) {
  std::vector<torch::Tensor> frames;
  for (int64_t t = 0; t < kFrames; ++t) {
    torch::Tensor frame = picture.clone();
    if (t > 0) {
      for (const auto& [y, x] : std::vector<std::pair<int64_t, int64_t>>{{2, 30}, {12, 60}, {25, 44}}) {
        frame.narrow(1, (y + t * down) % (kHeight - 4), 4).narrow(2, x + t * right, 4) += 1.0;
      }
    }
    frames.push_back(frame);
  }
  return at::stack(frames);
}

TEST(OverlayMotion, MeasuresSquaresThatFall) {
  const torch::Tensor picture = make_picture();
  const OverlayMotion motion = measure_overlay(falling_squares(picture, 3, -2), picture);
  EXPECT_DOUBLE_EQ(motion.fall, 3);
  EXPECT_DOUBLE_EQ(motion.drift, -2);
  EXPECT_NEAR(motion.coherence, 1, 1e-4);
  EXPECT_NEAR(motion.covered, 3 * 16.0 / (kHeight * kWidth), 1e-9);
  EXPECT_EQ(motion.first_psnr, kEqualPsnr);
  EXPECT_EQ(motion.background_psnr, kEqualPsnr);
  EXPECT_GT(motion.background_share, .9);
  EXPECT_LT(motion.background_share, 1 - motion.covered);
}

TEST(OverlayMotion, FlickerIsNotCoherent) {
  const torch::Tensor picture = make_picture();
  torch::Tensor clip = falling_squares(picture, 3, 0);
  torch::manual_seed(5);
  for (int64_t t = 1; t < kFrames; ++t) {
    clip[t].copy_(picture);
    const torch::Tensor places = at::rand({3, 2});
    for (int64_t i = 0; i < 3; ++i) {
      clip[t]
          .narrow(1, static_cast<int64_t>(places[i][0].item<double>() * 60), 4)
          .narrow(2, static_cast<int64_t>(places[i][1].item<double>() * 92), 4) += 1.0;
    }
  }
  EXPECT_LT(measure_overlay(clip, picture).coherence, .6);
}

TEST(OverlayMotion, MeasuresTheBackgroundApartFromWhatCoversIt) {
  const torch::Tensor picture = make_picture();
  torch::Tensor clip = falling_squares(picture, 3, 0);
  clip[0] += 0.02;           // a hundredth of white
  clip[kFrames - 1] -= 0.2;  // darker is no snow: a tenth of white
  const OverlayMotion motion = measure_overlay(clip, picture);
  EXPECT_NEAR(motion.first_psnr, 40, .01);
  EXPECT_NEAR(motion.background_psnr, 20, .01);
}

TEST(OverlayMotion, NothingOverThePictureHasNoShift) {
  const torch::Tensor picture = make_picture();
  const OverlayMotion motion = measure_overlay(picture.expand({kFrames, 3, kHeight, kWidth}), picture);
  EXPECT_EQ(motion.covered, 0);
  EXPECT_EQ(motion.coherence, 0);
  EXPECT_EQ(motion.fall, 0);
  EXPECT_EQ(motion.background_share, 1);
}

TEST(OverlayMotion, RefusesOtherShapes) {
  const torch::Tensor picture = make_picture();
  const auto code = [](const torch::Tensor& clip, const torch::Tensor& still) {
    return error_of([&] { (void)measure_overlay(clip, still); }).code();
  };
  EXPECT_EQ(code(picture.expand({kWholeFrame + 1, 3, kHeight, kWidth}), picture),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(picture.expand({kFrames, 3, kHeight, kWidth}), picture.narrow(1, 0, 8)),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::evaluation
