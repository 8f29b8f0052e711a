// Falling snow: what a scene holds and where every flake is at a time. The numbers are those of the pilot,
// for a picture of 128 pixels.
#include "sfv/data/snow.h"

#include <algorithm>
#include <memory>

#include "sfv/core/check.h"
#include "sfv/data/clip_transform.h"
#include "sfv/data/counter_random.h"
#include "sfv/data/fixed_math.h"

namespace sfv::data {
namespace {

constexpr uint64_t kSnowStream = 0x736E6F77;  // "snow"
constexpr int64_t kPilotSide = 128;
constexpr int64_t kFullTurn = 1 << 16;

/// A decimal number as Q16.
consteval int64_t q16(double value) {
  return static_cast<int64_t>(value * 65536 + (value < 0 ? -0.5 : 0.5));
}

int64_t multiply(int64_t a, int64_t b) {
  return floor_div(a * b + kQ16 / 2, kQ16);
}

RgbImage cut(const RgbImage& image, int64_t x, int64_t y, int64_t width, int64_t height) {
  RgbImage part{.width = width, .height = height, .rgb = {}};
  part.rgb.reserve(static_cast<size_t>(width * height * 3));
  for (int64_t row = y; row < y + height; ++row) {
    const uint8_t* from = image.rgb.data() + (row * image.width + x) * 3;
    part.rgb.insert(part.rgb.end(), from, from + width * 3);
  }
  return part;
}

/// A part of a photo, from near or far, perhaps mirrored, .6 to 1 times as bright.
RgbImage make_background(const ProceduralClip& request, int64_t side, CounterRandom& random) {
  const int64_t photo = random.below(request.backgrounds->size());
  constexpr int64_t kNear = 360, kFar = 250;  // heights of the whole photo
  const int64_t height = std::max((random.coin() ? kNear : kFar) * side / kPilotSide, request.height);
  const std::shared_ptr<const RgbImage> whole = request.backgrounds->load(photo, height, request.width);
  const int64_t y = random.between(0, whole->height - request.height);
  const int64_t x = random.between(0, whole->width - request.width);
  RgbImage background = cut(*whole, x, y, request.width, request.height);
  if (random.coin()) background = flip_horizontally(background);
  const int64_t brightness = random.between(q16(.6), kQ16);
  for (uint8_t& level : background.rgb) level = static_cast<uint8_t>(multiply(level, brightness));
  return background;
}

struct Weather {
  int64_t speed = 0;  // Q16, a factor
  int64_t wind = 0;   // Q16
};

/// A flake in a picture of 128 pixels, but for its place.
Snowflake make_flake(const Weather& weather, CounterRandom& random) {
  Snowflake flake;
  flake.radius = multiply(q16(1.6), fixed_exp(random.between(0, q16(1.25))));
  flake.opacity = random.between(q16(.45), q16(.95));
  flake.velocity_y = multiply(q16(1.2) + multiply(q16(.8), flake.radius), weather.speed);
  const int64_t drift = multiply(weather.wind, q16(.5) + multiply(q16(.14), flake.radius));
  flake.velocity_x = multiply(drift, weather.speed) + random.between(q16(-.6), q16(.6));
  flake.softness = q16(.5) + multiply(q16(.22), flake.radius);
  flake.sway = random.between(0, q16(1.5));
  constexpr int64_t kSlow = 2086, kFast = 6258;  // .2 and .6 radians a frame in 2^16 turns
  flake.sway_step = random.between(kSlow, kFast);
  flake.sway_phase = random.below(kFullTurn);
  return flake;
}

/// How many flakes a picture has of whose size a square of `side` has `of_square`. A window of a larger scene
/// counts the space around it, where its flakes live too, so that it is as dense as the whole.
int64_t flake_count(int64_t of_square, const ProceduralClip& request, int64_t side, int64_t margin) {
  if (request.scene_side == 0) return of_square * request.width * request.height / (side * side);
  const int64_t around = 2 * margin / kQ16;
  return of_square * (request.width + around) * (request.height + around) /
         ((side + around) * (side + around));
}

}  // namespace

SnowScene make_snow_scene(const ProceduralClip& request) {
  check_procedural_clip(request);
  SFV_CHECK(request.backgrounds != nullptr, kInvalidArgument, "[data] snow falls over photos: name some");
  const uint64_t seed = random_word(request.seed, kSnowStream, static_cast<uint64_t>(request.number));
  const int64_t side = request.scene_side > 0 ? request.scene_side : std::min(request.width, request.height);
  CounterRandom random(seed, 0);
  SnowScene scene;
  scene.background = make_background(request, side, random);
  scene.margin = 20 * kQ16 * side / kPilotSide;  // more than any flake reaches
  const int64_t area_width = request.width * kQ16 + 2 * scene.margin;
  const int64_t area_height = request.height * kQ16 + 2 * scene.margin;
  const int64_t count = flake_count(random.between(14, 34), request, side, scene.margin);
  Weather weather;
  weather.speed = random.between(q16(.5), q16(1.6));
  weather.wind = random.between(q16(-2), q16(2));
  scene.speed = weather.speed;
  for (int64_t i = 0; i < count; ++i) {
    Snowflake flake = make_flake(weather, random);
    for (int64_t* length :
         {&flake.radius, &flake.velocity_x, &flake.velocity_y, &flake.softness, &flake.sway}) {
      *length = floor_div(*length * side, kPilotSide);
    }
    flake.x = random.below(area_width);
    flake.y = random.below(area_height);
    scene.flakes.push_back(flake);
  }
  return scene;
}

int64_t snow_motion_bucket(const SnowScene& scene) {
  return (100 * scene.speed + kQ16 / 2) / kQ16;
}

FlakePosition flake_position(const SnowScene& scene, int64_t flake, int64_t frame) {
  const Snowflake& moving = scene.flakes.at(static_cast<size_t>(flake));
  const int64_t sway = moving.sway * fixed_sin(moving.sway_phase + moving.sway_step * frame) / kQ30;
  const int64_t width = scene.background.width * kQ16 + 2 * scene.margin;
  const int64_t height = scene.background.height * kQ16 + 2 * scene.margin;
  return {.x = floor_mod(moving.x + moving.velocity_x * frame + sway, width) - scene.margin,
          .y = floor_mod(moving.y + moving.velocity_y * frame, height) - scene.margin};
}

}  // namespace sfv::data
