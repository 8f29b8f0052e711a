#include "sfv/data/shapes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <span>

#include "sfv/data/fixed_math.h"
#include "sfv/io/hash.h"
#include "tests/error_of.h"

namespace sfv::data {
namespace {

double pixels(int64_t q16) {
  return static_cast<double>(q16) / kQ16;
}

std::string hash_of(const Clip& clip) {
  io::Sha256 hash;
  for (const RgbImage& frame : clip.frames) hash.update(std::as_bytes(std::span(frame.rgb)));
  return hash.finish();
}

TEST(Shapes, AreTheSameBytesOnEveryMachine) {
  // Integer arithmetic only: any other hash is another clip.
  EXPECT_EQ(hash_of(draw_shapes_clip({.seed = 1, .number = 0})),
            "b1ba1b0247360134fb1590c1e06f2380b5db49cf9370242483f16e8815cc8f84");
  EXPECT_EQ(hash_of(draw_told_shapes_clip({.width = 48, .height = 80, .seed = 1, .number = 5})),
            "a5b261f13e97e17d0ebbf5e35b0f9e89bade34553b3eeb5e313828e7cb41aa65");
}

TEST(Shapes, AreWhatTheDescriptionSays) {
  std::set<size_t> counts;
  std::set<ShapeKind> kinds;
  double slowest = 1e9, fastest = 0;
  std::array<int, 8> directions{};
  for (int64_t number = 0; number < 600; ++number) {
    const ShapesScene scene = make_shapes_scene({.seed = 4, .number = number}, false);
    counts.insert(scene.shapes.size());
    for (const MovingShape& shape : scene.shapes) {
      kinds.insert(shape.kind);
      EXPECT_GE(pixels(shape.radius), .11 * 64 - .01);
      EXPECT_LE(pixels(shape.radius), .19 * 64 + .01);
      const double speed = std::hypot(pixels(shape.velocity_x), pixels(shape.velocity_y));
      slowest = std::min(slowest, speed);
      fastest = std::max(fastest, speed);
      const double angle = std::atan2(pixels(shape.velocity_y), pixels(shape.velocity_x));
      ++directions[static_cast<size_t>(std::floor((angle / M_PI + 1) * 4)) % 8];
    }
  }
  EXPECT_EQ(counts, (std::set<size_t>{1, 2, 3}));
  EXPECT_EQ(kinds.size(), 3U);
  EXPECT_NEAR(slowest, 2.0, 0.05);  // 64 / 32
  EXPECT_NEAR(fastest, 4.4, 0.05);
  for (const int count : directions) EXPECT_NEAR(count, 150, 55);  // about 1,200 shapes over 8 sectors
}

TEST(Shapes, AreReflectedAtTheWallsAndKeepTheirSpeed) {
  for (int64_t number = 0; number < 40; ++number) {
    const ShapesScene scene =
        make_shapes_scene({.width = 80, .height = 48, .seed = 4, .number = number}, false);
    for (size_t i = 0; i < scene.shapes.size(); ++i) {
      const MovingShape& shape = scene.shapes[i];
      const auto index = static_cast<int64_t>(i);
      ShapeCenter before = shape_center(scene, index, 0);
      EXPECT_EQ(before.x, shape.x);
      EXPECT_EQ(before.y, shape.y);
      int bounces = 0;
      for (int64_t frame = 1; frame < 60; ++frame) {
        const ShapeCenter now = shape_center(scene, index, frame);
        ASSERT_GE(now.x, shape.radius);
        ASSERT_LE(now.x, 80 * kQ16 - shape.radius);
        ASSERT_GE(now.y, shape.radius);
        ASSERT_LE(now.y, 48 * kQ16 - shape.radius);
        // One frame's way, but for the frames in which a wall was met.
        const bool is_straight = std::abs(now.x - before.x) == std::abs(shape.velocity_x) &&
                                 std::abs(now.y - before.y) == std::abs(shape.velocity_y);
        bounces += is_straight ? 0 : 1;
        ASSERT_LE(std::abs(now.x - before.x), std::abs(shape.velocity_x));
        before = now;
      }
      EXPECT_GT(bounces, 0);
      EXPECT_LT(bounces, 25);
    }
  }
}

TEST(Shapes, AreWhereTheTruthSaysAndAsLarge) {
  const double kArea[] = {M_PI, 2, 1.299038};  // of a disc, square and triangle in a circle of radius 1
  for (int64_t number = 0; number < 60; ++number) {
    ShapesScene scene = make_shapes_scene({.seed = 9, .number = number}, false);
    scene.shapes.resize(1);
    scene.shapes[0].rgb = {255, 255, 255};
    for (uint8_t& level : scene.background.rgb) level = 0;
    const MovingShape& shape = scene.shapes[0];
    for (const int64_t frame : {0, 7}) {
      const RgbImage image = draw_shapes(scene, frame);
      double mass = 0, sum_x = 0, sum_y = 0;
      for (int64_t y = 0; y < 64; ++y) {
        for (int64_t x = 0; x < 64; ++x) {
          const double level = image.rgb[static_cast<size_t>((y * 64 + x) * 3)] / 255.0;
          mass += level;
          sum_x += level * (static_cast<double>(x) + .5);
          sum_y += level * (static_cast<double>(y) + .5);
        }
      }
      const ShapeCenter center = shape_center(scene, 0, frame);
      EXPECT_NEAR(sum_x / mass, pixels(center.x), 0.05);
      EXPECT_NEAR(sum_y / mass, pixels(center.y), 0.05);
      const double radius = pixels(shape.radius);
      const double area = kArea[static_cast<size_t>(shape.kind)] * radius * radius;
      EXPECT_NEAR(mass, area, 0.015 * area) << number;
    }
  }
}

TEST(Shapes, HaveSoftEdgesAndAStillBackground) {
  const ShapesScene scene = make_shapes_scene({.seed = 2, .number = 3}, false);
  const RgbImage first = draw_shapes(scene, 0);
  std::set<uint8_t> reds;
  size_t still = 0;
  for (size_t i = 0; i < first.rgb.size(); ++i) {
    if (first.rgb[i] == scene.background.rgb[i]) ++still;
    reds.insert(first.rgb[i]);
  }
  EXPECT_GT(still, first.rgb.size() / 2);
  EXPECT_GT(reds.size(), 20U);
}

TEST(Shapes, DifferByNumberAndSeed) {
  const ProceduralClip request{.frames = 2, .seed = 1, .number = 7};
  ProceduralClip next = request;
  next.number = 8;
  ProceduralClip other = request;
  other.seed = 2;
  EXPECT_EQ(draw_shapes_clip(request).frames, draw_shapes_clip(request).frames);
  EXPECT_NE(draw_shapes_clip(request).frames, draw_shapes_clip(next).frames);
  EXPECT_NE(draw_shapes_clip(request).frames, draw_shapes_clip(other).frames);
}

TEST(Shapes, ShowNothingOfTheVelocityInFrameZero) {
  // The told and the untold scene of one number differ in velocity only, and frame 0 is the same.
  for (int64_t number = 0; number < 20; ++number) {
    const ProceduralClip request{.seed = 3, .number = number};
    const ShapesScene hidden = make_shapes_scene(request, false);
    const ShapesScene told = make_shapes_scene(request, true);
    EXPECT_EQ(draw_shapes(hidden, 0), draw_shapes(told, 0));
    EXPECT_NE(draw_shapes(hidden, 6), draw_shapes(told, 6));
  }
}

TEST(ToldShapes, GoWhereTheirColourSays) {
  for (int64_t number = 0; number < 100; ++number) {
    const ShapesScene scene = make_shapes_scene({.seed = 3, .number = number}, true);
    for (const MovingShape& shape : scene.shapes) {
      // The hue's angle, from the colour alone.
      const double red = shape.rgb[0], green = shape.rgb[1], blue = shape.rgb[2];
      const double hue = std::atan2(std::sqrt(3.0) * (green - blue), 2 * red - green - blue);
      const double angle = std::atan2(pixels(shape.velocity_y), pixels(shape.velocity_x));
      EXPECT_NEAR(std::remainder(angle - hue, 2 * M_PI), 0, 0.08);
      const double speed = std::hypot(pixels(shape.velocity_x), pixels(shape.velocity_y));
      EXPECT_NEAR(speed, 2.0 + 1.2 * static_cast<double>(shape.kind), 0.01);
    }
  }
}

TEST(Shapes, RefuseImpossibleRequests) {
  for (const ProceduralClip& request :
       {ProceduralClip{.width = 15}, ProceduralClip{.height = 4097}, ProceduralClip{.frames = 0},
        ProceduralClip{.width = 4096, .height = 4096, .frames = 100}, ProceduralClip{.fps = 0},
        ProceduralClip{.number = -1}}) {
    EXPECT_EQ(error_of([&] { (void)make_shapes_scene(request, false); }).code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sfv::data
