#pragma once

#include <torch/types.h>

namespace sfv::evaluation {

/// What moves over a picture that stands still, such as falling snow, from the brightness over the picture:
/// d = mean over colours of (frame - picture), in shares of white. A pixel with d > kCovered is covered.
struct OverlayMotion {
  double covered = 0;   // share of pixels that are covered, of the frames from kWholeFrame on
  double contrast = 0;  // the brightest hundredth of d begins here, of those frames
  double coherence =
      0;             // correlation of consecutive d at the best shift, mean over the pairs of those frames
  double fall = 0;   // that shift downwards, pixels a frame, mean over the pairs
  double drift = 0;  // the same to the right
  /// PSNR to the picture in dB, at most kEqualPsnr: of frame 0, and of the last frame over the pixels that no
  /// frame covers.
  double first_psnr = 0;
  double background_psnr = 0;
  double background_share = 0;  // of pixels that no frame covers
};

inline constexpr double kCovered = 0.08;        // Source: the SF-V pilot's evaluation
inline constexpr int64_t kWholeFrame = 4;       // snow fades in over frames 1 and 2
inline constexpr double kEqualPsnr = 100;       // 8-bit levels cannot tell more apart
inline constexpr double kFarthestShift = 0.08;  // of the shorter side, per frame

/// clip: [T, 3, H, W], picture: [3, H, W], both -1..1, float32, on the CPU; T of kWholeFrame + 2 or more. The
/// shift is looked for within kFarthestShift of the shorter side (at least 2 pixels), by circular correlation
/// of the mean-free d. A clip without anything over the picture has coherence and shift 0.
/// Errors: kInvalidArgument for other shapes.
[[nodiscard]] OverlayMotion measure_overlay(const torch::Tensor& clip, const torch::Tensor& picture);

}  // namespace sfv::evaluation
