#include "sfv/io/video_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "sfv/io/video_reader.h"
#include "sfv/io/video_writer.h"
#include "tests/error_of.h"
#include "tests/io/video_clips.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

/// Makes `output` with the ffmpeg program. False where there is none.
bool run_ffmpeg(const std::string& arguments, const std::filesystem::path& output) {
  return std::system(
             ("ffmpeg -v error -y " + arguments + " '" + output.string() + "' 2>/dev/null").c_str()) == 0;
}

std::vector<int64_t> numbers_below(size_t count) {
  std::vector<int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// Every frame alone, every pair some way apart, and all at once are those that read_video gives.
void expect_same_as_whole(const std::filesystem::path& path) {
  const Clip whole = read_video(path);
  const VideoTimes times = scan_video_times(path);
  ASSERT_EQ(times.starts.size(), whole.frames.size()) << path;
  EXPECT_EQ(times.starts[0], 0) << path;
  EXPECT_TRUE(std::is_sorted(times.starts.begin(), times.starts.end())) << path;
  EXPECT_GT(times.end, times.starts.back()) << path;
  EXPECT_FALSE(times.is_cut) << path;
  EXPECT_TRUE(read_video_frames(path, times, numbers_below(whole.frames.size())).frames == whole.frames)
      << path;
  const auto count = static_cast<int64_t>(whole.frames.size());
  for (int64_t i = 0; i < count; i += 1 + count / 12) {
    const int64_t later = std::min(i + 5, count - 1);
    const Clip read = read_video_frames(path, times, std::vector<int64_t>{i, i, later});
    ASSERT_EQ(read.frames.size(), 3U) << path;
    EXPECT_TRUE(read.frames[0] == whole.frames[static_cast<size_t>(i)]) << path << " frame " << i;
    EXPECT_TRUE(read.frames[1] == read.frames[0]);
    EXPECT_TRUE(read.frames[2] == whole.frames[static_cast<size_t>(later)]) << path << " frame " << later;
  }
}

TEST(VideoTimes, OfOurOwnFilesAreEven) {
  const TestFolder folder;
  const Clip clip = make_moving_clip(32, 24, 9);
  for (const char* name : {"a.mp4", "a.webm", "a.mkv", "a.gif", "a.webp"}) {
    const auto path = folder.path() / name;
    write_video(clip, path, {});
    const VideoTimes times = scan_video_times(path);
    ASSERT_EQ(times.starts.size(), 9U) << name;
    // GIF rounds to 1/100 s, the others to 1/1000 s or less.
    for (size_t i = 0; i < 9; ++i)
      EXPECT_NEAR(times.starts[i], static_cast<double>(i) / 7, 0.0051) << name << i;
    EXPECT_NEAR(times.end, 9.0 / 7, 0.0051) << name;
    expect_same_as_whole(path);
  }
}

TEST(VideoTimes, KeepAVariableRate) {
  const TestFolder folder;
  for (const char* name : {"a.mkv", "a.mp4"}) {
    const auto path = folder.path() / name;
    // 10 a second, without frames 5 to 9.
    if (!run_ffmpeg("-f lavfi -i testsrc=r=10:d=1.3:s=64x48 -vf \"select='lt(n,5)+gt(n,9)'\" -vsync vfr",
                    path)) {
      GTEST_SKIP() << "needs the ffmpeg program";
    }
    const VideoTimes times = scan_video_times(path);
    const std::vector<double> expected = {0, .1, .2, .3, .4, 1.0, 1.1, 1.2};
    EXPECT_THAT(times.starts, testing::Pointwise(testing::DoubleNear(1e-3), expected)) << name;
    EXPECT_NEAR(times.end, 1.3, 0.05) << name;
    expect_same_as_whole(path);
  }
}

TEST(VideoFrames, AreExactWithKeyFramesBFramesAndWithoutTimeStamps) {
  const TestFolder folder;
  struct Case {
    const char* name;
    const char* codec;
  };
  for (const Case& c :
       {Case{"closed.mp4", "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p"},
        Case{"open.mp4", "-c:v libx264 -g 12 -bf 3 -x264-params open-gop=1 -pix_fmt yuv420p"},
        Case{"open.mkv", "-c:v libx264 -g 12 -bf 3 -x264-params open-gop=1 -pix_fmt yuv420p"},
        Case{"refresh.mkv", "-c:v libx264 -g 12 -intra-refresh 1 -pix_fmt yuv420p"},
        Case{"part4.avi", "-c:v mpeg4 -g 12 -bf 2"}, Case{"stream.ts", "-c:v mpeg2video -g 12 -bf 2"},
        Case{"raw.h264", "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p"}}) {
    const auto path = folder.path() / c.name;
    if (!run_ffmpeg(std::string("-f lavfi -i testsrc=r=25:d=3:s=96x64 ") + c.codec, path)) {
      GTEST_SKIP() << "needs the ffmpeg program";
    }
    expect_same_as_whole(path);
  }
}

TEST(VideoFrames, FollowARotation) {
  const TestFolder folder;
  write_video(make_moving_clip(64, 32, 4), folder.path() / "a.mp4", {});
  const auto rotated = folder.path() / "b.mp4";
  if (!run_ffmpeg("-i '" + (folder.path() / "a.mp4").string() + "' -c copy -metadata:s:v rotate=90",
                  rotated)) {
    GTEST_SKIP() << "needs the ffmpeg program";
  }
  const Clip read = read_video_frames(rotated, scan_video_times(rotated), std::vector<int64_t>{2});
  EXPECT_EQ(read.frames[0].width, 32);
  EXPECT_EQ(read.frames[0].height, 64);
  expect_same_as_whole(rotated);
}

TEST(VideoTimes, SayThatAFileWasCut) {
  const TestFolder folder;
  write_video(make_noise_clip(48, 48, 20), folder.path() / "a.mp4", {});
  const std::string bytes = read_text(folder.path() / "a.mp4");
  const auto cut = folder.file("cut.mp4", bytes.substr(0, bytes.size() / 2));
  const VideoTimes times = scan_video_times(cut);
  EXPECT_TRUE(times.is_cut);
  EXPECT_LT(times.starts.size(), 20U);
  EXPECT_EQ(read_video_frames(cut, times, std::vector<int64_t>{0, 3}).frames.size(), 2U);
}

TEST(VideoFrames, NameADamagedFrame) {
  const TestFolder folder;
  const auto path = folder.path() / "a.mp4";
  write_video(make_noise_clip(48, 48, 12), path, {});
  std::string bytes = read_text(path);
  const size_t inside = bytes.size() * 11 / 24;  // behind the index and the first frames
  for (size_t i = inside; i < inside + 2000; ++i) bytes.at(i) = static_cast<char>(~bytes[i]);
  const auto bad = folder.file("bad.mp4", bytes);
  const VideoTimes times = scan_video_times(bad);
  ASSERT_EQ(times.starts.size(), 12U);
  EXPECT_NO_THROW((void)read_video_frames(bad, times, std::vector<int64_t>{0}));
  const Error error = error_of([&] { (void)read_video_frames(bad, times, numbers_below(12)); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), testing::HasSubstr(bad.string()));
}

TEST(VideoFrames, RefuseNumbersThatAreNotThere) {
  const TestFolder folder;
  const auto path = folder.path() / "a.mkv";
  write_video(make_moving_clip(16, 16, 3), path, {});
  const VideoTimes times = scan_video_times(path);
  for (const std::vector<int64_t>& numbers :
       {std::vector<int64_t>{}, {3}, {-1}, {1, 0}, {0, int64_t{1} << 62}}) {
    EXPECT_EQ(error_of([&] { (void)read_video_frames(path, times, numbers); }).code(),
              ErrorCode::kInvalidArgument);
  }
}

TEST(VideoTimes, RefusePicturesAndWhatIsNotThere) {
  const TestFolder folder;
  EXPECT_EQ(error_of([&] { (void)scan_video_times(folder.path()); }).code(), ErrorCode::kUnsupported);
  EXPECT_EQ(error_of([&] { (void)scan_video_times(folder.path() / "none.mp4"); }).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { (void)scan_video_times(folder.file("a.mp4", "text")); }).code(),
            ErrorCode::kInvalidFile);
}

/// Files with a few bytes changed or cut off: an Error or the frames asked for, never a crash.
class HostileTimes : public testing::TestWithParam<const char*> {};

TEST_P(HostileTimes, AreRefusedOrRead) {
  const TestFolder folder;
  const auto good = folder.path() / GetParam();
  write_video(make_moving_clip(32, 24, 6), good, {});
  const std::string bytes = read_text(good);
  const std::string name = "bad" + good.extension().string();
  uint32_t state = 11;
  const auto random = [&state](size_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % below;
  };
  int read = 0;
  int refused = 0;
  for (int i = 0; i < 120; ++i) {
    std::string changed = bytes;
    if (i % 3 == 0) changed.resize(random(changed.size()));
    const size_t range = i % 2 == 0 ? std::min<size_t>(changed.size(), 900) : changed.size();
    for (size_t k = 0; range > 0 && k < 1 + random(4); ++k)
      changed[random(range)] = static_cast<char>(random(256));
    const auto bad = folder.file(name, changed);
    try {
      const VideoTimes times = scan_video_times(bad);
      const auto last = static_cast<int64_t>(times.starts.size()) - 1;
      const Clip clip = read_video_frames(bad, times, std::vector<int64_t>{0, last / 2, last});
      EXPECT_EQ(clip.frames.size(), 3U);
      ++read;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(read, 5);
  EXPECT_GT(refused, 5);
}

INSTANTIATE_TEST_SUITE_P(Video, HostileTimes, testing::Values("a.mp4", "a.webm", "a.mkv", "a.gif", "a.webp"),
                         [](const auto& test) { return "Case" + std::to_string(test.index); });

}  // namespace
}  // namespace sfv::io
