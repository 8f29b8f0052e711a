// What another program, ffprobe, says about the files.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sfv/io/video_writer.h"
#include "tests/io/video_clips.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

/// ffprobe's facts; null where there is no ffprobe.
nlohmann::json ffprobe(const std::filesystem::path& path) {
  const std::string command =
      "ffprobe -v error -count_frames -show_streams -show_format -show_packets -of json '" + path.string() +
      "' 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), n);
  return pclose(pipe) == 0 ? nlohmann::json::parse(text) : nlohmann::json();
}

/// The kinds of an mp4's outermost boxes, in their order.
std::vector<std::string> mp4_boxes(const std::string& bytes) {
  std::vector<std::string> boxes;
  for (size_t at = 0; at + 8 <= bytes.size();) {
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(bytes[at + i]);
    boxes.push_back(bytes.substr(at + 4, 4));
    if (size < 8) break;
    at += size;
  }
  return boxes;
}

void expect_bt709(const nlohmann::json& stream) {
  EXPECT_EQ(stream.at("pix_fmt"), "yuv420p");
  EXPECT_EQ(stream.at("color_range"), "tv");
  EXPECT_EQ(stream.at("color_space"), "bt709");
  EXPECT_EQ(stream.at("color_primaries"), "bt709");
  EXPECT_EQ(stream.at("color_transfer"), "bt709");
}

class ByFfprobe : public testing::Test {
 protected:
  /// Writes 14 frames of 33x47 at 7 per second and leaves ffprobe's facts in facts_.
  void write(const char* name) {
    write_video(make_moving_clip(33, 47, 14), folder_.path() / name, {.metadata = R"({"seed": 1})"});
    facts_ = ffprobe(folder_.path() / name);
    if (facts_.is_null()) GTEST_SKIP() << "needs the ffprobe program";
    ASSERT_EQ(facts_.at("streams").size(), 1U);
    stream_ = facts_.at("streams").at(0);
    EXPECT_EQ(stream_.at("nb_read_frames"), "14");
    EXPECT_EQ(stream_.at("avg_frame_rate"), "7/1");
    EXPECT_EQ(facts_.at("packets").at(0).at("flags").get<std::string>().substr(0, 1), "K");
  }

  TestFolder folder_;
  nlohmann::json facts_;
  nlohmann::json stream_;
};

TEST_F(ByFfprobe, Mp4IsWhatPlayersExpect) {
  write("a.mp4");
  if (IsSkipped() || HasFatalFailure()) return;
  EXPECT_EQ(stream_.at("codec_name"), "h264");
  EXPECT_EQ(stream_.at("profile"), "High");
  EXPECT_EQ(stream_.at("width"), 34);
  EXPECT_EQ(stream_.at("height"), 48);
  expect_bt709(stream_);
  EXPECT_EQ(stream_.at("chroma_location"), "left");
  EXPECT_EQ(stream_.at("r_frame_rate"), "7/1");
  EXPECT_EQ(stream_.at("start_time"), "0.000000");
  EXPECT_EQ(stream_.at("duration"), "2.000000");
  for (const auto& packet : facts_.at("packets")) EXPECT_EQ(packet.at("duration_time"), "0.142857");
  EXPECT_EQ(facts_.at("format").at("tags").at("comment"), R"({"seed": 1})");
  EXPECT_EQ(mp4_boxes(read_text(folder_.path() / "a.mp4")),
            (std::vector<std::string>{"ftyp", "moov", "free", "mdat"}));
}

TEST_F(ByFfprobe, WebmIsVp9) {
  write("a.webm");
  if (IsSkipped() || HasFatalFailure()) return;
  EXPECT_EQ(stream_.at("codec_name"), "vp9");
  EXPECT_EQ(stream_.at("profile"), "Profile 0");
  EXPECT_EQ(stream_.at("width"), 34);
  EXPECT_EQ(stream_.at("height"), 48);
  expect_bt709(stream_);
  EXPECT_EQ(facts_.at("format").at("tags").at("COMMENT"), R"({"seed": 1})");
}

TEST_F(ByFfprobe, MkvIsFfv1InRgbOfTheExactSize) {
  write("a.mkv");
  if (IsSkipped() || HasFatalFailure()) return;
  EXPECT_EQ(stream_.at("codec_name"), "ffv1");
  EXPECT_EQ(stream_.at("pix_fmt"), "bgr0");
  EXPECT_EQ(stream_.at("width"), 33);
  EXPECT_EQ(stream_.at("height"), 47);
  for (const auto& packet : facts_.at("packets")) EXPECT_EQ(packet.at("flags").get<std::string>()[0], 'K');
}

TEST_F(ByFfprobe, GifDelaysAddUpToTheExactTime) {
  write("a.gif");
  if (IsSkipped() || HasFatalFailure()) return;
  int64_t expected_start = 0;
  for (const auto& packet : facts_.at("packets")) {
    const int64_t start = packet.at("pts").get<int64_t>();
    EXPECT_EQ(start, expected_start);
    EXPECT_TRUE(packet.at("duration") == 14 || packet.at("duration") == 15);
    expected_start = start + packet.at("duration").get<int64_t>();
  }
  EXPECT_EQ(expected_start, 200);
  // The looping extension, with 0: for ever.
  EXPECT_NE(read_text(folder_.path() / "a.gif").find(std::string("NETSCAPE2.0\x03\x01\0\0\0", 16)),
            std::string::npos);
}

TEST_F(ByFfprobe, NoFileHoldsADateOrAVersion) {
  for (const char* name : {"a.mp4", "a.webm", "a.mkv"}) {
    write(name);
    if (IsSkipped() || HasFatalFailure()) return;
    const nlohmann::json tags = facts_.at("format").at("tags");
    EXPECT_FALSE(tags.contains("creation_time")) << name;
    EXPECT_FALSE(stream_.at("tags").contains("encoder")) << name;
  }
}

}  // namespace
}  // namespace sfv::io
