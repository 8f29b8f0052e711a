#pragma once

#include <cstdint>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// Image.resize((width, height), LANCZOS) of Pillow 13 on 8-bit data, bit for bit: fixed-point coefficients,
/// each pass rounded to 8 bits, no pass over a side that keeps its length. The width is scaled first, unless
/// the height loses more than twice as many pixels as the width does (Pillow before 13.0 scaled the width
/// first always). A copy when the size already matches. Errors: kInvalidArgument for an empty or inconsistent
/// picture, a size below 1, a side over kMaxSide or more than kMaxPixels (image.h). Source: Pillow's
/// Resample.c as described in docs/math.md.
[[nodiscard]] RgbImage resize_lanczos(const RgbImage& image, int64_t width, int64_t height);

/// Covers width x height and cuts the centre. One side is scaled to its target exactly, the other, by the
/// same ratio, to max(target, the nearest integer, halves up); the cut leaves floor(surplus / 2) pixels out
/// on the left or top. Equals resize_lanczos to the scaled size followed by the cut, but computes only what
/// is kept. Errors: as resize_lanczos.
[[nodiscard]] RgbImage fit_crop(const RgbImage& image, int64_t width, int64_t height);

struct ScaledSize {
  int64_t width = 0;
  int64_t height = 0;
};
/// The size to which fit_crop scales a picture of image_width x image_height before it cuts. Errors: as
/// resize_lanczos.
[[nodiscard]] ScaledSize cover_size(int64_t image_width, int64_t image_height, int64_t width, int64_t height);

/// As fit_crop, but cuts at (x, y) of the scaled picture instead of in its centre. Errors: as resize_lanczos;
/// kInvalidArgument where the cut is not inside.
[[nodiscard]] RgbImage fit_crop_at(const RgbImage& image, int64_t width, int64_t height, int64_t x,
                                   int64_t y);

/// Contained in width x height with black borders. One side is scaled to its target exactly, the other, by
/// the same ratio, to the nearest integer, halves up, at least 1; floor(rest / 2) black pixels lie on the
/// left or top. Errors: as resize_lanczos.
[[nodiscard]] RgbImage fit_pad(const RgbImage& image, int64_t width, int64_t height);

}  // namespace sfv::io
