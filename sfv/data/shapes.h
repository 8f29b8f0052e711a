#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sfv/core/rgb_image.h"
#include "sfv/data/procedural_kinds.h"

namespace sfv::data {

enum class ShapeKind { kDisc, kSquare, kTriangle };

/// A shape that moves in a straight line and is reflected where its surrounding circle meets a wall. Lengths
/// are Q16 pixels (fixed_math.h): the centre of the top left pixel is at (2^15, 2^15).
struct MovingShape {
  ShapeKind kind = ShapeKind::kDisc;
  std::array<uint8_t, 3> rgb = {};
  int64_t radius = 0;  // of the surrounding circle
  int64_t turn = 0;    // orientation, 2^16 to a full turn
  int64_t x = 0;       // centre in frame 0
  int64_t y = 0;
  int64_t velocity_x = 0;  // per frame, before any reflection
  int64_t velocity_y = 0;
};

/// Everything that decides a clip of shapes: what it shows, and the truth for tests and evaluation.
struct ShapesScene {
  int64_t width = 0;  // pixels
  int64_t height = 0;
  RgbImage background;              // still, textured
  std::vector<MovingShape> shapes;  // 1 to 3; later ones are drawn over earlier ones
};

/// Draws the scene of one clip: 1 to 3 discs, squares and triangles of random colour and size (radius .11 to
/// .19 of the shorter side), each with a direction and a speed (1/32 to 2.2/32 of the shorter side a frame)
/// that nothing in frame 0 tells. What comes next is therefore open, and the mean of all futures is a smear.
/// has_visible_velocity: the control set instead, where frame 0 tells the future: the hue is the direction
/// (red to the right, yellow 60 degrees further clockwise, and so on around) and the kind the speed (disc 1,
/// square 1.6, triangle 2.2 thirty-seconds of the shorter side a frame).
/// Source: methods of SF-V at small scale, docs/data.md. Errors: those of check_procedural_clip.
[[nodiscard]] ShapesScene make_shapes_scene(const ProceduralClip& request, bool has_visible_velocity);

/// Where a shape's centre is, Q16 pixels from the picture's top left corner.
struct ShapeCenter {
  int64_t x = 0;
  int64_t y = 0;
};
/// The centre of shapes[shape] in a frame (>= 0), reflections included.
[[nodiscard]] ShapeCenter shape_center(const ShapesScene& scene, int64_t shape, int64_t frame);

/// One frame of the scene, antialiased (8x8 samples a pixel).
[[nodiscard]] RgbImage draw_shapes(const ShapesScene& scene, int64_t frame);

/// The rows of the table: hidden and visible velocity.
[[nodiscard]] Clip draw_shapes_clip(const ProceduralClip& request);
[[nodiscard]] Clip draw_told_shapes_clip(const ProceduralClip& request);

}  // namespace sfv::data
