#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_rate.h"
#include "sfv/io/video_writer.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

TEST(VideoFormat, FollowsTheEnding) {
  EXPECT_EQ(video_format("a/b.mp4"), VideoFormat::kMp4);
  EXPECT_EQ(video_format("B.MP4"), VideoFormat::kMp4);
  EXPECT_EQ(video_format("b.webm"), VideoFormat::kWebm);
  EXPECT_EQ(video_format("b.gif"), VideoFormat::kGif);
  EXPECT_EQ(video_format("b.webp"), VideoFormat::kWebp);
  EXPECT_EQ(video_format("b.mkv"), VideoFormat::kMkv);
  EXPECT_EQ(video_format("b%03d.mp4"), VideoFormat::kMp4);
}

TEST(VideoFormat, KnowsPatternsAndFolders) {
  for (const char* name : {"a/walk_%03d.png", "%d.png", "walk%04d_x.png", "out/frames", "frames/"}) {
    EXPECT_EQ(video_format(name), VideoFormat::kPngFrames) << name;
  }
}

TEST(VideoFormat, RefusesOtherNamesAndListsTheEndings) {
  for (const char* name : {"", "a.avi", "a.png", "a.mp4.txt", "%03x.png", "%03d_%03d.png", "100%.png",
                           "%0d.png", "v1.5", "%-3d.png", "%s.png", "%n.png"}) {
    EXPECT_EQ(error_of([&] { (void)video_format(name); }).code(), ErrorCode::kUnsupported) << name;
  }
  const std::string message = error_of([] { (void)video_format("a.avi"); }).what();
  EXPECT_NE(message.find("a.avi"), std::string::npos);
  EXPECT_NE(message.find(".webm"), std::string::npos);
}

TEST(FrameNames, FillWithZerosUpToTheWidth) {
  const FrameNames names("out/walk_%03d.png");
  EXPECT_EQ(names.folder(), "out");
  EXPECT_EQ(names.name(7), "walk_007.png");
  EXPECT_EQ(names.name(1234), "walk_1234.png");
  EXPECT_EQ(FrameNames("%d.png").name(7), "7.png");
  EXPECT_EQ(FrameNames("out").name(0), "000.png");
}

TEST(FrameNames, RecogniseOnlyTheirOwnNames) {
  const FrameNames names("walk_%03d.png");
  EXPECT_EQ(names.number("walk_012.png"), 12);
  EXPECT_EQ(names.number("walk_1000.png"), 1000);
  for (const char* name : {"walk_12.png", "walk_0012.png", "walk_.png", "walk_0x1.png", "run_012.png",
                           "walk_012.jpg", "walk_-12.png", "walk_99999999999999999999.png"}) {
    EXPECT_FALSE(names.number(name).has_value()) << name;
  }
}

TEST(FrameNames, FindWhatExistsInNumberOrder) {
  const TestFolder folder;
  (void)folder.file("1000.png", "");
  (void)folder.file("002.png", "");
  (void)folder.file("notes.txt", "");
  const auto found = FrameNames(folder.path()).existing();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.begin()->first, 2);
  EXPECT_EQ(found.rbegin()->second, folder.path() / "1000.png");
  EXPECT_TRUE(FrameNames(folder.path() / "nothing" / "%d.png").existing().empty());
}

TEST(FrameRate, IsTheExactFraction) {
  EXPECT_EQ(frame_rate(7, "x").numerator, 7);
  EXPECT_EQ(frame_rate(24000.0 / 1001, "x").numerator, 24000);
  EXPECT_EQ(frame_rate(24000.0 / 1001, "x").denominator, 1001);
  EXPECT_EQ(frame_rate(0.5, "x").denominator, 2);
}

TEST(FrameRate, RefusesWhatNoVideoHas) {
  for (const double fps :
       {0.0, -7.0, 1001.0, 1e-12, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    EXPECT_EQ(error_of([&] { (void)frame_rate(fps, "x"); }).code(), ErrorCode::kInvalidArgument) << fps;
  }
}

TEST(FrameStart, DoesNotDrift) {
  // 7 frames a second in 1/100 s: 14 or 15 each, exact again after every second.
  EXPECT_EQ(frame_start(1, 7, 100), 14);
  EXPECT_EQ(frame_start(2, 7, 100), 29);
  EXPECT_EQ(frame_start(7000, 7, 100), 100000);
}

TEST(RateFromTimes, FindsTheRateBehindRoundedTimes) {
  for (const double fps : {1.0, 7.0, 12.0, 24.0, 30.0, 0.5}) {
    std::vector<int64_t> ends;
    for (int64_t i = 1; i <= 5; ++i) ends.push_back(frame_start(i, fps, 100));
    EXPECT_DOUBLE_EQ(rate_from_times(ends, 100), fps);
  }
  EXPECT_DOUBLE_EQ(rate_from_times(std::vector<int64_t>{10, 50}, 100), 4);  // uneven: frames over duration
  EXPECT_EQ(rate_from_times({}, 100), 0);
  EXPECT_EQ(rate_from_times(std::vector<int64_t>{0, 0}, 100), 0);
}

}  // namespace
}  // namespace sfv::io
