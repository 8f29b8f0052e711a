#pragma once

#include <cstdint>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// Pillow's Image.resize((width, height), LANCZOS) on 8-bit data, bit for bit: fixed-point coefficients, horizontal pass first,
/// each pass rounded to 8 bits. A copy when the size already matches. width, height: >= 1.
/// Source: Pillow's Resample.c as described in docs/math.md.
[[nodiscard]] RgbImage resize_lanczos(const RgbImage& image, int64_t width, int64_t height);

/// The picture fitted into width x height by covering and cutting the centre (crop) or by containing and adding black borders (pad).
[[nodiscard]] RgbImage fit_crop(const RgbImage& image, int64_t width, int64_t height);
[[nodiscard]] RgbImage fit_pad(const RgbImage& image, int64_t width, int64_t height);

}  // namespace sfv::io
