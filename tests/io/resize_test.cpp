#include "sfv/io/resize.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>

#include "sfv/core/error.h"
#include "sfv/io/image.h"
#include "sfv/io/lanczos_weights.h"
#include "tests/io/picture_files.h"

namespace sfv::io {
namespace {

const std::filesystem::path kGolden = SFV_SOURCE_DIR "/tests/golden/resize";

RgbImage noise(int64_t width, int64_t height, unsigned seed = 1) {
  RgbImage image{.width = width, .height = height, .rgb = {}};
  image.rgb.resize(static_cast<size_t>(width * height * 3));
  std::mt19937 random(seed);
  for (uint8_t& value : image.rgb) value = static_cast<uint8_t>(random());
  return image;
}

RgbImage filled(int64_t width, int64_t height, uint8_t level) {
  return {.width = width,
          .height = height,
          .rgb = std::vector<uint8_t>(static_cast<size_t>(width * height * 3), level)};
}

RgbImage cut(const RgbImage& image, int64_t x, int64_t y, int64_t width, int64_t height) {
  RgbImage out{.width = width, .height = height, .rgb = {}};
  for (int64_t row = y; row < y + height; ++row) {
    const auto first = image.rgb.begin() + (row * image.width + x) * 3;
    out.rgb.insert(out.rgb.end(), first, first + width * 3);
  }
  return out;
}

TEST(ResizeLanczos, EqualsPillowBitForBit) {
  const RgbImage source = read_ppm(kGolden / "source.ppm");
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    if (entry.path().filename() == "source.ppm") continue;
    const RgbImage expected = read_ppm(entry.path());
    EXPECT_EQ(resize_lanczos(source, expected.width, expected.height), expected) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 12);
}

TEST(ResizeLanczos, KeepsAPlainPictureAtAnySize) {
  for (const uint8_t level : {0, 1, 127, 254, 255}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {3, 50}, {50, 3}, {200, 90}, {33, 21}}) {
      EXPECT_EQ(resize_lanczos(filled(33, 21, level), width, height), filled(width, height, level));
    }
  }
}

TEST(ResizeLanczos, CopiesAPictureThatHasTheSize) {
  const RgbImage image = noise(31, 18);
  EXPECT_EQ(resize_lanczos(image, 31, 18), image);
}

TEST(ResizeLanczos, ScalesTheWidthFirstUnlessTheHeightLosesMuchMore) {
  const RgbImage image = noise(60, 80);
  const auto width_first = [&](int64_t w, int64_t h) {
    return resize_lanczos(resize_lanczos(image, w, 80), w, h);
  };
  const auto height_first = [&](int64_t w, int64_t h) {
    return resize_lanczos(resize_lanczos(image, 60, h), w, h);
  };
  EXPECT_EQ(resize_lanczos(image, 50, 60),
            width_first(50, 60));  // loses 10 and 20: not more than twice as many
  EXPECT_EQ(resize_lanczos(image, 50, 59), height_first(50, 59));  // 10 and 21
  EXPECT_EQ(resize_lanczos(image, 70, 79), height_first(70, 79));  // grows and loses 1
  EXPECT_EQ(resize_lanczos(image, 70, 90), width_first(70, 90));
  EXPECT_NE(width_first(50, 59), height_first(50, 59));  // or this test says nothing
}

TEST(ResizeLanczos, MirrorsWithThePicture) {
  // A half-turn of the input is a half-turn of the output: the filter has no preferred side. Rounding in the
  // weights may differ at halves, so one level is allowed.
  const RgbImage image = noise(47, 35);
  const auto turned = [](RgbImage picture) {
    for (int64_t i = 0, n = picture.width * picture.height; i < n / 2; ++i) {
      std::swap_ranges(&picture.rgb[i * 3], &picture.rgb[i * 3 + 3], &picture.rgb[(n - 1 - i) * 3]);
    }
    return picture;
  };
  const RgbImage a = resize_lanczos(turned(image), 20, 61);
  const RgbImage b = turned(resize_lanczos(image, 20, 61));
  ASSERT_EQ(a.rgb.size(), b.rgb.size());
  for (size_t i = 0; i < a.rgb.size(); ++i) ASSERT_NEAR(a.rgb[i], b.rgb[i], 1) << i;
}

TEST(ResizeLanczos, HandlesPicturesOfExtremeShape) {
  const RgbImage tall = noise(1, 1'000'000);
  EXPECT_EQ(resize_lanczos(tall, 3, 2).rgb.size(), 18u);
  const RgbImage wide = noise(1'000'000, 1);
  EXPECT_EQ(resize_lanczos(wide, 1024, 576).rgb.size(), size_t{1024 * 576 * 3});
  EXPECT_EQ(fit_crop(wide, 64, 48).rgb.size(), size_t{64 * 48 * 3});
  EXPECT_EQ(fit_crop(tall, 64, 48).rgb.size(), size_t{64 * 48 * 3});
  EXPECT_EQ(fit_pad(wide, 64, 48).rgb.size(), size_t{64 * 48 * 3});
  EXPECT_EQ(fit_pad(tall, 64, 48).rgb.size(), size_t{64 * 48 * 3});
}

TEST(ResizeLanczos, WorksOffALargePictureInStripsWithTheSameResult) {
  // So large that the picture between the passes, 5 MB, needs two strips.
  const RgbImage tall = noise(40, 30'000);
  EXPECT_EQ(resize_lanczos(tall, 60, 30'001), resize_lanczos(resize_lanczos(tall, 60, 30'000), 60, 30'001));
  const RgbImage wide = noise(30'000, 61);
  EXPECT_EQ(resize_lanczos(wide, 30'001, 60), resize_lanczos(resize_lanczos(wide, 30'000, 60), 30'001, 60));
}

TEST(ResizeLanczos, RefusesWhatIsNoPictureOrNoSize) {
  const RgbImage image = noise(4, 4);
  RgbImage broken = image;
  broken.rgb.pop_back();
  for (const auto& call : std::vector<std::function<void()>>{
           [&] { (void)resize_lanczos(image, 0, 4); }, [&] { (void)resize_lanczos(image, 4, -1); },
           [&] { (void)resize_lanczos(image, kMaxSide, kMaxSide); },
           [&] { (void)resize_lanczos(image, INT64_MAX, 4); }, [&] { (void)resize_lanczos({}, 4, 4); },
           [&] { (void)resize_lanczos(broken, 4, 4); }, [&] { (void)fit_crop(image, 0, 1); },
           [&] { (void)fit_pad(broken, 4, 4); }}) {
    try {
      call();
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    }
  }
}

TEST(FitCrop, IsTheCoveringPictureCutAtTheCentre) {
  const RgbImage image = noise(50, 30);
  // Scale 2/3 by height: 33.3 -> 33 wide; 13 columns are surplus, 6 of them on the left.
  EXPECT_EQ(fit_crop(image, 20, 20), cut(resize_lanczos(image, 33, 20), 6, 0, 20, 20));
  // Scale 1.6 by width: 48 high; 18 rows are surplus.
  EXPECT_EQ(fit_crop(image, 80, 30), cut(resize_lanczos(image, 80, 48), 0, 9, 80, 30));
  EXPECT_EQ(fit_crop(image, 50, 30), image);
  EXPECT_EQ(fit_crop(image, 30, 30), cut(image, 10, 0, 30, 30));  // nothing is scaled
  // The order of the passes is that of the whole picture, though only a window is made.
  const RgbImage tall = noise(30, 300);
  EXPECT_EQ(fit_crop(tall, 20, 20), cut(resize_lanczos(tall, 20, 200), 0, 90, 20, 20));
}

TEST(FitPad, IsTheContainedPictureBetweenBlackBorders) {
  const RgbImage image = filled(50, 30, 200);
  const RgbImage fitted = fit_pad(image, 20, 21);  // 20x12, 9 rows left over: 4 above
  ASSERT_EQ(fitted.width, 20);
  ASSERT_EQ(fitted.height, 21);
  EXPECT_EQ(cut(fitted, 0, 0, 20, 4), filled(20, 4, 0));
  EXPECT_EQ(cut(fitted, 0, 4, 20, 12), filled(20, 12, 200));
  EXPECT_EQ(cut(fitted, 0, 16, 20, 5), filled(20, 5, 0));
  EXPECT_EQ(fit_pad(image, 50, 30), image);
  EXPECT_EQ(fit_pad(filled(1000, 1, 9), 100, 100).rgb.size(), 30000u);  // 0.1 rows become 1
}

TEST(LanczosTaps, SumToOneAndNeverOverflowTheSum) {
  for (const int64_t in : {1, 2, 3, 5, 17, 100, 1000, 12345}) {
    for (const int64_t out : {1, 2, 3, 4, 7, 64, 999, 12346}) {
      for (const LanczosTaps& tap : make_lanczos_taps(in, out, 0, out)) {
        int64_t sum = 0, magnitude = 0;
        for (const int32_t weight : tap.weights) sum += weight, magnitude += std::abs(int64_t{weight});
        ASSERT_NEAR(static_cast<double>(sum), 1 << kLanczosBits, static_cast<double>(tap.weights.size()));
        ASSERT_LT(magnitude * 255 + (1 << (kLanczosBits - 1)), INT32_MAX) << in << " to " << out;
        ASSERT_TRUE(tap.first >= 0 && tap.end() <= in && !tap.weights.empty()) << in << " to " << out;
      }
    }
  }
}

}  // namespace
}  // namespace sfv::io
