#include "sfv/data/clip_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/error_of.h"

namespace sfv::data {
namespace {

using Indices = std::vector<int64_t>;

std::vector<double> even_times(int64_t count, double fps, double unit = 0) {
  std::vector<double> starts;
  for (int64_t i = 0; i < count; ++i) {
    const double start = static_cast<double>(i) / fps;
    starts.push_back(unit > 0 ? std::round(start / unit) * unit : start);
  }
  return starts;
}

TEST(ClipFrameIndices, TakeTheFrameOnTheScreen) {
  // 25 to 7 frames per second: 25 k / 7 = 0, 3.57, 7.14, 10.71, 14.29, 17.86, 21.43, 25, rounded down; 17.86
  // is 5.7 ms before frame 18, so frame 18 counts as there.
  EXPECT_EQ(clip_frame_indices(even_times(30, 25), 0, {.frames = 8, .fps = 7}),
            (Indices{0, 3, 7, 10, 14, 18, 21, 25}));
  // 30 to 7, from frame 3 on (0.1 s): 3 + 30 k / 7 = 3, 7.29, 11.57, 15.86 (4.8 ms before 16).
  EXPECT_EQ(clip_frame_indices(even_times(40, 30), 0.1, {.frames = 4, .fps = 7}), (Indices{3, 7, 11, 16}));
}

TEST(ClipFrameIndices, RepeatFramesOfASlowerVideo) {
  EXPECT_EQ(clip_frame_indices(even_times(4, 2), 0, {.frames = 7, .fps = 5}), (Indices{0, 0, 0, 1, 1, 2, 2}));
}

TEST(ClipFrameIndices, FollowAVariableRate) {
  // Held from 0.2 to 1.0 s, then fast. Times 0, .25, .5, .75, 1, 1.25.
  const std::vector<double> starts = {0, 0.1, 0.2, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25};
  EXPECT_EQ(clip_frame_indices(starts, 0, {.frames = 6, .fps = 4}), (Indices{0, 2, 2, 2, 3, 8}));
}

TEST(ClipFrameIndices, TakeEveryFrameAtTheVideosOwnRateHoweverTimesAreRounded) {
  for (const double fps : {7.0, 12.0, 24.0, 25.0, 24000.0 / 1001, 30000.0 / 1001, 50.0}) {
    for (const double unit : {0.0, 1e-3, 1e-2}) {
      const std::vector<double> starts = even_times(300, fps, unit);
      for (const int64_t first : {0, 1, 5, 77}) {
        const Indices indices =
            clip_frame_indices(starts, static_cast<double>(first) / fps, {.frames = 200, .fps = fps});
        for (int64_t k = 0; k < 200; ++k)
          ASSERT_EQ(indices[static_cast<size_t>(k)], first + k) << fps << " " << unit;
      }
    }
  }
}

TEST(ClipFrameIndices, StayInsideTheVideo) {
  EXPECT_EQ(clip_frame_indices(even_times(3, 10), -1, {.frames = 2, .fps = 10}), (Indices{0, 0}));
  EXPECT_EQ(clip_frame_indices(even_times(3, 10), 9, {.frames = 2, .fps = 10}), (Indices{2, 2}));
}

TEST(ClipStarts, EndWhereTheLastFrameIsStillShown) {
  // 14 frames at 7 per second span 13/7 s = 1.857. A video of exactly 14 such frames has one start.
  const ClipTiming timing{.frames = 14, .fps = 7};
  EXPECT_DOUBLE_EQ(clip_span(timing), 13.0 / 7);
  const StartRange exact = clip_starts(even_times(14, 7), 0, 2, timing);
  EXPECT_EQ(exact.from, 0);
  EXPECT_EQ(exact.count, 1);
  EXPECT_EQ(clip_starts(even_times(13, 7), 0, 13.0 / 7, timing).count, 0);
  EXPECT_EQ(clip_starts(even_times(20, 7), 0, 20.0 / 7, timing).count, 7);
  // 100 frames at 25: starts before 4 - 1.857 - 0.006 = 2.137, that is frames 0 to 53.
  EXPECT_EQ(clip_starts(even_times(100, 25), 0, 4, timing).count, 54);
}

TEST(ClipStarts, KeepToThePartAskedFor) {
  // From 1 s (frame 25) to 3.5 s: starts before 3.5 - 1.863 = 1.637, frames 25 to 40.
  const StartRange range = clip_starts(even_times(100, 25), 1, 3.5, {.frames = 14, .fps = 7});
  EXPECT_EQ(range.from, 25);
  EXPECT_EQ(range.count, 16);
  EXPECT_EQ(clip_starts(even_times(100, 25), 3, 4, {.frames = 14, .fps = 7}).count, 0);
}

TEST(ClipStarts, GiveClipsThatDoNotRepeatTheLastFrame) {
  const ClipTiming timing{.frames = 5, .fps = 10};
  const std::vector<double> starts = even_times(37, 10);
  const StartRange range = clip_starts(starts, 0, 3.7, timing);
  EXPECT_EQ(range.count, 33);
  const double last = starts[static_cast<size_t>(range.from + range.count - 1)];
  EXPECT_EQ(clip_frame_indices(starts, last, timing), (Indices{32, 33, 34, 35, 36}));
}

TEST(ClipIndex, RefusesImpossibleTimings) {
  const std::vector<double> starts = {0};
  for (const ClipTiming& timing :
       {ClipTiming{.frames = 0, .fps = 7}, ClipTiming{.frames = 1'000'001, .fps = 7},
        ClipTiming{.frames = 2, .fps = 0}, ClipTiming{.frames = 2, .fps = -1},
        ClipTiming{.frames = 2, .fps = HUGE_VAL}, ClipTiming{.frames = 2, .fps = NAN}}) {
    EXPECT_EQ(error_of([&] { (void)clip_frame_indices(starts, 0, timing); }).code(),
              ErrorCode::kInvalidArgument);
    EXPECT_EQ(error_of([&] { (void)clip_starts(starts, 0, 1, timing); }).code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(error_of([] { (void)clip_frame_indices({}, 0, {}); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::data
