#include "sfv/core/clip_motion.h"

#include <gtest/gtest.h>

#include "tests/error_of.h"

namespace sfv {
namespace {

RgbImage grey(uint8_t level, int64_t width = 2) {
  return {.width = width, .height = 1, .rgb = std::vector<uint8_t>(static_cast<size_t>(width * 3), level)};
}

TEST(MeanFrameDifference, IsTheMeanOverConsecutivePairs) {
  // |10-4| and |10-20|: not |4-20|.
  EXPECT_DOUBLE_EQ(mean_frame_difference({.frames = {grey(4), grey(10), grey(20)}}), 8);
}

TEST(MeanFrameDifference, IsTheMeanOverPixelsAndChannels) {
  RgbImage changed = grey(100);
  changed.rgb[4] = 103;  // one of 6 values, by 3 levels
  EXPECT_DOUBLE_EQ(mean_frame_difference({.frames = {grey(100), changed}}), 0.5);
}

TEST(MeanFrameDifference, IsZeroWithoutASecondFrame) {
  EXPECT_EQ(mean_frame_difference({}), 0);
  EXPECT_EQ(mean_frame_difference({.frames = {grey(9)}}), 0);
}

TEST(MeanFrameDifference, RefusesFramesOfDifferentSizes) {
  const Clip clip{.frames = {grey(1), grey(1, 3)}};
  EXPECT_EQ(error_of([&] { (void)mean_frame_difference(clip); }).code(), ErrorCode::kInvalidArgument);
}

TEST(IsStatic, AllowsTwoLevelsInEveryFrame) {
  EXPECT_TRUE(is_static({.frames = {grey(50), grey(52), grey(48)}}, grey(50)));
  EXPECT_FALSE(is_static({.frames = {grey(50), grey(53)}}, grey(50)));
}

TEST(IsStatic, IsFalseForAClipThatDriftsAwayFromThePhoto) {
  // Each step is within 2 levels; the end is not.
  EXPECT_FALSE(is_static({.frames = {grey(50), grey(52), grey(54)}}, grey(50)));
}

TEST(IsStatic, IsFalseForAnEmptyClip) {
  EXPECT_FALSE(is_static({}, grey(1)));
}

TEST(IsStatic, RefusesAPhotoOfAnotherSize) {
  const Clip clip{.frames = {grey(1)}};
  EXPECT_EQ(error_of([&] { (void)is_static(clip, grey(1, 3)); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv
