// Shapes that bounce: what a scene holds and where everything is at a time.
#include "sfv/data/shapes.h"

#include <algorithm>

#include "sfv/data/counter_random.h"
#include "sfv/data/fixed_math.h"
#include "sfv/data/noise_texture.h"

namespace sfv::data {
namespace {

constexpr uint64_t kShapesStream = 0x736861706573;  // "shapes"
constexpr int64_t kFullTurn = 1 << 16;
constexpr int64_t kHueSteps = 6 * 256;

/// Hue 0 … 1535 (red, yellow, green, cyan, blue, magenta), saturation and value 0 … 255.
std::array<uint8_t, 3> from_hsv(int64_t hue, int64_t saturation, int64_t value) {
  std::array<uint8_t, 3> rgb{};
  for (int64_t c = 0; c < 3; ++c) {
    // Distance of the hue from the channel's own, on a circle.
    const int64_t away = floor_mod(hue - c * 512, kHueSteps);
    const int64_t distance = std::min(away, kHueSteps - away);
    const int64_t purity = std::clamp<int64_t>(512 - distance, 0, 256);  // 256: full
    rgb[static_cast<size_t>(c)] =
        static_cast<uint8_t>(value * (255 * 256 - saturation * (256 - purity)) / (255 * 256));
  }
  return rgb;
}

RgbImage make_background(const ProceduralClip& request, int64_t side, uint64_t seed) {
  CounterRandom random(seed, 1);
  const auto dark = [&random] {
    const int64_t hue = random.below(kHueSteps);
    const int64_t saturation = random.between(40, 140);
    return from_hsv(hue, saturation, random.between(30, 120));
  };
  const std::array<uint8_t, 3> one = dark();
  const std::array<uint8_t, 3> other = dark();
  return make_noise_texture(request.width, request.height, std::max<int64_t>(side / 5, 4), one, other,
                            random.next());
}

bool overlaps(const MovingShape& shape, const std::vector<MovingShape>& others) {
  return std::any_of(others.begin(), others.end(), [&shape](const MovingShape& other) {
    const int64_t dx = shape.x - other.x;
    const int64_t dy = shape.y - other.y;
    const int64_t reach = shape.radius + other.radius;
    return dx * dx + dy * dy < reach * reach;
  });
}

void set_velocity(MovingShape& shape, int64_t direction, int64_t speed) {
  shape.velocity_x = speed * fixed_cos(direction) / kQ30;
  shape.velocity_y = speed * fixed_sin(direction) / kQ30;
}

/// A centre that starts at `start`, moves by `velocity` a frame and is reflected so that it stays in
/// radius … length - radius.
int64_t reflected(int64_t start, int64_t velocity, int64_t frame, int64_t radius, int64_t length) {
  const int64_t range = length - 2 * radius;
  const int64_t folded = floor_mod(start - radius + velocity * frame, 2 * range);
  return radius + std::min(folded, 2 * range - folded);
}

}  // namespace

ShapesScene make_shapes_scene(const ProceduralClip& request, bool has_visible_velocity) {
  check_procedural_clip(request);
  const uint64_t seed = random_word(request.seed, kShapesStream, static_cast<uint64_t>(request.number));
  const int64_t side = std::min(request.width, request.height);
  const int64_t unit = side * kQ16 / 32;  // the slowest shape's way in a frame
  ShapesScene scene{.width = request.width,
                    .height = request.height,
                    .background = make_background(request, side, seed),
                    .shapes = {}};
  CounterRandom random(seed, 0);
  const int64_t count = random.between(1, 3);
  for (int64_t i = 0; i < count; ++i) {
    MovingShape shape;
    shape.kind = static_cast<ShapeKind>(random.below(3));
    shape.radius = random.between(side * kQ16 * 11 / 100, side * kQ16 * 19 / 100);
    shape.turn = random.below(kFullTurn);
    const int64_t hue = random.below(kHueSteps);
    const int64_t saturation = random.between(150, 255);
    shape.rgb = from_hsv(hue, saturation, random.between(200, 255));
    // A shape behind another could not be seen in frame 0; there is nearly always room for three.
    constexpr int kTries = 32;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      shape.x = random.between(shape.radius, request.width * kQ16 - shape.radius);
      shape.y = random.between(shape.radius, request.height * kQ16 - shape.radius);
      if (!overlaps(shape, scene.shapes)) break;
    }
    int64_t direction = random.below(kFullTurn);
    int64_t speed = random.between(unit, unit * 22 / 10);
    if (has_visible_velocity) {
      direction = hue * kFullTurn / kHueSteps;
      speed = unit * (10 + 6 * static_cast<int64_t>(shape.kind)) / 10;
    }
    set_velocity(shape, direction, speed);
    scene.shapes.push_back(shape);
  }
  return scene;
}

ShapeCenter shape_center(const ShapesScene& scene, int64_t shape, int64_t frame) {
  const MovingShape& moving = scene.shapes.at(static_cast<size_t>(shape));
  return {.x = reflected(moving.x, moving.velocity_x, frame, moving.radius, scene.width * kQ16),
          .y = reflected(moving.y, moving.velocity_y, frame, moving.radius, scene.height * kQ16)};
}

}  // namespace sfv::data
