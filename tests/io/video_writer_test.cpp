#include "sfv/io/video_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string_view>
#include <thread>
#include <utility>

#include "sfv/io/image.h"
#include "sfv/io/video_encoder.h"
#include "sfv/io/video_metadata.h"
#include "sfv/io/video_reader.h"
#include "tests/error_of.h"
#include "tests/io/child_process.h"
#include "tests/io/video_clips.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

constexpr const char* kMetadata = R"({"seed": 42, "image": "Zoë \"1\".png"})";

/// Everything below a folder, by relative name, with its content.
std::map<std::string, std::string> snapshot(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files[entry.path().lexically_relative(folder).string()] =
        entry.is_directory() ? "" : read_text(entry.path());
  }
  return files;
}

/// Every promise that does not depend on the format. The parameter is the output's name.
class EveryFormat : public testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] std::filesystem::path output() const { return folder_.path() / GetParam(); }
  [[nodiscard]] bool is_lossless() const { return output().extension() == ".mkv" || frames(); }
  [[nodiscard]] bool frames() const { return video_format(output()) == VideoFormat::kPngFrames; }
  [[nodiscard]] bool pads() const {
    return output().extension() == ".mp4" || output().extension() == ".webm";
  }

  TestFolder folder_;
};

TEST_P(EveryFormat, ComesBackWithItsFramesRateAndMetadata) {
  const Clip clip = make_moving_clip(64, 48, 5);
  write_video(clip, output(), {.metadata = kMetadata});
  const VideoInfo info = probe_video(output());
  EXPECT_EQ(info.width, 64);
  EXPECT_EQ(info.height, 48);
  EXPECT_EQ(info.frames, 5);
  EXPECT_EQ(info.metadata, kMetadata);
  const Clip read = read_video(output());
  ASSERT_EQ(read.frames.size(), 5U);
  EXPECT_GT(psnr(read, clip), 30);
  EXPECT_EQ(read.frames == clip.frames, is_lossless());
  EXPECT_DOUBLE_EQ(read.fps, 7);
  EXPECT_DOUBLE_EQ(info.fps, frames() ? 0 : 7);
}

TEST_P(EveryFormat, KeepsEveryPixelOfOddSides) {
  const Clip clip = make_moving_clip(33, 21, 2);
  write_video(clip, output(), {.crf = 8});
  const Clip read = read_video(output());
  EXPECT_EQ(read.frames[0].width, pads() ? 34 : 33);
  EXPECT_EQ(read.frames[0].height, pads() ? 22 : 21);
  EXPECT_GT(psnr(read, clip), 28);
}

TEST_P(EveryFormat, WritesAndReadsASingleFrameOfFewPixels) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 4}, {5, 1}, {2, 2}, {2, 5}, {3, 3}, {4, 4}}) {
    const RgbImage image = make_plain_image(width, height, {200, 100, 50});
    const auto write = [&] { write_video({.frames = {image}}, output(), {.overwrite = true}); };
    if (output().extension() == ".mkv" && (width == 1 || height == 1)) {
      EXPECT_EQ(error_of(write).code(), ErrorCode::kUnsupported);
      continue;
    }
    write();
    const Clip read = read_video(output());
    ASSERT_EQ(read.frames.size(), 1U);
    for (size_t i = 0; i < image.rgb.size(); ++i) {
      ASSERT_NEAR(read.frames[0].rgb[i % 3], image.rgb[i], is_lossless() ? 0 : 8) << width << "x" << height;
    }
  }
}

TEST_P(EveryFormat, ReadsNoMoreFramesThanAsked) {
  write_video(make_moving_clip(32, 32, 6), output(), {});
  EXPECT_EQ(read_video(output(), 1).frames.size(), 1U);
  EXPECT_EQ(read_video(output(), 4).frames.size(), 4U);
}

TEST_P(EveryFormat, GivesTheSameBytesTwice) {
  const Clip clip = make_moving_clip(96, 64, 9);
  const VideoWriteOptions options{.metadata = kMetadata};
  std::filesystem::create_directory(folder_.path() / "a");
  std::filesystem::create_directory(folder_.path() / "b");
  write_video(clip, folder_.path() / "a" / GetParam(), options);
  write_video(clip, folder_.path() / "b" / GetParam(), options);
  EXPECT_EQ(snapshot(folder_.path() / "a"), snapshot(folder_.path() / "b"));
}

TEST_P(EveryFormat, RefusesAnExistingOutputAndNamesTheWayOut) {
  write_video(make_moving_clip(32, 32, 3), output(), {.metadata = "old"});
  const auto before = snapshot(folder_.path());
  const Error error =
      error_of([&] { write_video(make_moving_clip(48, 32, 2), output(), {.metadata = "new"}); });
  EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("--overwrite"), testing::HasSubstr("--resume"),
                                           testing::HasSubstr(folder_.path().string())));
  EXPECT_EQ(snapshot(folder_.path()), before);
}

TEST_P(EveryFormat, OverwritesWhenAskedAndLeavesNothingOfTheOldClip) {
  const Clip clip = make_moving_clip(48, 32, 2);
  write_video(make_moving_clip(32, 32, 5), output(), {.metadata = "old"});
  write_video(clip, output(), {.metadata = "new", .overwrite = true});
  EXPECT_EQ(probe_video(output()).frames, 2);
  EXPECT_EQ(probe_video(output()).metadata, "new");
  write_video(clip, output(), {.overwrite = true});
  EXPECT_EQ(probe_video(output()).metadata, "");
  const size_t files = frames() && !output().has_extension() ? 1 : frames() ? 2 : 1;
  EXPECT_EQ(folder_.count(), files);
}

TEST_P(EveryFormat, LeavesNothingWhenCancelled) {
  CancelToken cancel;
  cancel.cancel();
  const VideoWriteOptions options{.metadata = kMetadata, .thumbnail = folder_.path() / "thumb.png"};
  EXPECT_EQ(error_of([&] { write_video(make_moving_clip(32, 32, 3), output(), options, &cancel); }).code(),
            ErrorCode::kCancelled);
  EXPECT_EQ(folder_.count(), 0U);
}

TEST_P(EveryFormat, LeavesNothingWhenCancelledInTheMiddle) {
  CancelToken cancel;
  std::atomic<bool> ended{false};
  // The first thing that appears is the temporary file; by far not everything is written then.
  std::thread user([&] {
    while (folder_.count() == 0 && !ended) std::this_thread::yield();
    cancel.cancel();
  });
  const Error error = error_of([&] { write_video(make_noise_clip(160, 120, 60), output(), {}, &cancel); });
  ended = true;
  user.join();
  EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.what();
  EXPECT_EQ(folder_.count(), 0U);
}

TEST_P(EveryFormat, NamesAFolderThatMayNotBeWritten) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  EXPECT_TRUE(passes_as_ordinary_user([&] {
    const Error error = error_of([&] { write_video(make_moving_clip(16, 16, 1), output(), {}); });
    return error.code() == ErrorCode::kPermission &&
           std::string_view(error.what()).find(folder_.path().string()) != std::string_view::npos;
  }));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  EXPECT_EQ(folder_.count(), 0U);
}

TEST_P(EveryFormat, LeavesNothingOnAFullDisk) {
  // A limit on file sizes fails where a full disk does: in the middle of a write. 2 KB holds the beginnings.
  const Clip clip = make_noise_clip(256, 192, 4);
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {.rlim_cur = 2048, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Error error = error_of([&] { write_video(clip, output(), {.metadata = kMetadata}); });
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.code(), ErrorCode::kNoSpace) << error.what();
  EXPECT_THAT(error.what(), testing::HasSubstr(folder_.path().string()));
  EXPECT_EQ(folder_.count(), 0U);
}

TEST_P(EveryFormat, NamesAFolderThatDoesNotExist) {
  const auto path = folder_.path() / "nowhere" / GetParam();
  const Error error = error_of([&] { write_video(make_moving_clip(32, 32, 2), path, {}); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound) << error.what();
  EXPECT_THAT(error.what(), testing::HasSubstr("nowhere"));
}

TEST_P(EveryFormat, WritesTheFirstFrameAsThumbnail) {
  const Clip clip = make_moving_clip(32, 24, 2);
  const auto thumbnail = folder_.path() / "thumb.png";
  write_video(clip, output(), {.thumbnail = thumbnail});
  EXPECT_EQ(load_image(thumbnail), clip.frames[0]);
  const Error error =
      error_of([&] { write_video(clip, folder_.path() / "other.mp4", {.thumbnail = thumbnail}); });
  EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
}

TEST_P(EveryFormat, StoresAMebibyteOfMetadata) {
  const std::string metadata = "{\"x\": \"" + std::string(size_t{1} << 20, 'a') + "\"}";
  write_video(make_moving_clip(16, 16, 1), output(), {.metadata = metadata});
  EXPECT_EQ(probe_video(output()).metadata, metadata);
}

INSTANTIATE_TEST_SUITE_P(Video, EveryFormat,
                         testing::Values("clip.mp4", "clip.webm", "clip.gif", "clip.webp", "clip.mkv",
                                         "f_%03d.png", "frames", "a:b?c=d 'e'.mp4"),
                         [](const auto& test) { return "Case" + std::to_string(test.index); });

TEST(WriteVideo, RefusesAClipThatIsNone) {
  const TestFolder folder;
  const auto code = [&](const Clip& clip, VideoWriteOptions options = {}) {
    return error_of([&] { write_video(clip, folder.path() / "a.mp4", options); }).code();
  };
  EXPECT_EQ(code({}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.frames = {make_plain_image(4, 4, {1, 2, 3}), make_plain_image(4, 6, {1, 2, 3})}}),
            ErrorCode::kInvalidArgument);
  RgbImage short_of_bytes = make_plain_image(4, 4, {1, 2, 3});
  short_of_bytes.rgb.pop_back();
  EXPECT_EQ(code({.frames = {short_of_bytes}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.frames = {RgbImage{.width = int64_t{1} << 40, .height = int64_t{1} << 40, .rgb = {}}}}),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.frames = {make_plain_image(4, 4, {1, 2, 3})}, .fps = 0}), ErrorCode::kInvalidArgument);
  const Clip good{.frames = {make_plain_image(4, 4, {1, 2, 3})}};
  EXPECT_EQ(code(good, {.crf = 52}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.crf = -1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.metadata = std::string(1, '\0')}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.metadata = std::string(kMaxMetadataBytes + 1, 'x')}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.count(), 0U);
}

TEST(WriteVideo, RefusesAGifFasterThanPlayersShow) {
  const TestFolder folder;
  const Error error =
      error_of([&] { write_video(make_moving_clip(8, 8, 2, 60), folder.path() / "a.gif", {}); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.count(), 0U);
}

TEST(WriteVideo, KeepsFractionalRates) {
  const TestFolder folder;
  for (const char* name : {"a.mp4", "a.mkv", "a.webm"}) {
    write_video(make_moving_clip(16, 16, 12, 24000.0 / 1001), folder.path() / name, {});
    EXPECT_NEAR(read_video(folder.path() / name).fps, 24000.0 / 1001, 1e-6) << name;
  }
}

TEST(WriteVideo, LowerCrfIsCloserAndLarger) {
  const TestFolder folder;
  const Clip clip = make_noise_clip(96, 64, 4);
  for (const char* ending : {".mp4", ".webm"}) {
    const auto good = folder.path() / ("good" + std::string(ending));
    const auto poor = folder.path() / ("poor" + std::string(ending));
    write_video(clip, good, {.crf = 5});
    write_video(clip, poor, {.crf = 51});
    EXPECT_GT(std::filesystem::file_size(good), std::filesystem::file_size(poor)) << ending;
    EXPECT_GT(psnr(read_video(good), clip), psnr(read_video(poor), clip)) << ending;
  }
}

TEST(WriteVideo, CrfZeroIsWithoutCodecLoss) {
  // What is left is the rounding of YUV and the coarse chroma: none for grey pictures.
  Clip clip = make_moving_clip(64, 48, 3);
  for (RgbImage& frame : clip.frames) {
    for (size_t i = 0; i < frame.rgb.size(); i += 3) frame.rgb[i] = frame.rgb[i + 1] = frame.rgb[i + 2];
  }
  const TestFolder folder;
  for (const char* name : {"a.mp4", "a.webm"}) {
    write_video(clip, folder.path() / name, {.crf = 0});
    const Clip read = read_video(folder.path() / name);
    int worst = 0;
    for (size_t f = 0; f < clip.frames.size(); ++f) {
      for (size_t i = 0; i < clip.frames[f].rgb.size(); ++i) {
        worst = std::max(worst, std::abs(read.frames[f].rgb[i] - clip.frames[f].rgb[i]));
      }
    }
    EXPECT_LE(worst, 1) << name;
  }
}

TEST(WriteVideo, PureColoursComeBackWithinThreeLevels) {
  const TestFolder folder;
  for (const char* name : {"a.mp4", "a.webm", "b.mp4"}) {
    Clip clip;
    // Below and above the height where untagged video changes its matrix: tags must decide.
    const int64_t height = std::string_view(name) == "b.mp4" ? 720 : 64;
    for (const auto rgb : {std::initializer_list<uint8_t>{255, 0, 0},
                           {0, 255, 0},
                           {0, 0, 255},
                           {255, 255, 0},
                           {0, 255, 255},
                           {255, 0, 255},
                           {255, 255, 255},
                           {0, 0, 0},
                           {128, 128, 128},
                           {200, 30, 90}}) {
      clip.frames.push_back(make_plain_image(64, height, rgb));
    }
    write_video(clip, folder.path() / name, {.crf = 10, .overwrite = true});
    const Clip read = read_video(folder.path() / name);
    ASSERT_EQ(read.frames.size(), clip.frames.size());
    for (size_t i = 0; i < clip.frames.size(); ++i) {
      for (size_t c = 0; c < clip.frames[i].rgb.size(); ++c) {
        ASSERT_NEAR(read.frames[i].rgb[c], clip.frames[i].rgb[c], 3) << name << " colour " << i;
      }
    }
  }
}

TEST(WriteVideo, APhotoKeepsItsQuality) {
  const std::filesystem::path photo = std::filesystem::path(SFV_SHARED_DATA) / "images" / "kodim03.png";
  if (!std::filesystem::exists(photo)) GTEST_SKIP() << "needs " << photo;
  const Clip clip = make_photo_clip(load_image(photo), 320, 192, 8);
  const TestFolder folder;
  const std::map<std::string, double> least_psnr = {
      {"a.mp4", 38}, {"a.webm", 38}, {"a.webp", 35}, {"a.gif", 31}, {"a.mkv", INFINITY}};
  for (const auto& [name, least] : least_psnr) {
    write_video(clip, folder.path() / name, {});
    EXPECT_GE(psnr(read_video(folder.path() / name), clip), least) << name;
  }
}

TEST(WriteVideo, AGifKeepsASmallSaturatedSpotOnGrey) {
  // Grey that takes far more than a palette's 256 colours; a red and a blue disc, together 1 % of it.
  Clip clip = make_noise_clip(160, 120, 4);
  constexpr double kRadius = 5.5;
  const auto is_spot = [&](int64_t x, int64_t y, int64_t spot) {
    return std::hypot(static_cast<double>(x - (spot == 0 ? 40 : 110)), static_cast<double>(y - 60)) <=
           kRadius;
  };
  for (RgbImage& frame : clip.frames) {
    for (int64_t at = 0; at < frame.width * frame.height; ++at) {
      uint8_t* pixel = frame.rgb.data() + at * 3;
      const int64_t x = at % frame.width;
      const int64_t y = at / frame.width;
      for (int64_t c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>(x + y / 2 + pixel[c] / 10);
      if (is_spot(x, y, 0)) std::copy_n(std::to_array<uint8_t>({220, 20, 30}).data(), 3, pixel);
      if (is_spot(x, y, 1)) std::copy_n(std::to_array<uint8_t>({20, 40, 210}).data(), 3, pixel);
    }
  }
  const TestFolder folder;
  write_video(clip, folder.path() / "a.gif", {});
  const Clip read = read_video(folder.path() / "a.gif");
  for (size_t i = 0; i < clip.frames.size(); ++i) {
    for (int64_t at = 0; at < 160 * 120; ++at) {
      if (!is_spot(at % 160, at / 160, 0) && !is_spot(at % 160, at / 160, 1)) continue;
      for (int64_t c = 0; c < 3; ++c) {
        const auto byte = static_cast<size_t>(at * 3 + c);
        ASSERT_NEAR(read.frames[i].rgb[byte], clip.frames[i].rgb[byte], 12)
            << "frame " << i << " byte " << byte;
      }
    }
  }
}

TEST(WriteVideo, FillsAnExistingFolderAndKeepsOtherFiles) {
  const TestFolder folder;
  (void)folder.file("notes.txt", "mine");
  (void)folder.file("0000.png", "not a frame of ours");
  const Clip clip = make_moving_clip(16, 16, 3);
  write_video(clip, folder.path(), {});
  EXPECT_EQ(folder.count(), 5U);
  EXPECT_EQ(read_text(folder.path() / "notes.txt"), "mine");
  EXPECT_EQ(read_video(folder.path()).frames, clip.frames);
}

TEST(WriteVideo, AnyExistingFrameOfThePatternCounts) {
  const TestFolder folder;
  (void)folder.file("f_017.png", "");
  const auto path = folder.path() / "f_%03d.png";
  EXPECT_EQ(error_of([&] { write_video(make_moving_clip(8, 8, 2), path, {}); }).code(),
            ErrorCode::kAlreadyExists);
  write_video(make_moving_clip(8, 8, 2), path, {.overwrite = true});
  EXPECT_EQ(folder.count(), 2U);
}

TEST(WriteVideo, DoesNotReplaceAFileByAFolder) {
  const TestFolder folder;
  const auto file = folder.file("clip", "mine");
  const Error error = error_of([&] { write_video(make_moving_clip(8, 8, 2), file, {.overwrite = true}); });
  EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_text(file), "mine");
}

TEST(WriteVideo, KeepsTheOldFileWhenTheNewOneFails) {
  const TestFolder folder;
  const auto path = folder.path() / "a.gif";
  write_video(make_moving_clip(16, 16, 2), path, {.metadata = "old"});
  const auto before = snapshot(folder.path());
  const VideoWriteOptions options{.metadata = "new", .overwrite = true};
  EXPECT_THROW(write_video(make_moving_clip(16, 16, 2, 99), path, options), Error);
  EXPECT_EQ(snapshot(folder.path()), before);
}

TEST(WriteVideo, AForeignSidecarIsNotOverwritten) {
  const TestFolder folder;
  const auto sidecar = folder.file("a.webp.json", "mine");
  const auto write = [&] {
    write_video(make_moving_clip(8, 8, 1), folder.path() / "a.webp", {.metadata = "new"});
  };
  EXPECT_EQ(error_of(write).code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_text(sidecar), "mine");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(VideoEncoder, SaysWhatToInstallWhereTheEncoderIsMissing) {
  const Error error = error_of([] {
    const VideoEncoder encoder({.encoder = "no_such_encoder", .install_hint = "install it"}, "a.mp4");
  });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("no_such_encoder"),
                                           testing::HasSubstr("install it"), testing::HasSubstr("a.mp4")));
}

constexpr const char* kFolderVariable = "SFV_TEST_VIDEO_FOLDER";
constexpr const char* kAllNames[] = {"a.mp4", "a.webm", "a.gif", "a.webp", "a.mkv", "f_%03d.png"};

void write_all(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const char* name : kAllNames) {
    write_video(make_moving_clip(96, 64, 10), folder / name, {.metadata = kMetadata});
  }
}

// Run by the next test in a process of its own.
TEST(VideoInAnotherProcess, Writes) {
  const char* folder = std::getenv(kFolderVariable);
  if (folder == nullptr) GTEST_SKIP() << "started by VideoInAnotherProcess.GivesTheSameBytes";
  write_all(folder);
}

TEST(VideoInAnotherProcess, GivesTheSameBytes) {
  const TestFolder folder;
  write_all(folder.path() / "here");
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  // What malloc gives is filled with other bytes each time: an encoder that reads what nobody wrote shows it.
  for (const std::string fill : {"1", "165"}) {
    const std::string there = (folder.path() / ("there" + fill)).string();
    const std::string command = std::string(kFolderVariable) + "='" + there + "' MALLOC_PERTURB_=" + fill +
                                " '" + program + "' --gtest_filter=VideoInAnotherProcess.Writes > /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(snapshot(folder.path() / "here"), snapshot(there)) << fill;
  }
}

}  // namespace
}  // namespace sfv::io
