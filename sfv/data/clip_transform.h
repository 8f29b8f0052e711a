#pragma once

#include <cstdint>

#include "sfv/core/rgb_image.h"

namespace sfv::data {

enum class CropPlace {
  kCenter,  // the surplus is cut off equally on both sides
  kRandom,  // uniform over every whole pixel, drawn once for all frames of a clip
};

struct ClipTransform {
  int64_t width = 768;  // pixels of the result; SF-V trains at 768x448
  int64_t height = 448;
  CropPlace crop = CropPlace::kCenter;
  bool flips = false;  // mirror left and right, once in two
};

/// Every frame scaled to cover width x height (Pillow's Lanczos, as io::fit_crop does), cut to it, and
/// perhaps mirrored; the same cut and the same mirroring for all frames. Depends on nothing but its
/// arguments. Errors: kInvalidArgument for frames of different sizes; those of io::resize_lanczos.
[[nodiscard]] Clip transform_clip(const Clip& clip, const ClipTransform& transform, uint64_t draw_seed);

/// The picture mirrored left to right.
[[nodiscard]] RgbImage flip_horizontally(const RgbImage& image);

}  // namespace sfv::data
