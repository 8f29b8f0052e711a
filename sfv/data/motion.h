#pragma once

#include <cstdint>

#include "sfv/core/rgb_image.h"

namespace sfv::data {

/// How much a clip moves.
struct Motion {
  double per_frame = 0;   // mean displacement from one frame to the next, in shares of the picture's side
  double per_second = 0;  // per_frame times fps
  int64_t bucket = 0;     // motion_bucket(per_second)
};

/// Measures a clip. Each frame is made grey and at most 96 pixels long; its 8x8 blocks are looked for in the
/// next frame, up to 16 pixels away (block_motion.h). Per pair of frames the mean length of the blocks'
/// displacements, divided by sqrt(width * height) of the small picture; blocks that are found nowhere (at
/// borders, behind something) do not count, blocks too even to be told apart count as still. The mean over
/// pairs is per_frame. Fewer than two frames: 0. Errors: kInvalidArgument for frames of different sizes or
/// empty ones.
[[nodiscard]] Motion measure_motion(const Clip& clip);

/// Speed to motion bucket: round(255 * v / (v + 1/8)) with v in picture sides a second, so that 0 is still, a
/// pan that takes 8 seconds across the picture is at the middle, 127 (SVD's default), and no speed is beyond
/// the scale. per_second: >= 0 (below counts as 0). Returns 0 … 255.
[[nodiscard]] int64_t motion_bucket(double per_second);

}  // namespace sfv::data
