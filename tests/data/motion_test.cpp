#include "sfv/data/motion.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "sfv/data/block_motion.h"
#include "sfv/data/noise_texture.h"
#include "tests/error_of.h"

namespace sfv::data {
namespace {

/// A view of width x height into a textured picture, moving by (dx, dy) pixels a frame.
Clip make_pan(int64_t width, int64_t height, int64_t dx, int64_t dy, int64_t frames = 6, double fps = 7) {
  const std::array<uint8_t, 3> dark = {20, 30, 40};
  const std::array<uint8_t, 3> light = {230, 220, 200};
  const RgbImage scene =
      make_noise_texture(width + frames * std::abs(dx), height + frames * std::abs(dy), 24, dark, light, 3);
  Clip clip{.frames = {}, .fps = fps};
  for (int64_t i = 0; i < frames; ++i) {
    const int64_t left = dx >= 0 ? dx * i : -dx * (frames - i);
    const int64_t top = dy >= 0 ? dy * i : -dy * (frames - i);
    RgbImage view{.width = width, .height = height, .rgb = {}};
    for (int64_t y = 0; y < height; ++y) {
      const uint8_t* row = scene.rgb.data() + ((top + y) * scene.width + left) * 3;
      view.rgb.insert(view.rgb.end(), row, row + width * 3);
    }
    clip.frames.push_back(std::move(view));
  }
  return clip;
}

TEST(MeasureMotion, OfAStillClipIsTheLowest) {
  const Motion still = measure_motion(make_pan(96, 64, 0, 0));
  EXPECT_EQ(still.per_frame, 0);
  EXPECT_EQ(still.bucket, 0);
}

TEST(MeasureMotion, FindsTheSpeedOfAPan) {
  struct Pan {
    int64_t dx, dy;
  };
  for (const Pan& pan : {Pan{1, 0}, Pan{3, 0}, Pan{-3, 0}, Pan{0, 5}, Pan{4, 3}, Pan{-6, 8}}) {
    const Motion motion = measure_motion(make_pan(96, 72, pan.dx, pan.dy));
    const double pixels = std::hypot(static_cast<double>(pan.dx), static_cast<double>(pan.dy));
    EXPECT_NEAR(motion.per_frame * std::sqrt(96.0 * 72), pixels, 0.02 * pixels + 0.02)
        << pan.dx << " " << pan.dy;
    EXPECT_DOUBLE_EQ(motion.per_second, motion.per_frame * 7);
  }
}

TEST(MeasureMotion, FindsTheSameSpeedInALargerPicture) {
  // 4 pixels of 384 are 1 of 96, and 1 pixel is a quarter.
  for (const int64_t pixels : {1, 2, 4, 10, 24}) {
    const Motion motion = measure_motion(make_pan(384, 288, pixels, 0));
    const auto expected = static_cast<double>(pixels);
    EXPECT_NEAR(motion.per_frame * std::sqrt(384.0 * 288), expected, 0.03 * expected + 0.3) << pixels;
  }
}

TEST(MeasureMotion, GrowsWithTheSpeedAndTheRate) {
  int64_t before = 0;
  for (const int64_t pixels : {1, 2, 4, 8}) {
    const int64_t bucket = measure_motion(make_pan(96, 64, pixels, 0)).bucket;
    EXPECT_GT(bucket, before);
    before = bucket;
  }
  EXPECT_GT(measure_motion(make_pan(96, 64, 2, 0, 6, 14)).bucket,
            measure_motion(make_pan(96, 64, 2, 0)).bucket);
}

TEST(MeasureMotion, CountsAMovingPartByItsArea) {
  Clip clip = make_pan(96, 96, 0, 0);
  const Clip moving = make_pan(48, 96, 4, 0);
  for (size_t i = 0; i < clip.frames.size(); ++i) {
    for (int64_t y = 0; y < 96; ++y) {
      std::copy_n(moving.frames[i].rgb.data() + y * 48 * 3, 48 * 3, clip.frames[i].rgb.data() + y * 96 * 3);
    }
  }
  EXPECT_NEAR(measure_motion(clip).per_frame * 96, 2, 0.3);
}

TEST(MeasureMotion, IsNotTheClipsLight) {
  Clip clip = make_pan(96, 64, 0, 0);
  for (size_t i = 0; i < clip.frames.size(); ++i) {
    for (uint8_t& level : clip.frames[i].rgb) level = static_cast<uint8_t>(level - level * i / 40);
  }
  EXPECT_LT(measure_motion(clip).per_frame * std::sqrt(96.0 * 64), 0.5);
}

TEST(MeasureMotion, OfPlainPicturesAndSingleFramesIsNothing) {
  const RgbImage plain{.width = 32, .height = 32, .rgb = std::vector<uint8_t>(32 * 32 * 3, 99)};
  EXPECT_EQ(measure_motion({.frames = {plain, plain}}).bucket, 0);
  EXPECT_EQ(measure_motion({.frames = {plain}}).bucket, 0);
  EXPECT_EQ(measure_motion({}).bucket, 0);
  const RgbImage tiny{.width = 3, .height = 2, .rgb = std::vector<uint8_t>(18, 9)};
  EXPECT_EQ(measure_motion({.frames = {tiny, tiny}}).bucket, 0);
}

TEST(MeasureMotion, RefusesFramesOfDifferentSizes) {
  Clip clip = make_pan(32, 32, 0, 0);
  clip.frames.push_back(make_pan(32, 40, 0, 0).frames[0]);
  EXPECT_EQ(error_of([&] { (void)measure_motion(clip); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([] { (void)measure_motion({.frames = {RgbImage{}}}); }).code(),
            ErrorCode::kInvalidArgument);
}

TEST(MotionBucket, FollowsItsFormula) {
  EXPECT_EQ(motion_bucket(0), 0);
  EXPECT_EQ(motion_bucket(-1), 0);
  EXPECT_EQ(motion_bucket(NAN), 0);
  EXPECT_EQ(motion_bucket(0.125), 128);  // 127.5, halves away from 0
  EXPECT_EQ(motion_bucket(0.0625), 85);  // 255 / 3
  EXPECT_EQ(motion_bucket(0.375), 191);  // 255 * 3/4 = 191.25
  EXPECT_EQ(motion_bucket(1e9), 255);
  EXPECT_EQ(motion_bucket(HUGE_VAL), 255);
  int64_t before = 0;
  for (double speed = 0; speed < 20; speed += 0.001) {
    const int64_t bucket = motion_bucket(speed);
    ASSERT_GE(bucket, before);
    before = bucket;
  }
}

TEST(MakeGrey, KeepsSmallPicturesAndScalesLargeOnes) {
  const RgbImage image{.width = 2, .height = 1, .rgb = {255, 255, 255, 0, 255, 0}};
  const GreyImage grey = make_grey(image, 96);
  EXPECT_EQ(grey.grey, (std::vector<uint8_t>{255, 149}));  // 150 * 255 / 256, rounded
  const RgbImage large{.width = 300, .height = 100, .rgb = std::vector<uint8_t>(90000, 7)};
  EXPECT_EQ(make_grey(large, 96).width, 96);
  EXPECT_EQ(make_grey(large, 96).height, 32);
}

}  // namespace
}  // namespace sfv::data
