#include <gtest/gtest.h>

#include <string>

#include "sfv/core/error.h"
#include "sfv/io/image.h"
#include "tests/io/picture_files.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

RgbImage gradient(int64_t width, int64_t height) {
  RgbImage image{.width = width, .height = height, .rgb = {}};
  for (int64_t i = 0; i < width * height * 3; ++i) image.rgb.push_back(static_cast<uint8_t>(i * 7));
  return image;
}

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(EncodePng, KeepsEveryPixel) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {257, 3}, {64, 48}}) {
    const RgbImage image = gradient(width, height);
    EXPECT_EQ(decode_image(encode_png(image), "memory"), image);
  }
}

TEST(EncodePng, GivesTheSameBytesEachTime) {
  const RgbImage image = gradient(40, 30);
  EXPECT_EQ(encode_png(image, {{"a", "b"}}), encode_png(image, {{"a", "b"}}));
}

TEST(EncodePng, StoresAsciiAsTextAndOtherTextAsUtf8) {
  const std::string file = text_of(encode_png(gradient(2, 2), {{"seed", "42"},
                                                               {"photo",
                                                                "Gr\xC3\xBC\xC3\x9F"
                                                                "e"}}));
  EXPECT_NE(file.find(std::string("tEXtseed\0"
                                  "42",
                                  11)),
            std::string::npos);
  // Keyword, NUL, not compressed (2 bytes), no language, no translated keyword, then the text.
  EXPECT_NE(file.find(std::string("iTXtphoto\0\0\0\0\0Gr\xC3\xBC\xC3\x9F", 20)), std::string::npos);
}

TEST(EncodePng, RefusesBrokenPicturesAndKeys) {
  RgbImage broken = gradient(3, 3);
  broken.rgb.pop_back();
  EXPECT_THROW((void)encode_png(broken), Error);
  EXPECT_THROW((void)encode_png({}), Error);
  for (const std::string& key : {std::string(), std::string(80, 'k'), std::string(" k"), std::string("k "),
                                 std::string("a  b"), std::string("a\nb"), std::string("\xC3\xBC")}) {
    EXPECT_THROW((void)encode_png(gradient(3, 3), {{key, "text"}}), Error) << key;
  }
  EXPECT_THROW((void)encode_png(gradient(3, 3), {{"key", std::string("a\0b", 3)}}), Error);
}

TEST(SavePng, WritesAFileThatReadsBackAndLeavesNothingElse) {
  const TestFolder folder;
  const RgbImage image = gradient(20, 10);
  save_png(image, folder / "a.png", {{"seed", "7"}});
  EXPECT_EQ(load_image(folder / "a.png"), image);
  EXPECT_THROW(save_png(image, folder / "missing" / "a.png"), Error);
  EXPECT_THROW(save_png({}, folder / "b.png"), Error);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace sfv::io
