#include "sfv/io/video_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/core/log.h"
#include "sfv/io/image.h"
#include "sfv/io/video_rotation.h"
#include "sfv/io/video_sources.h"
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

/// Collects warnings while it lives.
class Warnings {
 public:
  Warnings()
      : before_(set_log_sink([this](LogLevel level, const std::string& message) {
          if (level == LogLevel::kWarning) messages.push_back(message);
        })) {}
  ~Warnings() { set_log_sink(before_); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  std::vector<std::string> messages;

 private:
  LogSink before_;
};

void expect_near(const RgbImage& image, std::array<int, 3> rgb, int tolerance) {
  for (size_t i = 0; i < image.rgb.size(); ++i) ASSERT_NEAR(image.rgb[i], rgb[i % 3], tolerance);
}

/// A 2x3 picture whose pixels are numbered 0..5.
RgbImage numbered() {
  RgbImage image{.width = 2, .height = 3, .rgb = {}};
  for (uint8_t i = 0; i < 6; ++i) image.rgb.insert(image.rgb.end(), 3, i);
  return image;
}

std::vector<int> numbers(const RgbImage& image) {
  std::vector<int> all;
  for (size_t i = 0; i < image.rgb.size(); i += 3) all.push_back(image.rgb[i]);
  return all;
}

TEST(DisplayMatrix, TurnsAndFlips) {
  constexpr int32_t k1 = 1 << 16;
  const auto show = [](int32_t a, int32_t b, int32_t c, int32_t d) {
    const std::array<int32_t, 9> matrix = {a, b, 0, c, d, 0, 0, 0, 1 << 30};
    return apply_display_matrix(numbered(), matrix.data());
  };
  EXPECT_EQ(show(k1, 0, 0, k1), numbered());
  // Clockwise by a quarter: the left column, from the bottom up, becomes the top row.
  EXPECT_EQ(numbers(show(0, k1, -k1, 0)), (std::vector<int>{4, 2, 0, 5, 3, 1}));
  EXPECT_EQ(show(0, k1, -k1, 0).width, 3);
  EXPECT_EQ(numbers(show(-k1, 0, 0, -k1)), (std::vector<int>{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(numbers(show(0, -k1, k1, 0)), (std::vector<int>{1, 3, 5, 0, 2, 4}));
  EXPECT_EQ(numbers(show(-k1, 0, 0, k1)), (std::vector<int>{1, 0, 3, 2, 5, 4}));
  EXPECT_EQ(numbers(show(k1, 0, 0, -k1)), (std::vector<int>{4, 5, 2, 3, 0, 1}));
  EXPECT_EQ(numbers(show(0, k1, k1, 0)), (std::vector<int>{0, 2, 4, 1, 3, 5}));
}

TEST(ReadVideo, AppliesARotationInTheFile) {
  const TestFolder folder;
  const Clip clip = make_moving_clip(64, 32, 2);
  write_video(clip, folder.path() / "a.mp4", {});
  const auto rotated = folder.path() / "b.mp4";
  if (!run_ffmpeg("-i '" + (folder.path() / "a.mp4").string() + "' -c copy -metadata:s:v rotate=90",
                  rotated)) {
    GTEST_SKIP() << "needs the ffmpeg program";
  }
  EXPECT_EQ(probe_video(rotated).width, 32);
  EXPECT_EQ(probe_video(rotated).height, 64);
  // The program itself is the reference.
  ASSERT_TRUE(run_ffmpeg("-i '" + rotated.string() + "' -frames:v 1", folder.path() / "shown.png"));
  const Clip read = read_video(rotated, 1);
  EXPECT_GT(psnr(read, {.frames = {load_image(folder.path() / "shown.png")}}), 30);
}

TEST(ReadVideo, FollowsTheTagsAndGuessesWithoutThem) {
  const TestFolder folder;
  struct Case {
    const char* name;
    const char* matrix;  // that the picture was made with
    const char* tag;
    const char* size;
  };
  for (const Case& c :
       {Case{"tagged 601", "bt601", "smpte170m", "64x64"}, Case{"tagged 709", "bt709", "bt709", "64x64"},
        Case{"tagged 2020", "bt2020", "bt2020nc", "64x64"}, Case{"small", "bt601", "unknown", "64x64"},
        Case{"hd", "bt709", "unknown", "64x720"}}) {
    const auto path = folder.path() / "a.mkv";
    const std::string arguments = std::string("-f lavfi -i color=c=0x2090E0:s=") + c.size +
                                  ":d=0.2:r=5,format=rgb24 -vf scale=out_color_matrix=" + c.matrix +
                                  ":out_range=tv,format=yuv420p -c:v ffv1 -colorspace " + c.tag;
    if (!run_ffmpeg(arguments, path)) GTEST_SKIP() << "needs the ffmpeg program";
    SCOPED_TRACE(c.name);
    expect_near(read_video(path, 1).frames[0], {0x20, 0x90, 0xE0}, 3);
  }
}

TEST(ReadVideo, ConvertsFullRangeAndTenBits) {
  const TestFolder folder;
  for (const char* how : {"-vf scale=out_range=pc,format=yuv420p -color_range pc -c:v ffv1",
                          "-vf format=yuv420p10le -c:v ffv1", "-vf format=yuv444p12le -c:v ffv1",
                          "-vf format=gray10le -c:v ffv1", "-vf format=rgb48le -c:v ffv1"}) {
    const auto path = folder.path() / "a.mkv";
    if (!run_ffmpeg(std::string("-f lavfi -i color=c=0xF0F0F0:s=48x48:d=0.2:r=5 ") + how, path)) {
      GTEST_SKIP() << "needs the ffmpeg program";
    }
    SCOPED_TRACE(how);
    expect_near(read_video(path, 1).frames[0], {0xF0, 0xF0, 0xF0}, 2);
  }
}

TEST(ReadVideo, RefusesAFileWithSoundOnly) {
  const TestFolder folder;
  const auto path = folder.path() / "a.mp4";
  if (!run_ffmpeg("-f lavfi -i sine=d=0.2 -c:a aac", path)) GTEST_SKIP() << "needs the ffmpeg program";
  const Error error = error_of([&] { (void)read_video(path); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), testing::HasSubstr("no video stream"));
}

TEST(ReadVideo, OpensNoOtherFileThanTheNamedOne) {
  const TestFolder folder;
  write_video(make_moving_clip(32, 32, 2), folder.path() / "secret.mp4", {});
  const std::string secret = (folder.path() / "secret.mp4").string();
  const std::map<std::string, std::string> playlists = {
      {"hls", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://" + secret + "\n#EXT-X-ENDLIST\n"},
      {"hls over http",
       "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"},
      {"concat", "ffconcat version 1.0\nfile '" + secret + "'\n"},
      {"sdp",
       "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
       "a=rtpmap:96 H264/90000\n"},
      {"dash",
       "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period>"
       "<AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>file://" +
           secret + "</BaseURL></Representation></AdaptationSet></Period></MPD>"}};
  for (const auto& [name, content] : playlists) {
    for (const char* file : {"a.mp4", "a.m3u8", "a.ffconcat", "a.sdp", "a.mpd"}) {
      const auto path = folder.file(file, content);
      const ErrorCode code = error_of([&] { (void)read_video(path); }).code();
      EXPECT_TRUE(code == ErrorCode::kUnsupported || code == ErrorCode::kInvalidFile)
          << name << " as " << file;
    }
  }
}

TEST(ReadVideo, GivesTheGoodFramesOfATruncatedFileAndWarns) {
  const TestFolder folder;
  const Clip clip = make_noise_clip(48, 48, 10);
  for (const char* name : {"a.mp4", "a.mkv", "a.gif"}) {
    write_video(clip, folder.path() / name, {});
    const Clip whole = read_video(folder.path() / name);
    const std::string bytes = read_text(folder.path() / name);
    const auto cut = folder.file("cut", bytes.substr(0, bytes.size() * 3 / 5));
    const Warnings warnings;
    const Clip read = read_video(cut);
    ASSERT_GE(read.frames.size(), 2U) << name;
    ASSERT_LT(read.frames.size(), 10U) << name;
    for (size_t i = 0; i < read.frames.size(); ++i) EXPECT_EQ(read.frames[i], whole.frames[i]) << name << i;
    ASSERT_EQ(warnings.messages.size(), 1U) << name;
    EXPECT_THAT(warnings.messages[0], testing::HasSubstr(cut.string()));
  }
}

TEST(ReadVideo, RefusesPicturesBeyondTheLimitBeforeDecoding) {
  // 14,000 x 14,000 pixels in a few hundred bytes.
  const TestFolder folder;
  const auto huge = folder.path() / "huge.gif";
  write_video({.frames = {make_plain_image(16, 16, {1, 2, 3})}}, huge, {});
  std::string bytes = read_text(huge);
  for (const size_t at : {6U, 8U}) bytes.replace(at, 2, "\xB0\x36");
  const Error error = error_of([&] { (void)read_video(folder.file("huge.gif", bytes)); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(kMaxPixels)));
}

TEST(CheckClipSize, BoundsAllFramesTogether) {
  EXPECT_NO_THROW(check_clip_size(1024, 1024, 1024, "a"));
  EXPECT_EQ(error_of([] { check_clip_size(1024, 1024, 1025, "a"); }).code(), ErrorCode::kInvalidFile);
  EXPECT_EQ(error_of([] { check_clip_size(13'000, 13'000, int64_t{1} << 62, "a"); }).code(),
            ErrorCode::kInvalidFile);
}

TEST(ReadVideo, StopsAtAGapOfNumberedFrames) {
  const TestFolder folder;
  const Clip clip = make_moving_clip(8, 8, 4);
  write_video(clip, folder.path() / "f_%d.png", {});
  std::filesystem::remove(folder.path() / "f_0.png");
  EXPECT_EQ(read_video(folder.path() / "f_%d.png").frames.size(), 3U);
  std::filesystem::remove(folder.path() / "f_2.png");
  EXPECT_EQ(read_video(folder.path() / "f_%d.png").frames.size(), 1U);
  EXPECT_EQ(read_video(folder.path() / "f_3.png").frames[0], clip.frames[3]);
}

TEST(ReadVideo, ReadsClipsFromOtherPrograms) {
  const std::filesystem::path clips = std::filesystem::path(SFV_SHARED_DATA) / "clips";
  if (!std::filesystem::exists(clips)) GTEST_SKIP() << "needs " << clips;
  for (const auto& entry : std::filesystem::directory_iterator(clips)) {
    const VideoInfo info = probe_video(entry.path());
    const Clip clip = read_video(entry.path(), 3);
    EXPECT_EQ(clip.frames.size(), 3U) << entry.path();
    EXPECT_EQ(clip.frames[0].width, info.width) << entry.path();
    EXPECT_EQ(clip.frames[0].height, info.height) << entry.path();
    EXPECT_GT(info.frames, 3) << entry.path();
    EXPECT_GT(info.fps, 1) << entry.path();
  }
}

TEST(ReadVideo, NamesWhatIsNotThereOrNoVideo) {
  const TestFolder folder;
  const auto code = [](const std::filesystem::path& path) {
    const Error error = error_of([&] { (void)read_video(path); });
    EXPECT_THAT(error.what(), testing::HasSubstr(path.string()));
    const Error probe = error_of([&] { (void)probe_video(path); });
    EXPECT_EQ(probe.code(), error.code()) << path;
    return error.code();
  };
  EXPECT_EQ(code(folder.path() / "none.mp4"), ErrorCode::kNotFound);
  EXPECT_EQ(code(folder.path() / "f_%03d.png"), ErrorCode::kNotFound);
  EXPECT_EQ(code(folder.path()), ErrorCode::kNotFound);  // a folder without frames
  EXPECT_EQ(code(folder.file("empty.mp4", "")), ErrorCode::kInvalidFile);
  EXPECT_EQ(code(folder.file("text.mp4", "hello, world")), ErrorCode::kInvalidFile);
  EXPECT_EQ(code(folder.file("bad.webp", std::string("RIFF\x10\0\0\0WEBPVP8 ", 16))),
            ErrorCode::kInvalidFile);
  EXPECT_EQ(error_of([&] { (void)read_video(folder.path(), 0); }).code(), ErrorCode::kInvalidArgument);
}

TEST(ReadVideo, LimitsASidecar) {
  const TestFolder folder;
  const auto path = folder.path() / "a.gif";
  write_video(make_moving_clip(8, 8, 1), path, {});
  (void)folder.file("a.gif.json", std::string((size_t{16} << 20) + 1, ' '));
  EXPECT_EQ(error_of([&] { (void)probe_video(path); }).code(), ErrorCode::kInvalidFile);
}

/// Files with a few bytes changed or cut off: an Error or some frames, never a crash.
class Hostile : public testing::TestWithParam<const char*> {};

TEST_P(Hostile, IsRefusedOrRead) {
  const TestFolder folder;
  const auto good = folder.path() / GetParam();
  write_video(make_moving_clip(32, 24, 3), good, {.metadata = R"({"seed": 1})"});
  const std::string bytes = read_text(good);
  const auto bad = folder.path() / (std::string("bad") + good.extension().string());
  size_t refused = 0;
  size_t read = 0;
  const auto attempt = [&](std::string_view content) {
    (void)folder.file(bad.filename().string(), content);
    try {
      (void)probe_video(bad);
      const Clip clip = read_video(bad, 8);
      EXPECT_FALSE(clip.frames.empty());
      ++read;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
      ++refused;
    }
  };
  constexpr size_t kCuts = 60;
  for (size_t i = 0; i < kCuts; ++i) attempt(std::string_view(bytes).substr(0, bytes.size() * i / kCuts));
  uint32_t state = 7;
  const auto random = [&state](size_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % below;
  };
  for (int i = 0; i < 140; ++i) {
    std::string changed = bytes;
    // Half of them in the beginning, where the structure is.
    const size_t range = i % 2 == 0 ? std::min<size_t>(changed.size(), 900) : changed.size();
    for (size_t k = 0; k < 1 + random(4); ++k) changed[random(range)] = static_cast<char>(random(256));
    attempt(changed);
  }
  EXPECT_GT(refused, 5U);
  EXPECT_GT(read, 5U);
}

INSTANTIATE_TEST_SUITE_P(Video, Hostile, testing::Values("a.mp4", "a.webm", "a.mkv", "a.gif", "a.webp"),
                         [](const auto& test) { return "Case" + std::to_string(test.index); });

}  // namespace
}  // namespace sfv::io
