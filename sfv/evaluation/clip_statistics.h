#pragma once

#include <cstdint>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::evaluation {

/// A clip whose fastest tenth moves less than this stands still, in pixels a frame.
inline constexpr double kStaticSpeed = 0.2;

/// How a clip moves and how sharp it is. Displacements are those of 8x8 blocks (data/block_motion.h) of the
/// grey picture, made smaller to at most 128 pixels a side: "pixels" are those of that picture, which at
/// 64x64 is the clip itself.
struct ClipStatistics {
  double speed = 0;             // mean displacement, pixels a frame; even blocks count as still
  double fast_speed = 0;        // the same of the tenth of all blocks that moves most
  double direction_spread = 0;  // 1 - |sum of displacements| / sum of lengths: 0 one way, 1 all ways or none
  double static_share = 0;      // of the steps from frame to frame, those whose fast_speed is < kStaticSpeed
  double first_to_last = 0;     // root mean square difference of first and last frame, 8-bit levels
  std::vector<double> sharpness;  // gradient energy of each frame

  [[nodiscard]] bool is_static() const { return fast_speed < kStaticSpeed; }
};

/// clip: one frame or more, of one size, each side at least 8 pixels. Errors: kInvalidArgument.
[[nodiscard]] ClipStatistics measure_clip(const Clip& clip);

/// Mean over pixels of the squared differences to the right and lower neighbour of the grey picture (BT.601),
/// in squared 8-bit levels. Blur lowers it. Source: methods of SF-V at small scale.
[[nodiscard]] double gradient_energy(const RgbImage& image);
/// The same of what differs from a background of the same size, so that a sharp background cannot hide a
/// blurred foreground. Errors: kInvalidArgument for different sizes.
[[nodiscard]] double gradient_energy(const RgbImage& image, const RgbImage& background);

/// Root mean square difference of two pictures of one size, in 8-bit levels. Errors: kInvalidArgument.
[[nodiscard]] double rms_difference(const RgbImage& a, const RgbImage& b);

}  // namespace sfv::evaluation
