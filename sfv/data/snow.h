#pragma once

#include <cstdint>
#include <vector>

#include "sfv/core/rgb_image.h"
#include "sfv/data/procedural_kinds.h"

namespace sfv::data {

/// A snowflake: a soft disc that falls, drifts and sways. Lengths are Q16 pixels (fixed_math.h).
struct Snowflake {
  int64_t x = 0;           // where it would be at frame 0 without swaying, from the area's left edge
  int64_t y = 0;           // from the area's top
  int64_t velocity_x = 0;  // per frame: wind, stronger for large flakes, and a little of its own
  int64_t velocity_y = 0;  // per frame, grows with the radius
  int64_t radius = 0;
  int64_t softness = 0;    // the edge is a sigmoid of this width
  int64_t opacity = 0;     // Q16, .45 … .95
  int64_t sway = 0;        // amplitude
  int64_t sway_step = 0;   // turns a frame, 2^16 to a full turn
  int64_t sway_phase = 0;  // turns
};

/// Everything that decides a clip of snow, and the truth for tests and evaluation.
struct SnowScene {
  RgbImage background;  // the photo, cut, perhaps mirrored and darkened: frame 0
  int64_t speed = 0;    // Q16: how fast this clip's snow falls, .5 … 1.6 times what its flakes' sizes say
  int64_t margin = 0;   // Q16 pixels: flakes live in an area this much larger on each side, and come back
                        // at the other side when they leave it
  std::vector<Snowflake> flakes;
};

/// Falling snow over a still photo: frame 0 is the photo alone, flakes are half there in frame 1 and whole
/// from frame 2 on; wind and where they fall are hidden, the speed is the clip's motion bucket. Lengths are
/// those of a 128 pixel picture times (side / 128), the number of flakes that of a square times (area /
/// side²), where side is the request's scene_side or else the shorter side. Source: the SF-V pilot's
/// generator, docs/data.md. Errors: those of check_procedural_clip; kInvalidArgument without photos; those of
/// reading a photo.
[[nodiscard]] SnowScene make_snow_scene(const ProceduralClip& request);

/// Where a flake's centre is in a frame, Q16 pixels from the picture's top left corner.
struct FlakePosition {
  int64_t x = 0;
  int64_t y = 0;
};
[[nodiscard]] FlakePosition flake_position(const SnowScene& scene, int64_t flake, int64_t frame);

/// One frame of the scene.
[[nodiscard]] RgbImage draw_snow(const SnowScene& scene, int64_t frame);

/// The motion bucket that tells how fast snow falls: 100 times the speed, 50 … 160. At 100 flakes fall 3.7
/// pixels a frame in the mean, in a picture of 128 pixels.
[[nodiscard]] int64_t snow_motion_bucket(const SnowScene& scene);

/// The row of the table.
[[nodiscard]] DrawnClip draw_snow_clip(const ProceduralClip& request);

}  // namespace sfv::data
