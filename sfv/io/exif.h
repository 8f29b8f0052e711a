#pragma once

#include <cstddef>
#include <span>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// The Orientation tag (0x0112) in the first directory of EXIF data: 1..8, or 1 when it is missing or makes
/// no sense. exif: a TIFF structure ("II*\0" or "MM\0*" and so on), with or without "Exif\0\0" before it.
/// Never fails, reads nothing outside. Source: Exif 2.32, sections 4.5 and 4.6; TIFF 6.0, section 2.
[[nodiscard]] int exif_orientation(std::span<const std::byte> exif);

/// Turns and mirrors a stored picture so that it stands upright, as PIL.ImageOps.exif_transpose does.
/// orientation: 1..8.
[[nodiscard]] RgbImage apply_orientation(RgbImage image, int orientation);

}  // namespace sfv::io
