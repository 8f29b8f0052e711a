#include "sfv/data/video_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sfv/data/photo_backgrounds.h"
#include "sfv/data/prefetch_loader.h"
#include "sfv/data/video_item.h"
#include "sfv/io/image.h"
#include "sfv/io/resize.h"
#include "sfv/io/video_writer.h"
#include "tests/error_of.h"
#include "tests/io/video_clips.h"
#include "tests/temporary_folder.h"

namespace sfv::data {
namespace {

namespace fs = std::filesystem;

/// Frame i has the level 5 i everywhere: which frames a clip is made of can be read off.
Clip numbered_clip(int64_t frames, double fps) {
  Clip clip{.frames = {}, .fps = fps};
  for (int64_t i = 0; i < frames; ++i) {
    const auto level = static_cast<uint8_t>(5 * i);
    clip.frames.push_back(io::make_plain_image(24, 16, {level, level, level}));
  }
  return clip;
}

std::vector<int64_t> frame_numbers(const Clip& clip) {
  std::vector<int64_t> numbers;
  for (const RgbImage& frame : clip.frames) numbers.push_back(frame.rgb[0] / 5);
  return numbers;
}

class VideoSources : public testing::Test {
 protected:
  fs::path write(const std::string& name, const Clip& clip) const {
    io::write_video(clip, folder_.path() / name, {});
    return folder_.path() / name;
  }
  static VideoSourceOptions options(int64_t frames, double fps) {
    VideoSourceOptions options;
    options.timing = {.frames = frames, .fps = fps};
    options.transform = {.width = 16, .height = 16};
    return options;
  }
  TestFolder folder_;
};

TEST_F(VideoSources, CutClipsByTheFormula) {
  // 25 to 7 frames per second, from frame 0: 0, 3.57, 7.14, 10.71, rounded down.
  VideoSourceOptions fixed = options(4, 7);
  fixed.random_start = false;
  for (const char* name : {"a.mkv", "frames"}) {
    ClipItem item{.path = write(name, numbered_clip(30, 25))};
    if (fs::is_directory(item.path)) item.fps = 25;
    const VideoSource source({item}, fixed);
    const TrainingClip clip = source.load(0, 1);
    EXPECT_EQ(frame_numbers(clip.clip), (std::vector<int64_t>{0, 3, 7, 10})) << name;
    EXPECT_EQ(clip.clip.fps, 7);
    EXPECT_EQ(clip.clip.frames[0].width, 16);
    EXPECT_EQ(source.name(0), item.path.string());
  }
}

TEST_F(VideoSources, AFrameFolderWithoutARateIsAtTheClipsRate) {
  VideoSourceOptions fixed = options(5, 7);
  fixed.random_start = false;
  const VideoSource source({{.path = write("frames", numbered_clip(6, 7))}}, fixed);
  EXPECT_EQ(frame_numbers(source.load(0, 1).clip), (std::vector<int64_t>{0, 1, 2, 3, 4}));
}

TEST_F(VideoSources, DrawStartsFromEveryPlaceThatFits) {
  // 12 frames, clips of 5: starts 0 to 7; from 2/10 s to 9/10 s: frames 2 to 4.
  const fs::path path = write("a.mkv", numbered_clip(12, 10));
  const VideoSource whole({{.path = path}}, options(5, 10));
  const VideoSource part({{.path = path, .start = .2, .end = .9}}, options(5, 10));
  std::set<int64_t> starts, part_starts;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const std::vector<int64_t> numbers = frame_numbers(whole.load(0, seed).clip);
    starts.insert(numbers[0]);
    for (int64_t k = 0; k < 5; ++k) ASSERT_EQ(numbers[static_cast<size_t>(k)], numbers[0] + k);
    ASSERT_EQ(frame_numbers(whole.load(0, seed).clip), numbers);
    part_starts.insert(frame_numbers(part.load(0, seed).clip)[0]);
  }
  EXPECT_EQ(starts, (std::set<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(part_starts, (std::set<int64_t>{2, 3, 4}));
}

TEST_F(VideoSources, MeasureMotionUnlessTheManifestSays) {
  const RgbImage still = io::make_noise_clip(48, 48, 1).frames[0];
  const Clip clip{.frames = std::vector<RgbImage>(6, still), .fps = 7};
  const fs::path path = write("a.mkv", clip);
  const VideoSource source({{.path = path}, {.path = path, .motion = 200}}, options(4, 7));
  EXPECT_EQ(source.load(0, 1).motion, 0);
  EXPECT_EQ(source.load(1, 1).motion, 200);
}

TEST_F(VideoSources, NameWhatCannotBeReadAndWhy) {
  const fs::path shorter = write("short.mkv", numbered_clip(4, 10));
  const fs::path gap = write("gap", numbered_clip(8, 10));
  fs::remove(gap / "003.png");
  const fs::path text = folder_.file("text.mp4", "no video");
  fs::create_directory(folder_.path() / "empty");
  const fs::path video = write("a.mkv", numbered_clip(8, 10));
  const VideoSource source({{.path = shorter},
                            {.path = gap},
                            {.path = text},
                            {.path = folder_.path() / "none.mp4"},
                            {.path = folder_.path() / "empty"},
                            {.path = video, .fps = 10},
                            {.path = video, .start = 100}},
                           options(5, 10));
  const char* reasons[] = {"too short",  "one missing", "not a video", "none.mp4",
                           "found none", "\"fps\"",     "too short"};
  for (int64_t item = 0; item < source.size(); ++item) {
    const Error error = error_of([&] { (void)source.load(item, 0); });
    EXPECT_TRUE(error.code() == ErrorCode::kInvalidFile || error.code() == ErrorCode::kNotFound) << item;
    EXPECT_THAT(error.what(), testing::HasSubstr(source.name(item)));
    EXPECT_THAT(error.what(), testing::HasSubstr(reasons[item]));
  }
}

TEST_F(VideoSources, AreLoadedByManyThreadsWithBrokenFilesSkipped) {
  std::vector<ClipItem> items;
  for (int i = 0; i < 5; ++i)
    items.push_back({.path = write("v" + std::to_string(i) + ".mkv", numbered_clip(9 + i, 10))});
  items.push_back({.path = folder_.file("broken.mp4", "no video")});
  VideoSourceOptions all = options(4, 10);
  all.transform.crop = CropPlace::kRandom;
  all.transform.flips = true;
  const VideoSource source(items, all);
  const SampleOrder order(source.size(), 3);
  const auto take = [&](int64_t threads) {
    int64_t skipped = 0;
    PrefetchLoader loader(source, order, {.threads = threads, .on_skip = [&](const SkippedItem& item) {
                                            EXPECT_THAT(item.name, testing::HasSubstr("broken.mp4"));
                                            ++skipped;
                                          }});
    std::vector<std::vector<RgbImage>> clips;
    for (int i = 0; i < 18; ++i) clips.push_back(loader.next().clip.clip.frames);
    EXPECT_GE(skipped, 3);  // once in each epoch at least
    return clips;
  };
  EXPECT_EQ(take(1), take(3));
}

TEST_F(VideoSources, RefuseImpossibleOptions) {
  EXPECT_EQ(error_of([&] { VideoSource({}, options(4, 7)); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { VideoSource({{.path = "a"}}, options(0, 7)); }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { VideoSource({{.path = "a"}}, options(4, 0)); }).code(),
            ErrorCode::kInvalidArgument);
  VideoSourceOptions flat = options(4, 7);
  flat.transform.height = 0;
  EXPECT_EQ(error_of([&] { VideoSource({{.path = "a"}}, flat); }).code(), ErrorCode::kInvalidArgument);
  const VideoSource one({{.path = "a"}}, options(4, 7));
  EXPECT_EQ(error_of([&] { (void)one.load(1, 0); }).code(), ErrorCode::kInvalidArgument);
}

TEST_F(VideoSources, FramesOfAFolderMustBeOfOneSize) {
  const fs::path folder = write("frames", numbered_clip(5, 7));
  io::save_png(io::make_plain_image(24, 17, {1, 2, 3}), folder / "002.png");
  const VideoSource source({{.path = folder}}, options(5, 7));
  const Error error = error_of([&] { (void)source.load(0, 0); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), testing::HasSubstr("24x17"));
}

TEST_F(VideoSources, PhotosAreScaledToCover) {
  const RgbImage photo = io::make_moving_clip(60, 40, 1).frames[0];
  io::save_png(photo, folder_.path() / "p2.png");
  io::save_png(photo, folder_.path() / "p10.png");
  const std::vector<fs::path> photos = list_photos(folder_.path());
  EXPECT_EQ(photos, (std::vector<fs::path>{folder_.path() / "p2.png", folder_.path() / "p10.png"}));
  const PhotoBackgrounds backgrounds(photos);
  EXPECT_EQ(backgrounds.size(), 2);
  EXPECT_EQ(*backgrounds.load(0, 20, 10), io::resize_lanczos(photo, 30, 20));
  EXPECT_EQ(*backgrounds.load(1, 20, 45), io::resize_lanczos(photo, 45, 30));
  EXPECT_EQ(*backgrounds.load(1, 20, 45), io::resize_lanczos(photo, 45, 30));
  EXPECT_EQ(error_of([&] { (void)backgrounds.load(2, 20, 10); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([] { PhotoBackgrounds({}); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { (void)list_photos(folder_.path() / "none"); }).code(), ErrorCode::kNotFound);
  fs::create_directory(folder_.path() / "empty");
  EXPECT_EQ(error_of([&] { (void)list_photos(folder_.path() / "empty"); }).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sfv::data
