#include "sfv/data/data_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "sfv/io/video_writer.h"
#include "tests/error_of.h"
#include "tests/io/video_clips.h"
#include "tests/temporary_folder.h"

namespace sfv::data {
namespace {

class DataCheck : public testing::Test {
 protected:
  DataCheck() {
    io::write_video(io::make_moving_clip(48, 32, 20, 10), folder_.path() / "long.mkv", {});
    io::write_video(io::make_moving_clip(32, 32, 6, 5), folder_.path() / "slow.gif", {});
    io::write_video(io::make_moving_clip(32, 32, 3, 10), folder_.path() / "short.mkv", {});
    (void)folder_.file("bad.mp4", "no \"video\"");
    const Clip noise = io::make_noise_clip(48, 48, 30);
    io::write_video(noise, folder_.path() / "whole.mp4", {});
    const std::string bytes = read_text(folder_.path() / "whole.mp4");
    (void)folder_.file("cut.mp4", bytes.substr(0, bytes.size() / 2));
    std::filesystem::remove(folder_.path() / "whole.mp4");
  }
  [[nodiscard]] DataReport check() const {
    return check_data(discover_clips(folder_.path()), {.frames = 5, .fps = 10});
  }

  TestFolder folder_;
};

TEST_F(DataCheck, SaysWhatIsUsableAndWhatIsNotAndWhy) {
  const DataReport report = check();
  ASSERT_EQ(report.items.size(), 5U);  // bad, cut, long, short, slow
  EXPECT_EQ(report.usable(), 3);
  EXPECT_THAT(report.items[0].reason, testing::HasSubstr("bad.mp4"));
  EXPECT_TRUE(report.items[1].is_cut);
  EXPECT_EQ(report.items[1].reason, "");
  const CheckedItem& item = report.items[2];
  EXPECT_EQ(item.name, (folder_.path() / "long.mkv").string());
  EXPECT_EQ(item.width, 48);
  EXPECT_EQ(item.height, 32);
  EXPECT_NEAR(item.fps, 10, 1e-6);
  EXPECT_NEAR(item.duration, 2, 1e-6);
  EXPECT_EQ(item.starts, 16);
  EXPECT_FALSE(item.is_cut);
  EXPECT_THAT(report.items[3].reason, testing::HasSubstr("too short"));
  EXPECT_NEAR(report.items[4].fps, 5, 1e-6);
}

TEST_F(DataCheck, TextNamesEachBrokenFile) {
  const std::string text = to_text(check());
  EXPECT_THAT(text, testing::StartsWith("items: 5, usable 3, broken 2\n"));
  EXPECT_THAT(text, testing::HasSubstr("48x32 (1)"));
  EXPECT_THAT(text, testing::HasSubstr("motion"));
  for (const char* name : {"broken: ", "bad.mp4", "short.mkv", "cut short: ", "cut.mp4"}) {
    EXPECT_THAT(text, testing::HasSubstr(name));
  }
  const DataReport nothing{.timing = {}, .items = {{.name = "a", .reason = "gone"}}};
  EXPECT_EQ(to_text(nothing), "items: 1, usable 0, broken 1\nbroken: a: gone\n");
}

TEST_F(DataCheck, JsonHoldsTheSame) {
  const nlohmann::json json = nlohmann::json::parse(to_json(check()));
  EXPECT_EQ(json.at("usable"), 3);
  EXPECT_EQ(json.at("broken"), 2);
  EXPECT_EQ(json.at("frames"), 5);
  ASSERT_EQ(json.at("items").size(), 5U);
  EXPECT_EQ(json.at("items")[0].at("usable"), false);
  EXPECT_EQ(json.at("items")[1].at("cut"), true);
  EXPECT_EQ(json.at("items")[2].at("starts"), 16);
  ASSERT_EQ(json.at("motion_histogram").size(), 8U);
  int total = 0;
  for (const auto& count : json.at("motion_histogram")) total += count.get<int>();
  EXPECT_EQ(total, 3);
}

TEST_F(DataCheck, ReportsProgressAndStopsWhenAsked) {
  CancelToken cancel;
  std::vector<int64_t> done;
  const Error error = error_of([&] {
    (void)check_data(discover_clips(folder_.path()), {.frames = 5, .fps = 10}, &cancel, [&](int64_t count) {
      done.push_back(count);
      if (count == 2) cancel.cancel();
    });
  });
  EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  EXPECT_EQ(done, (std::vector<int64_t>{1, 2}));
}

TEST_F(DataCheck, TakesMotionFromTheManifest) {
  const DataReport report =
      check_data({{.path = folder_.path() / "long.mkv", .motion = 77}}, {.frames = 5, .fps = 10});
  EXPECT_EQ(report.items[0].motion, 77);
}

}  // namespace
}  // namespace sfv::data
