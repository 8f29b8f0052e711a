#include "sfv/io/clip_grid.h"

#include <gtest/gtest.h>

#include "tests/error_of.h"

namespace sfv::io {
namespace {

/// A clip whose frame i has the grey first + i everywhere.
Clip grey_clip(int64_t width, int64_t height, int64_t count, uint8_t first) {
  Clip clip;
  clip.fps = 5;
  for (int64_t i = 0; i < count; ++i) {
    clip.frames.push_back(
        {width, height,
         std::vector<uint8_t>(static_cast<size_t>(width * height * 3), static_cast<uint8_t>(first + i))});
  }
  return clip;
}

int grey_at(const RgbImage& image, int64_t x, int64_t y) {
  return image.rgb.at(static_cast<size_t>((y * image.width + x) * 3));
}

TEST(ClipGrid, PlaysClipsSideBySideInRows) {
  const std::vector<Clip> clips = {grey_clip(10, 6, 3, 100), grey_clip(10, 6, 2, 150),
                                   grey_clip(8, 6, 1, 200)};
  const Clip grid = make_clip_grid(clips, {.columns = 2, .gap = 2, .background = 7});
  ASSERT_EQ(grid.frames.size(), 3U);
  EXPECT_EQ(grid.fps, 5);
  const RgbImage& last = grid.frames[2];
  EXPECT_EQ(last.width, 2 + 12 + 12);
  EXPECT_EQ(last.height, 2 + 8 + 8);
  EXPECT_EQ(grey_at(last, 2, 2), 102);
  EXPECT_EQ(grey_at(last, 11, 7), 102);
  EXPECT_EQ(grey_at(last, 12, 2), 7);    // the gap
  EXPECT_EQ(grey_at(last, 14, 2), 151);  // ended: stays on its last frame
  EXPECT_EQ(grey_at(last, 2, 10), 200);
  EXPECT_EQ(grey_at(last, 10, 10), 7);  // narrower than its cell
  EXPECT_EQ(grey_at(last, 14, 10), 7);  // an empty cell
}

TEST(ClipGrid, IsAboutSquareUnlessTold) {
  const std::vector<Clip> clips(5, grey_clip(4, 4, 1, 1));
  const Clip grid = make_clip_grid(clips, {.gap = 0});
  EXPECT_EQ(grid.frames[0].width, 12);
  EXPECT_EQ(grid.frames[0].height, 8);
  EXPECT_EQ(make_clip_grid(clips, {.columns = 99, .gap = 0}).frames[0].width, 20);
}

TEST(ClipGrid, CaptionsStandAboveTheirClipAndInsideTheirCell) {
  const std::vector<Clip> clips(2, grey_clip(40, 8, 1, 100));
  const Clip grid = make_clip_grid(
      clips, {.columns = 2, .gap = 10, .background = 0, .captions = {"a caption that is too long", "b"}});
  const RgbImage& frame = grid.frames[0];
  EXPECT_EQ(frame.height, 10 + 18 + 8 + 10);
  bool has_text = false;
  for (int64_t y = 10; y < 28; ++y) {
    for (int64_t x = 10; x < 50; ++x) has_text = has_text || grey_at(frame, x, y) > 0;
    for (int64_t x = 50; x < 60; ++x) EXPECT_EQ(grey_at(frame, x, y), 0);  // cut at its cell
  }
  EXPECT_TRUE(has_text);
  EXPECT_EQ(grey_at(frame, 10, 28), 100);
}

TEST(ClipGrid, RefusesWhatItCannotLayOut) {
  const std::vector<Clip> one = {grey_clip(4, 4, 1, 1)};
  const auto code_of = [](std::span<const Clip> clips, const ClipGridOptions& options) {
    return error_of([&] { (void)make_clip_grid(clips, options); }).code();
  };
  EXPECT_EQ(code_of({}, {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(std::vector<Clip>(1), {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(one, {.gap = -1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(one, {.columns = -1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(one, {.captions = {"a", "b"}}), ErrorCode::kInvalidArgument);
  std::vector<Clip> uneven = one;
  uneven[0].frames.push_back({2, 2, std::vector<uint8_t>(12)});
  EXPECT_EQ(code_of(uneven, {}), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::io
