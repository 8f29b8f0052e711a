// Files as they come: each kind is read as it should be shown, or dropped by name; none ends the run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/evaluation/clip_reader.h"
#include "sfv/io/video_writer.h"
#include "tests/io/video_clips.h"
#include "tests/temporary_folder.h"

#ifdef SFV_HAS_VIDEO
namespace sfv::evaluation {
namespace {

using testing::HasSubstr;

// Makes `output` with the ffmpeg program. False where there is none.
bool run_ffmpeg(const std::string& arguments, const std::filesystem::path& output) {
  return std::system(
             ("ffmpeg -v error -y " + arguments + " '" + output.string() + "' 2>/dev/null").c_str()) == 0;
}

std::string quoted(const std::filesystem::path& path) {
  return concat("'", path.string(), "'");
}

// The only clip of an input; what was dropped where there is none.
struct Read {
  std::optional<EvaluatedClip> clip;
  std::vector<DroppedClip> dropped;
};
Read read_one(const std::filesystem::path& path, const ClipOptions& options = {.frames = 10}) {
  ClipReader reader({path.string()}, options);
  Read result{reader.next(nullptr), {}};
  EXPECT_FALSE(result.clip && reader.next(nullptr));
  result.dropped = reader.dropped();
  return result;
}

double psnr_to(const torch::Tensor& pixels, const torch::Tensor& expected) {
  const double error = (pixels - expected).square().mean().item<double>();
  return 10 * std::log10(4 / error);
}

const Clip& source() {
  static const Clip clip = io::make_moving_clip(64, 48, 16, 25);
  return clip;
}

std::filesystem::path write_source(const TestFolder& folder) {
  io::write_video(source(), folder / "source.mkv", {});
  return folder / "source.mkv";
}

void expect_dropped(const std::filesystem::path& path, const std::string& reason = {}) {
  const Read read = read_one(path);
  EXPECT_FALSE(read.clip) << path;
  ASSERT_EQ(read.dropped.size(), 1U) << path;
  EXPECT_EQ(read.dropped[0].name, path.string());
  EXPECT_THAT(read.dropped[0].reason, HasSubstr(reason));
}

TEST(ClipKinds, BrokenFilesAreDropped) {
  const TestFolder folder;
  io::write_video(source(), folder / "whole.mp4", {});
  const std::string bytes = read_text(folder / "whole.mp4");
  expect_dropped(folder.file("text.mp4", "no video at all"));
  expect_dropped(folder.file("empty.mp4", ""));
  expect_dropped(folder.file("zeros.avi", std::string(4096, '\0')));
  // The index comes first in our files: a quarter of one has all times and few frames.
  expect_dropped(folder.file("quarter.mp4", bytes.substr(0, bytes.size() / 4)));
}

TEST(ClipKinds, TornFilesNeverEndTheRun) {
  const TestFolder folder;
  io::write_video(source(), folder / "whole.mp4", {});
  const std::string bytes = read_text(folder / "whole.mp4");
  std::vector<std::string> inputs;
  for (size_t cut = 0; cut < 24; ++cut) {
    std::string torn = bytes;
    for (size_t i = cut; i < torn.size(); i += 97 + 41 * cut)
      torn[i] = static_cast<char>(torn[i] ^ (i * 7 + 1));
    inputs.push_back(folder.file("torn" + std::to_string(cut) + ".mp4", torn).string());
  }
  inputs.push_back((folder / "whole.mp4").string());
  ClipReader reader(inputs, {.frames = 10, .width = 32, .height = 32});
  size_t read = 0;
  std::string last;
  while (const auto clip = reader.next(nullptr)) {
    ++read;
    last = clip->name;
  }
  EXPECT_EQ(read + reader.dropped().size(), inputs.size());
  EXPECT_GT(reader.dropped().size(), 0U);
  EXPECT_EQ(last, inputs.back());
}

TEST(ClipKinds, ShortFilesAreDropped) {
  const TestFolder folder;
  io::write_video(io::make_moving_clip(64, 48, 9, 25), folder / "nine.mp4", {});
  io::write_video(io::make_moving_clip(64, 48, 1, 25), folder / "one.mp4", {});
  expect_dropped(folder / "nine.mp4", "too short: 9 frames");
  expect_dropped(folder / "one.mp4", "too short: 1 frame");
  // .36 s hold two frames at 7 a second, not ten.
  const Read timed = read_one(folder / "nine.mp4", {.frames = 10, .fps = 7});
  EXPECT_EQ(timed.dropped.size(), 1U);
}

TEST(ClipKinds, SoundMakesNoDifferenceAndSoundAloneIsDropped) {
  const TestFolder folder;
  const auto silent = write_source(folder);
  const Read without = read_one(silent);
  ASSERT_TRUE(without.clip);
  EXPECT_TRUE(
      without.clip->pixels.equal(to_pixels({{source().frames.begin(), source().frames.begin() + 10}, 25})));
  const std::string tone = "-f lavfi -i sine=d=1 ";
  if (!run_ffmpeg(tone + "-i " + quoted(silent) + " -map 1:v -map 0:a -c:v copy -c:a pcm_s16le",
                  folder / "sound.mkv")) {
    GTEST_SKIP() << "needs the ffmpeg program";
  }
  const Read with = read_one(folder / "sound.mkv");
  ASSERT_TRUE(with.clip);
  EXPECT_TRUE(with.clip->pixels.equal(without.clip->pixels));
  ASSERT_TRUE(run_ffmpeg(tone + "-c:a aac", folder / "tone.mp4"));
  expect_dropped(folder / "tone.mp4");
}

TEST(ClipKinds, RotatedFilesAreReadAsTheyAreShown) {
  const TestFolder folder;
  io::write_video(source(), folder / "plain.mp4", {.crf = 0});
  const std::string from = "-i " + quoted(folder / "plain.mp4");
  if (!run_ffmpeg("-display_rotation 90 " + from + " -c copy", folder / "rotated.mp4"))
    GTEST_SKIP() << "needs the ffmpeg program, 6.0 or later";
  const Read plain = read_one(folder / "plain.mp4"), rotated = read_one(folder / "rotated.mp4");
  ASSERT_TRUE(plain.clip && rotated.clip);
  ASSERT_EQ(rotated.clip->pixels.sizes(), at::IntArrayRef({10, 3, 64, 48}));
  EXPECT_TRUE(rotated.clip->pixels.equal(plain.clip->pixels.rot90(1, {2, 3})));  // counter-clockwise
}

TEST(ClipKinds, TenBitFilesAreReadInEightBits) {
  const TestFolder folder;
  const std::string from = "-i " + quoted(write_source(folder));
  if (!run_ffmpeg(from + " -vf format=yuv444p10le -c:v ffv1", folder / "ten.mkv"))
    GTEST_SKIP() << "needs the ffmpeg program";
  const Read ten = read_one(folder / "ten.mkv");
  ASSERT_TRUE(ten.clip);
  EXPECT_GT(psnr_to(ten.clip->pixels, read_one(folder / "source.mkv").clip->pixels), 40);
}

// Frames 0 to 7 at 25 a second, then as slow as 5 a second.
TEST(ClipKinds, FilesOfVariableRateAreCutByTime) {
  const TestFolder folder;
  const std::string from = "-i " + quoted(write_source(folder));
  if (!run_ffmpeg(from + " -vf \"setpts='if(lt(N,8),N/25,8/25+(N-8)/5)/TB'\" -fps_mode vfr -c:v ffv1",
                  folder / "variable.mkv")) {
    GTEST_SKIP() << "needs the ffmpeg program";
  }
  const Read stored = read_one(folder / "variable.mkv", {.frames = 16});
  ASSERT_TRUE(stored.clip);
  const Read timed = read_one(folder / "variable.mkv", {.frames = 10, .fps = 10});
  ASSERT_TRUE(timed.clip);
  // At 0, .1, .2, .3 s and so on; frame 8 is on the screen from .32 to .52 s.
  const std::vector<int64_t> expected = {0, 2, 5, 7, 8, 8, 9, 9, 10, 10};
  for (int64_t k = 0; k < 10; ++k) {
    EXPECT_GT(psnr_to(timed.clip->pixels[k], stored.clip->pixels[expected[static_cast<size_t>(k)]]), 60) << k;
  }
}

}  // namespace
}  // namespace sfv::evaluation
#endif
