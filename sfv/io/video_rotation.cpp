// Phones store a video as the sensor sees it and a matrix that says how to hold it.
#include "sfv/io/video_rotation.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sfv::io {

RgbImage apply_display_matrix(RgbImage image, const int32_t* matrix) {
  // A point (x, y) of the stored picture is shown at (a x + c y, b x + d y).
  const int64_t a = matrix[0];
  const int64_t b = matrix[1];
  const int64_t c = matrix[3];
  const int64_t d = matrix[4];
  const bool swaps_sides = std::abs(b) + std::abs(c) > std::abs(a) + std::abs(d);
  const bool mirrors_x = swaps_sides ? c < 0 : a < 0;
  const bool mirrors_y = swaps_sides ? b < 0 : d < 0;
  if (!swaps_sides && !mirrors_x && !mirrors_y) return image;

  RgbImage shown{.width = swaps_sides ? image.height : image.width,
                 .height = swaps_sides ? image.width : image.height,
                 .rgb = {}};
  shown.rgb.resize(image.rgb.size());
  uint8_t* to = shown.rgb.data();
  for (int64_t y = 0; y < shown.height; ++y) {
    for (int64_t x = 0; x < shown.width; ++x, to += 3) {
      int64_t from_x = mirrors_x ? shown.width - 1 - x : x;
      int64_t from_y = mirrors_y ? shown.height - 1 - y : y;
      if (swaps_sides) std::swap(from_x, from_y);
      std::copy_n(image.rgb.data() + (from_y * image.width + from_x) * 3, 3, to);
    }
  }
  return shown;
}

}  // namespace sfv::io
