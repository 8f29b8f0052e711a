#pragma once

#include <cstdint>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// The picture turned as a display matrix says (9 numbers of FFmpeg's AV_PKT_DATA_DISPLAYMATRIX: the 3x3
/// matrix of ISO 14496-12, row vectors): by quarter turns and flips, which is what cameras write; other
/// angles to the nearest quarter.
[[nodiscard]] RgbImage apply_display_matrix(RgbImage image, const int32_t* matrix);

}  // namespace sfv::io
