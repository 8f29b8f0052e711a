#include "sfv/data/clip_transform.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "sfv/io/resize.h"
#include "tests/error_of.h"

namespace sfv::data {
namespace {

/// Each pixel tells its place: red = x, green = y, blue = frame.
Clip placed_clip(int64_t width, int64_t height, int64_t frames) {
  Clip clip;
  for (int64_t i = 0; i < frames; ++i) {
    RgbImage image{.width = width, .height = height, .rgb = {}};
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        for (const int64_t value : {x, y, i}) image.rgb.push_back(static_cast<uint8_t>(value));
      }
    }
    clip.frames.push_back(std::move(image));
  }
  clip.fps = 5;
  return clip;
}

TEST(TransformClip, CutsTheCenterAsFitCropDoes) {
  const Clip clip = placed_clip(50, 30, 3);
  const Clip cut = transform_clip(clip, {.width = 16, .height = 16}, 1);
  ASSERT_EQ(cut.frames.size(), 3U);
  EXPECT_EQ(cut.fps, 5);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(cut.frames[i], io::fit_crop(clip.frames[i], 16, 16));
}

TEST(TransformClip, DrawsOneCutForAllFramesAndEveryPlaceOften) {
  const Clip clip = placed_clip(20, 16, 2);
  std::map<int64_t, int> lefts;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const Clip cut = transform_clip(clip, {.width = 16, .height = 16, .crop = CropPlace::kRandom}, seed);
    const int64_t left = cut.frames[0].rgb[0];
    ++lefts[left];
    for (int64_t x = 0; x < 16; ++x) ASSERT_EQ(cut.frames[1].rgb[static_cast<size_t>(x * 3)], left + x);
    EXPECT_EQ(cut.frames[1].rgb[2], 1);
  }
  ASSERT_EQ(lefts.size(), 5U);  // 0 … 4
  for (const auto& [left, count] : lefts) EXPECT_NEAR(count, 200, 60) << left;
}

TEST(TransformClip, MirrorsAboutHalfOfTheClipsIfAsked) {
  const Clip clip = placed_clip(16, 16, 2);
  int mirrored = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Clip cut = transform_clip(clip, {.width = 16, .height = 16, .flips = true}, seed);
    const bool is_mirrored = cut.frames[0].rgb[0] == 15;
    mirrored += is_mirrored ? 1 : 0;
    for (size_t i = 0; i < 2; ++i)
      ASSERT_EQ(cut.frames[i], is_mirrored ? flip_horizontally(clip.frames[i]) : clip.frames[i]);
    EXPECT_EQ(transform_clip(clip, {.width = 16, .height = 16}, seed).frames[0], clip.frames[0]);
  }
  EXPECT_NEAR(mirrored, 200, 45);
}

TEST(TransformClip, DependsOnTheSeedOnly) {
  const Clip clip = placed_clip(60, 40, 2);
  const ClipTransform transform{.width = 16, .height = 16, .crop = CropPlace::kRandom, .flips = true};
  EXPECT_EQ(transform_clip(clip, transform, 5).frames, transform_clip(clip, transform, 5).frames);
}

TEST(FlipHorizontally, TurnsRowsAround) {
  const RgbImage image{.width = 2, .height = 2, .rgb = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  EXPECT_EQ(flip_horizontally(image).rgb, (std::vector<uint8_t>{4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9}));
}

TEST(TransformClip, RefusesFramesOfDifferentSizesAndImpossibleTargets) {
  Clip clip = placed_clip(20, 20, 1);
  clip.frames.push_back(placed_clip(20, 21, 1).frames[0]);
  EXPECT_EQ(error_of([&] { (void)transform_clip(clip, {.width = 8, .height = 8}, 0); }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      error_of([&] { (void)transform_clip(placed_clip(8, 8, 1), {.width = 0, .height = 8}, 0); }).code(),
      ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::data
