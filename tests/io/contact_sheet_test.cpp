#include "sfv/io/contact_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "sfv/io/bitmap_font.h"
#include "tests/error_of.h"

namespace sfv::io {
namespace {

using testing::ElementsAre;

/// A clip whose frame i has the grey first + i everywhere.
Clip grey_clip(int64_t width, int64_t height, int64_t count, uint8_t first) {
  Clip clip;
  for (int64_t i = 0; i < count; ++i) {
    clip.frames.push_back(
        {width, height,
         std::vector<uint8_t>(static_cast<size_t>(width * height * 3), static_cast<uint8_t>(first + i))});
  }
  return clip;
}

int grey_at(const RgbImage& image, int64_t x, int64_t y) {
  const size_t at = static_cast<size_t>((y * image.width + x) * 3);
  EXPECT_TRUE(image.rgb[at] == image.rgb[at + 1] && image.rgb[at] == image.rgb[at + 2]);
  return image.rgb[at];
}

/// A line of text as rows of # and spaces.
std::string drawn(std::string_view text) {
  RgbImage image{static_cast<int64_t>(text.size()) * kFontAdvance, kFontHeight, {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  draw_text(image, 0, 0, text, 1, 255);
  std::string out;
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) out += grey_at(image, x, y) != 0 ? '#' : ' ';
    out += '\n';
  }
  return out;
}

TEST(SpreadFrames, TakesTheFirstTheLastAndSomeBetween) {
  EXPECT_THAT(spread_frames(1), ElementsAre(0));
  EXPECT_THAT(spread_frames(2), ElementsAre(0, 1));
  EXPECT_THAT(spread_frames(7), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(spread_frames(14), ElementsAre(0, 2, 4, 7, 9, 11, 13));
  EXPECT_THAT(spread_frames(25), ElementsAre(0, 4, 8, 12, 16, 20, 24));
}

TEST(ContactSheet, PutsClipsInRowsAndFramesInColumns) {
  const std::array clips = {grey_clip(4, 2, 14, 100), grey_clip(4, 2, 14, 200)};
  const RgbImage sheet = make_contact_sheet(clips, {.frames = {0, 13}, .gap = 1, .background = 9});
  ASSERT_EQ(sheet.width, 1 + 2 * 5);
  ASSERT_EQ(sheet.height, 1 + 2 * 3);
  EXPECT_EQ(grey_at(sheet, 1, 1), 100);
  EXPECT_EQ(grey_at(sheet, 4, 2), 100);
  EXPECT_EQ(grey_at(sheet, 6, 1), 113);
  EXPECT_EQ(grey_at(sheet, 1, 4), 200);
  EXPECT_EQ(grey_at(sheet, 9, 5), 213);
  for (const auto& [x, y] : {std::pair{0, 0}, {5, 1}, {10, 6}, {1, 3}, {10, 1}})
    EXPECT_EQ(grey_at(sheet, x, y), 9);
}

TEST(ContactSheet, AShorterOrSmallerClipLeavesPlacesEmpty) {
  const std::array clips = {grey_clip(4, 2, 3, 100), grey_clip(2, 3, 1, 200)};
  const RgbImage sheet = make_contact_sheet(clips, {.gap = 0});
  ASSERT_EQ(sheet.width, 12);
  ASSERT_EQ(sheet.height, 5);
  EXPECT_EQ(grey_at(sheet, 11, 1), 102);
  EXPECT_EQ(grey_at(sheet, 1, 4), 200);
  EXPECT_EQ(grey_at(sheet, 2, 4), 32);
  EXPECT_EQ(grey_at(sheet, 4, 4), 32);
}

TEST(ContactSheet, ScalesFramesInProportion) {
  const std::array clips = {grey_clip(64, 36, 2, 50)};
  const RgbImage sheet = make_contact_sheet(clips, {.frame_width = 16, .gap = 0});
  EXPECT_EQ(sheet.width, 32);
  EXPECT_EQ(sheet.height, 9);
  EXPECT_EQ(grey_at(sheet, 31, 8), 51);
}

TEST(ContactSheet, WritesCaptionsAboveTheRows) {
  const std::array clips = {grey_clip(64, 8, 1, 50)};
  const RgbImage plain = make_contact_sheet(clips);
  const RgbImage sheet = make_contact_sheet(clips, {.captions = {"T"}});
  ASSERT_EQ(sheet.height, plain.height + 18);
  EXPECT_EQ(grey_at(sheet, 4, 4), 224);   // the T's bar
  EXPECT_EQ(grey_at(sheet, 13, 5), 224);  // five columns, twice as wide
  EXPECT_EQ(grey_at(sheet, 14, 5), 32);
  EXPECT_EQ(grey_at(sheet, 4, 6), 32);    // below the bar
  EXPECT_EQ(grey_at(sheet, 8, 17), 224);  // the stem
  EXPECT_EQ(grey_at(sheet, 4, 22), 50);   // the frame
}

TEST(ContactSheet, RefusesWhatCannotBeDrawn) {
  const auto code = [](std::span<const Clip> clips, const ContactSheetOptions& options) {
    return error_of([&] { (void)make_contact_sheet(clips, options); }).code();
  };
  const std::array good = {grey_clip(4, 2, 3, 100)};
  std::array uneven = {grey_clip(4, 2, 3, 100)};
  uneven[0].frames[1].width = 3;
  EXPECT_EQ(code({}, {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(std::array{Clip{}}, {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(uneven, {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.frames = {-1}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.gap = -1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.frame_width = 100'000}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.captions = {"a", "b"}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.frames = std::vector<int64_t>(200'000, 0)}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, {.frames = std::vector<int64_t>(10'000, 0), .frame_width = 8192}),
            ErrorCode::kInvalidArgument);
}

TEST(BitmapFont, DrawsLettersDigitsAndBoxes) {
  EXPECT_EQ(drawn("A1"),
            " ###    #   \n"
            "#   #  ##   \n"
            "#   #   #   \n"
            "#####   #   \n"
            "#   #   #   \n"
            "#   #   #   \n"
            "#   #  ###  \n");
  EXPECT_EQ(drawn("sf-v"), drawn("SF-V"));
  const std::string box = drawn("~");
  EXPECT_EQ(box.substr(0, 14), "##### \n#   # \n");
  // One box for the two bytes of an umlaut.
  EXPECT_EQ(drawn("\xc3\xa4").substr(0, 13), "#####       \n");
}

TEST(BitmapFont, CharactersDifferAndFitTheirCells) {
  std::vector<std::string> seen;
  for (const char character : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?-+*/=_()%#<>'~")) {
    const std::string now = drawn(std::string(1, character));
    for (const std::string& before : seen) EXPECT_NE(before, now) << character;
    for (size_t row = 0; row < 7; ++row) EXPECT_EQ(now[row * 7 + 5], ' ') << character;
    seen.push_back(now);
  }
}

TEST(BitmapFont, IsCutAtTheEdges) {
  RgbImage image{8, 8, std::vector<uint8_t>(8 * 8 * 3)};
  for (const int64_t x : {-100, -3, 0, 6, 100}) {
    for (const int64_t y : {-100, -3, 0, 6, 100}) draw_text(image, x, y, "HELLO", 3, 255);
  }
  EXPECT_EQ(image.rgb.size(), 8U * 8 * 3);
}

}  // namespace
}  // namespace sfv::io
