#pragma once

#include <array>
#include <cstdint>

#include "sfv/core/rgb_image.h"

namespace sfv::data {

/// A still picture to play in front of: smooth patches between two colours in two sizes (value noise), and a
/// fine grain. The same seed gives the same bytes everywhere, and at every place that two sizes share.
/// width, height: pixels. patch: pixels between the centres of the large patches, >= 4.
[[nodiscard]] RgbImage make_noise_texture(int64_t width, int64_t height, int64_t patch,
                                          const std::array<uint8_t, 3>& one,
                                          const std::array<uint8_t, 3>& other, uint64_t seed);

}  // namespace sfv::data
