#pragma once

#include <cstdint>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::data {

/// Grey levels, rows top to bottom.
struct GreyImage {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<uint8_t> grey;
};

/// The picture as grey levels (BT.601 weights), scaled down so that no side is longer than `longest`.
[[nodiscard]] GreyImage make_grey(const RgbImage& image, int64_t longest);

/// Where one block went.
struct BlockMove {
  double dx = 0;  // pixels to the right
  double dy = 0;  // pixels down
};

/// The moves of `from`'s 8x8 blocks on the way to `to`: the place of least absolute difference within `reach`
/// pixels (a near place wins over a far one that is no better), then refined below a pixel by one
/// least-squares step on the gradient. A block whose best place is still no match is left out. from, to: of
/// one size, at least 8x8.
[[nodiscard]] std::vector<BlockMove> match_blocks(const GreyImage& from, const GreyImage& to, int64_t reach);

}  // namespace sfv::data
