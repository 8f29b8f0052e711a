// Frames of a scene of shapes, antialiased by counting samples.
#include <algorithm>
#include <array>

#include "sfv/data/fixed_math.h"
#include "sfv/data/shapes.h"

namespace sfv::data {
namespace {

constexpr int64_t kFullTurn = 1 << 16;
constexpr int64_t kSamples = 8;  // a side of a pixel

/// How far outside a shape a point is, Q16 pixels; negative inside. Exact enough near the edge, and never
/// nearer to the edge than the point truly is by more than a pixel elsewhere.
class Outline {
 public:
  explicit Outline(const MovingShape& shape) : radius_(shape.radius) {
    // A polygon is where all its half-planes meet: n · (point - centre) <= limit.
    if (shape.kind == ShapeKind::kSquare) corners_ = 4;
    if (shape.kind == ShapeKind::kTriangle) corners_ = 3;
    limit_ = corners_ == 4 ? radius_ * 46341 / kQ16 : radius_ / 2;  // cos(pi / corners) of the radius
    for (int64_t i = 0; i < corners_; ++i) {
      const int64_t turn = shape.turn + i * kFullTurn / corners_;
      normals_[static_cast<size_t>(i)] = {fixed_cos(turn), fixed_sin(turn)};
    }
  }

  [[nodiscard]] int64_t outside(int64_t dx, int64_t dy) const {
    if (corners_ == 0) return floor_sqrt(dx * dx + dy * dy) - radius_;
    int64_t farthest = INT64_MIN;
    for (int64_t i = 0; i < corners_; ++i) {
      const auto& [nx, ny] = normals_[static_cast<size_t>(i)];
      farthest = std::max(farthest, floor_div(dx * nx + dy * ny, kQ30) - limit_);
    }
    return farthest;
  }

  /// How many of the pixel's samples are inside. dx, dy: the pixel's centre from the shape's.
  [[nodiscard]] int64_t covered_samples(int64_t dx, int64_t dy) const {
    const int64_t at_center = outside(dx, dy);
    if (at_center > kQ16) return 0;
    if (at_center < -kQ16) return kSamples * kSamples;
    int64_t count = 0;
    for (int64_t row = 0; row < kSamples; ++row) {
      for (int64_t column = 0; column < kSamples; ++column) {
        const int64_t x = dx + (2 * column + 1 - kSamples) * kQ16 / (2 * kSamples);
        const int64_t y = dy + (2 * row + 1 - kSamples) * kQ16 / (2 * kSamples);
        if (outside(x, y) <= 0) ++count;
      }
    }
    return count;
  }

 private:
  int64_t radius_;
  int64_t corners_ = 0;  // 0: a disc
  int64_t limit_ = 0;
  std::array<std::array<int64_t, 2>, 4> normals_{};  // Q30
};

void draw(RgbImage& image, const MovingShape& shape, const ShapeCenter& center) {
  const Outline outline(shape);
  const int64_t left = std::max<int64_t>(floor_div(center.x - shape.radius, kQ16), 0);
  const int64_t right = std::min(floor_div(center.x + shape.radius, kQ16), image.width - 1);
  const int64_t top = std::max<int64_t>(floor_div(center.y - shape.radius, kQ16), 0);
  const int64_t bottom = std::min(floor_div(center.y + shape.radius, kQ16), image.height - 1);
  for (int64_t y = top; y <= bottom; ++y) {
    for (int64_t x = left; x <= right; ++x) {
      const int64_t inside =
          outline.covered_samples(x * kQ16 + kQ16 / 2 - center.x, y * kQ16 + kQ16 / 2 - center.y);
      uint8_t* pixel = image.rgb.data() + (y * image.width + x) * 3;
      constexpr int64_t kAll = kSamples * kSamples;
      for (size_t c = 0; c < 3; ++c) {
        pixel[c] =
            static_cast<uint8_t>((pixel[c] * (kAll - inside) + shape.rgb[c] * inside + kAll / 2) / kAll);
      }
    }
  }
}

Clip draw_clip(const ProceduralClip& request, bool has_visible_velocity) {
  const ShapesScene scene = make_shapes_scene(request, has_visible_velocity);
  Clip clip{.frames = {}, .fps = request.fps};
  for (int64_t frame = 0; frame < request.frames; ++frame) clip.frames.push_back(draw_shapes(scene, frame));
  return clip;
}

}  // namespace

RgbImage draw_shapes(const ShapesScene& scene, int64_t frame) {
  RgbImage image = scene.background;
  for (size_t i = 0; i < scene.shapes.size(); ++i) {
    draw(image, scene.shapes[i], shape_center(scene, static_cast<int64_t>(i), frame));
  }
  return image;
}

Clip draw_shapes_clip(const ProceduralClip& request) {
  return draw_clip(request, false);
}

Clip draw_told_shapes_clip(const ProceduralClip& request) {
  return draw_clip(request, true);
}

}  // namespace sfv::data
