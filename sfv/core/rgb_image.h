#pragma once

#include <cstdint>
#include <vector>

namespace sfv {

/// 8-bit sRGB picture, rows top to bottom, no padding: rgb[(y * width + x) * 3 + channel].
struct RgbImage {
  int64_t width = 0;   // pixels
  int64_t height = 0;  // pixels
  std::vector<uint8_t> rgb;

  [[nodiscard]] bool operator==(const RgbImage&) const = default;
};

/// Pictures of one size, to be shown at `fps`.
struct Clip {
  std::vector<RgbImage> frames;
  double fps = 7;  // frames per second
};

}  // namespace sfv
