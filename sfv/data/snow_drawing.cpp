// Frames of a scene of snow: what each flake lets through is multiplied, then white shows where light was
// stopped.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sfv/data/fixed_math.h"
#include "sfv/data/snow.h"

namespace sfv::data {
namespace {

// .97, .98, 1 of full white, levels in Q16.
constexpr std::array<int64_t, 3> kSnowColor = {255 * 63570, 255 * 64225, 255 * 65536};
constexpr int64_t kEdgeWidths = 8;  // beyond the radius, in units of softness: less than 1/2980 is left there

/// fixed_sigmoid from a table, for one value a pixel.
class SigmoidTable {
 public:
  SigmoidTable() {
    for (int64_t i = 0; i <= kSteps; ++i)
      values_[static_cast<size_t>(i)] = fixed_sigmoid((i - kSteps / 2) * kStep);
  }
  [[nodiscard]] int64_t operator()(int64_t x) const {
    const int64_t from_left = std::clamp<int64_t>(x + kSteps / 2 * kStep, 0, kSteps * kStep - 1);
    const auto i = static_cast<size_t>(from_left / kStep);
    return values_[i] + (values_[i + 1] - values_[i]) * (from_left % kStep) / kStep;
  }

 private:
  static constexpr int64_t kStep = kQ16 / 32;
  static constexpr int64_t kSteps = 2 * kEdgeWidths * 32;
  std::array<int64_t, kSteps + 1> values_{};
};

/// Multiplies what the flake lets through, Q16, into `clear`.
void stop_light(std::vector<int64_t>& clear, int64_t width, int64_t height, const Snowflake& flake,
                const FlakePosition& center) {
  static const SigmoidTable sigmoid;
  const int64_t reach = flake.radius + kEdgeWidths * flake.softness;
  const int64_t left = std::max<int64_t>(floor_div(center.x - reach, kQ16), 0);
  const int64_t right = std::min(floor_div(center.x + reach, kQ16), width - 1);
  const int64_t top = std::max<int64_t>(floor_div(center.y - reach, kQ16), 0);
  const int64_t bottom = std::min(floor_div(center.y + reach, kQ16), height - 1);
  for (int64_t y = top; y <= bottom; ++y) {
    const int64_t dy = y * kQ16 + kQ16 / 2 - center.y;
    for (int64_t x = left; x <= right; ++x) {
      const int64_t dx = x * kQ16 + kQ16 / 2 - center.x;
      const int64_t distance = floor_sqrt(dx * dx + dy * dy);
      if (distance > reach) continue;
      const int64_t share = sigmoid((flake.radius - distance) * kQ16 / flake.softness);
      int64_t& through = clear[static_cast<size_t>(y * width + x)];
      through = (through * (kQ16 * kQ16 - flake.opacity * share) + (int64_t{1} << 31)) >> 32;
    }
  }
}

}  // namespace

RgbImage draw_snow(const SnowScene& scene, int64_t frame) {
  RgbImage image = scene.background;
  if (frame <= 0) return image;
  std::vector<int64_t> clear(static_cast<size_t>(image.width * image.height), kQ16);
  for (size_t i = 0; i < scene.flakes.size(); ++i) {
    stop_light(clear, image.width, image.height, scene.flakes[i],
               flake_position(scene, static_cast<int64_t>(i), frame));
  }
  for (size_t pixel = 0; pixel < clear.size(); ++pixel) {
    const int64_t stopped = (kQ16 - clear[pixel]) / (frame == 1 ? 2 : 1);  // flakes fade in
    if (stopped == 0) continue;
    for (size_t c = 0; c < 3; ++c) {
      uint8_t& level = image.rgb[pixel * 3 + c];
      const int64_t mixed = level * kQ16 * (kQ16 - stopped) + kSnowColor[c] * stopped;
      level = static_cast<uint8_t>((mixed + (int64_t{1} << 31)) >> 32);
    }
  }
  return image;
}

DrawnClip draw_snow_clip(const ProceduralClip& request) {
  const SnowScene scene = make_snow_scene(request);
  Clip clip{.frames = {}, .fps = request.fps};
  for (int64_t frame = 0; frame < request.frames; ++frame) clip.frames.push_back(draw_snow(scene, frame));
  return {.clip = std::move(clip), .motion = snow_motion_bucket(scene)};
}

}  // namespace sfv::data
