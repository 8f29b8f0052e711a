#include "sfv/data/snow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <span>

#include "sfv/data/fixed_math.h"
#include "sfv/data/procedural_source.h"
#include "sfv/io/hash.h"
#include "tests/error_of.h"

namespace sfv::data {
namespace {

double number(int64_t q16) {
  return static_cast<double>(q16) / kQ16;
}

/// One photo of a plain dark colour, or of pixels that all differ.
class PlainBackgrounds : public Backgrounds {
 public:
  explicit PlainBackgrounds(bool is_plain) : is_plain_(is_plain) {}
  [[nodiscard]] int64_t size() const override { return 2; }
  [[nodiscard]] std::shared_ptr<const RgbImage> load(int64_t photo, int64_t height,
                                                     int64_t min_width) const override {
    const int64_t width = std::max(height * 3 / 2, min_width);
    RgbImage image{.width = width, .height = height, .rgb = {}};
    for (int64_t i = 0; i < width * height * 3; ++i)
      image.rgb.push_back(static_cast<uint8_t>(is_plain_ ? 50 : (i * 7 + photo * 31 + i / 50) % 251));
    return std::make_shared<const RgbImage>(std::move(image));
  }

 private:
  bool is_plain_;
};

const PlainBackgrounds kPlain(true);
const PlainBackgrounds kPatterned(false);

TEST(Snow, IsTheSameBytesOnEveryMachine) {
  const Clip clip =
      draw_snow_clip({.width = 96, .height = 64, .seed = 1, .number = 2, .backgrounds = &kPatterned}).clip;
  io::Sha256 hash;
  for (const RgbImage& frame : clip.frames) hash.update(std::as_bytes(std::span(frame.rgb)));
  EXPECT_EQ(hash.finish(), "57b2b7644b4742c44af1e4ed7c6f2034a69f89ab356a37553d8e8dd342ff5624");
}

TEST(Snow, HasThePilotsNumbers) {
  double least_radius = 1e9, most_radius = 0, least_opacity = 1, most_opacity = 0;
  size_t least_count = 1000, most_count = 0;
  for (int64_t i = 0; i < 300; ++i) {
    const SnowScene scene =
        make_snow_scene({.width = 128, .height = 128, .number = i, .backgrounds = &kPlain});
    least_count = std::min(least_count, scene.flakes.size());
    most_count = std::max(most_count, scene.flakes.size());
    // fall = (1.2 + .8 radius) speed, one speed for all flakes of a clip.
    const Snowflake& first = scene.flakes[0];
    const double speed = number(first.velocity_y) / (1.2 + .8 * number(first.radius));
    EXPECT_GE(speed, .499);
    EXPECT_LE(speed, 1.601);
    for (const Snowflake& flake : scene.flakes) {
      const double radius = number(flake.radius);
      least_radius = std::min(least_radius, radius);
      most_radius = std::max(most_radius, radius);
      least_opacity = std::min(least_opacity, number(flake.opacity));
      most_opacity = std::max(most_opacity, number(flake.opacity));
      EXPECT_NEAR(number(flake.velocity_y), (1.2 + .8 * radius) * speed, .003);
      EXPECT_NEAR(number(flake.softness), .5 + .22 * radius, .001);
      EXPECT_LE(std::abs(number(flake.velocity_x)), 4 * (.5 + .14 * radius) * speed + .601);
      EXPECT_LE(number(flake.sway), 1.5);
      const double radians = number(flake.sway_step) * 2 * M_PI;
      EXPECT_GE(radians, .199);
      EXPECT_LE(radians, .601);
    }
  }
  EXPECT_EQ(least_count, 14U);
  EXPECT_EQ(most_count, 34U);
  EXPECT_NEAR(least_radius, 1.6, .01);
  EXPECT_NEAR(most_radius, 1.6 * std::exp(1.25), .02);
  EXPECT_NEAR(least_opacity, .45, .005);
  EXPECT_NEAR(most_opacity, .95, .005);
}

TEST(Snow, ScalesWithThePicture) {
  const SnowScene small = make_snow_scene({.width = 64, .height = 64, .number = 3, .backgrounds = &kPlain});
  const SnowScene large = make_snow_scene({.width = 256, .height = 256, .number = 3, .backgrounds = &kPlain});
  ASSERT_EQ(small.flakes.size(), large.flakes.size());
  for (size_t i = 0; i < small.flakes.size(); ++i) {
    EXPECT_NEAR(number(small.flakes[i].radius) * 4, number(large.flakes[i].radius), .001);
    EXPECT_NEAR(number(small.flakes[i].velocity_y) * 4, number(large.flakes[i].velocity_y), .001);
  }
  // Twice the area of the square: twice the flakes.
  const SnowScene wide = make_snow_scene({.width = 128, .height = 64, .number = 3, .backgrounds = &kPlain});
  EXPECT_EQ(wide.flakes.size(), 2 * small.flakes.size());
}

TEST(Snow, AWindowShowsAScenesOwnSizesAndDensity) {
  double window = 0, whole = 0;
  for (int64_t i = 0; i < 300; ++i) {
    const SnowScene part =
        make_snow_scene({.width = 64, .height = 48, .scene_side = 128, .number = i, .backgrounds = &kPlain});
    const SnowScene scene =
        make_snow_scene({.width = 128, .height = 128, .number = i, .backgrounds = &kPlain});
    ASSERT_EQ(part.margin, scene.margin);
    window += static_cast<double>(part.flakes.size()) / ((64 + 40) * (48 + 40));
    whole += static_cast<double>(scene.flakes.size()) / ((128 + 40) * (128 + 40));
    EXPECT_GE(number(part.flakes[0].radius), 1.59);
  }
  EXPECT_NEAR(window / whole, 1, .08);  // whole flakes only: half a flake of eight is lost in the mean
}

TEST(Snow, TellsItsSpeedAsTheMotionBucket) {
  const ProceduralClip request{.width = 128, .height = 128, .frames = 2, .number = 4, .backgrounds = &kPlain};
  const SnowScene scene = make_snow_scene(request);
  const double speed = number(scene.flakes[0].velocity_y) / (1.2 + .8 * number(scene.flakes[0].radius));
  EXPECT_NEAR(static_cast<double>(snow_motion_bucket(scene)), 100 * speed, .6);
  EXPECT_EQ(draw_snow_clip(request).motion, snow_motion_bucket(scene));
}

TEST(Snow, FadesInAndLeavesFrameZeroAlone) {
  const SnowScene scene =
      make_snow_scene({.width = 128, .height = 128, .number = 1, .backgrounds = &kPatterned});
  EXPECT_EQ(draw_snow(scene, 0), scene.background);
  const auto added = [&](int64_t frame) {
    const RgbImage image = draw_snow(scene, frame);
    double sum = 0;
    for (size_t i = 0; i < image.rgb.size(); ++i) sum += image.rgb[i] - scene.background.rgb[i];
    return sum;
  };
  const double whole = added(2);
  EXPECT_GT(whole, 0);
  EXPECT_NEAR(added(1) / whole, .5, .2);
  EXPECT_NEAR(added(8) / whole, 1, .4);
}

TEST(Snow, DrawsAFlakeWhereTheTruthSaysAsBrightAsItsOpacity) {
  SnowScene scene = make_snow_scene({.width = 128, .height = 128, .number = 1, .backgrounds = &kPlain});
  for (uint8_t& level : scene.background.rgb) level = 0;
  Snowflake flake = scene.flakes[0];
  flake.radius = 5 * kQ16;
  flake.softness = 8 * kQ16 / 5;
  flake.opacity = kQ16 * 4 / 5;
  flake.x = scene.margin + 60 * kQ16;
  flake.y = scene.margin + 40 * kQ16;
  scene.flakes = {flake};
  const RgbImage image = draw_snow(scene, 3);
  const FlakePosition center = flake_position(scene, 0, 3);
  for (int64_t y = 0; y < 128; ++y) {
    for (int64_t x = 0; x < 128; ++x) {
      const double distance = std::hypot(static_cast<double>(x) + .5 - number(center.x),
                                         static_cast<double>(y) + .5 - number(center.y));
      const double expected = 255 * .8 / (1 + std::exp((distance - 5) / 1.6));
      const size_t pixel = static_cast<size_t>((y * 128 + x) * 3);
      ASSERT_NEAR(image.rgb[pixel], .97 * expected, .6);
      ASSERT_NEAR(image.rgb[pixel + 2], expected, .6);
    }
  }
}

TEST(Snow, FallsAndComesBackAtTheTop) {
  const SnowScene scene = make_snow_scene({.width = 64, .height = 64, .number = 5, .backgrounds = &kPlain});
  const int64_t height = 64 * kQ16 + 2 * scene.margin;
  for (size_t i = 0; i < scene.flakes.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    for (int64_t frame = 1; frame < 40; ++frame) {
      const int64_t way = flake_position(scene, index, frame).y - flake_position(scene, index, frame - 1).y;
      EXPECT_EQ(floor_mod(way, height), scene.flakes[i].velocity_y);
      EXPECT_GE(flake_position(scene, index, frame).x, -scene.margin);
      EXPECT_LT(flake_position(scene, index, frame).x, 64 * kQ16 + scene.margin);
    }
  }
}

TEST(ProceduralSource, LoadsTheKindsOfTheTable) {
  EXPECT_EQ(procedural_kinds().size(), 3U);
  for (const ProceduralKind& kind : procedural_kinds()) {
    const ProceduralSource source(
        {.kind = std::string(kind.name), .width = 32, .height = 48, .frames = 5, .fps = 8, .seed = 3},
        std::make_unique<PlainBackgrounds>(false));
    EXPECT_EQ(source.size(), ClipSource::kUnlimited);
    const TrainingClip clip = source.load(1000, 1);
    ASSERT_EQ(clip.clip.frames.size(), 5U);
    EXPECT_EQ(clip.clip.frames[4].width, 32);
    EXPECT_EQ(clip.clip.frames[4].height, 48);
    EXPECT_EQ(clip.clip.fps, 8);
    EXPECT_GT(clip.motion, 0);
    EXPECT_EQ(source.load(1000, 2).clip.frames, clip.clip.frames);
    EXPECT_NE(source.load(1001, 1).clip.frames, clip.clip.frames);
    EXPECT_THAT(source.name(17),
                testing::AllOf(testing::HasSubstr(std::string(kind.name)), testing::HasSubstr("17")));
  }
}

TEST(ProceduralSource, RefusesWhatItCannotDraw) {
  const auto code = [](const ProceduralOptions& options) {
    return error_of([&] { (void)ProceduralSource(options); }).code();
  };
  EXPECT_EQ(code({.kind = "rain"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.kind = "snow"}), ErrorCode::kInvalidArgument);  // no photos
  EXPECT_EQ(code({.width = 8}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.size = 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.scene_side = 8}), ErrorCode::kInvalidArgument);
  const std::string message = error_of([] { (void)procedural_kind("rain"); }).what();
  EXPECT_THAT(message, testing::AllOf(testing::HasSubstr("rain"), testing::HasSubstr("shapes-told")));
  const ProceduralSource fixed({.size = 4});
  EXPECT_EQ(fixed.size(), 4);
  EXPECT_EQ(error_of([&] { (void)fixed.load(4, 0); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([] { (void)make_snow_scene({}); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::data
