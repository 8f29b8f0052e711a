#include "sfv/io/exif.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sfv/core/error.h"

namespace sfv::io {
namespace {

using namespace std::string_literals;

int orientation_of(const std::string& text) {
  return exif_orientation(std::as_bytes(std::span(text)));
}

// A directory of two entries at offset 8; the second is the orientation, 6.
const std::string kLittle =
    "II*\0\x08\0\0\0\x02\0"s
    "\x0F\x01\x02\0\x04\0\0\0ABC\0"s
    "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"s
    "\0\0\0\0"s;
const std::string kBig =
    "MM\0*\0\0\0\x08\0\x02"s
    "\x01\x0F\0\x02\0\0\0\x04"s
    "ABC\0"s
    "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"s
    "\0\0\0\0"s;

TEST(ExifOrientation, ReadsBothByteOrdersWithAndWithoutPrefix) {
  EXPECT_EQ(orientation_of(kLittle), 6);
  EXPECT_EQ(orientation_of(kBig), 6);
  EXPECT_EQ(orientation_of("Exif\0\0"s + kLittle), 6);
  EXPECT_EQ(orientation_of("Exif\0\0"s + kBig), 6);
}

TEST(ExifOrientation, AcceptsOtherIntegerTypes) {
  std::string as_long = kBig;
  as_long.replace(22, 12, "\x01\x12\0\x04\0\0\0\x01\0\0\0\x08"s);
  EXPECT_EQ(orientation_of(as_long), 8);
  std::string as_byte = kBig;
  as_byte.replace(22, 12, "\x01\x12\0\x01\0\0\0\x01\x03\0\0\0"s);
  EXPECT_EQ(orientation_of(as_byte), 3);
  std::string as_text = kBig;
  as_text.replace(22, 12, "\x01\x12\0\x02\0\0\0\x01\x03\0\0\0"s);
  EXPECT_EQ(orientation_of(as_text), 1);
}

TEST(ExifOrientation, IsOneForWhatMakesNoSense) {
  EXPECT_EQ(orientation_of(""), 1);
  EXPECT_EQ(orientation_of("Exif\0\0"s), 1);
  EXPECT_EQ(orientation_of("XX*\0\x08\0\0\0"s), 1);
  for (const char value : {0, 9, 127}) {
    std::string text = kLittle;
    text[30] = value;
    EXPECT_EQ(orientation_of(text), 1);
  }
  std::string far = kLittle;
  far[4] = far[5] = far[6] = far[7] = '\xFF';  // the directory lies 4 GiB away
  EXPECT_EQ(orientation_of(far), 1);
  std::string two_values = kLittle;
  two_values[26] = 2;
  EXPECT_EQ(orientation_of(two_values), 1);
}

TEST(ExifOrientation, SurvivesEveryTruncationAndEveryByte) {
  // The copies have exactly their size, so that the address sanitizer sees any step outside.
  for (const std::string& whole : {kLittle, kBig}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::vector<char> part(whole.begin(), whole.begin() + static_cast<int64_t>(size));
      const int orientation = exif_orientation(std::as_bytes(std::span(part)));
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
      for (int value = 0; value < 256; ++value) {
        std::vector<char> changed(whole.begin(), whole.end());
        changed[size] = static_cast<char>(value);
        const int result = exif_orientation(std::as_bytes(std::span(changed)));
        EXPECT_TRUE(result >= 1 && result <= 8);
      }
    }
  }
}

// The stored picture is abc over def. What each orientation shows, row by row.
TEST(ApplyOrientation, TurnsAsTheExifStandardSays) {
  const auto show = [](const RgbImage& image) {
    std::string text;
    for (int64_t y = 0; y < image.height; ++y) {
      for (int64_t x = 0; x < image.width; ++x)
        text += static_cast<char>(image.rgb[(y * image.width + x) * 3]);
      text += '/';
    }
    return text;
  };
  RgbImage image{.width = 3, .height = 2, .rgb = {}};
  for (const char c : "abcdef"s) image.rgb.insert(image.rgb.end(), 3, static_cast<uint8_t>(c));
  const char* expected[] = {"abc/def/",  "cba/fed/",  "fed/cba/",  "def/abc/",
                            "ad/be/cf/", "da/eb/fc/", "fc/eb/da/", "cf/be/ad/"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(show(apply_orientation(image, orientation)), expected[orientation - 1]) << orientation;
  }
  EXPECT_THROW((void)apply_orientation(image, 9), Error);
}

}  // namespace
}  // namespace sfv::io
