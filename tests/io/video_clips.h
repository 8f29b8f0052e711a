#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// A clip whose pixels differ everywhere and move by one pixel a frame.
[[nodiscard]] inline Clip make_moving_clip(int64_t width, int64_t height, int64_t frames, double fps = 7) {
  Clip clip{.frames = {}, .fps = fps};
  for (int64_t i = 0; i < frames; ++i) {
    RgbImage image{.width = width, .height = height, .rgb = {}};
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const double wave =
            std::sin(static_cast<double>(x + i) * 0.21) + std::cos(static_cast<double>(y) * 0.17);
        image.rgb.push_back(static_cast<uint8_t>(128 + 50 * wave));
        image.rgb.push_back(static_cast<uint8_t>((x + i) * 255 / (width + frames)));
        image.rgb.push_back(static_cast<uint8_t>(y * 255 / height));
      }
    }
    clip.frames.push_back(std::move(image));
  }
  return clip;
}

/// A clip of noise, the same on every run: what no encoder can make small.
[[nodiscard]] inline Clip make_noise_clip(int64_t width, int64_t height, int64_t frames) {
  Clip clip;
  uint32_t state = 1;  // a linear congruential generator, Numerical Recipes' constants
  for (int64_t i = 0; i < frames; ++i) {
    RgbImage image{.width = width, .height = height, .rgb = {}};
    for (int64_t k = 0; k < width * height * 3; ++k) {
      state = state * 1664525U + 1013904223U;
      image.rgb.push_back(static_cast<uint8_t>(state >> 24));
    }
    clip.frames.push_back(std::move(image));
  }
  return clip;
}

/// A clip that looks over a photo: a window of the given size that moves by (5, 2) pixels a frame.
[[nodiscard]] inline Clip make_photo_clip(const RgbImage& photo, int64_t width, int64_t height,
                                          int64_t frames) {
  Clip clip;
  for (int64_t i = 0; i < frames; ++i) {
    RgbImage image{.width = width, .height = height, .rgb = {}};
    for (int64_t y = 0; y < height; ++y) {
      const uint8_t* row = photo.rgb.data() + ((y + 2 * i) * photo.width + 5 * i) * 3;
      image.rgb.insert(image.rgb.end(), row, row + width * 3);
    }
    clip.frames.push_back(std::move(image));
  }
  return clip;
}

[[nodiscard]] inline RgbImage make_plain_image(int64_t width, int64_t height,
                                               std::initializer_list<uint8_t> rgb) {
  RgbImage image{.width = width, .height = height, .rgb = {}};
  for (int64_t i = 0; i < width * height; ++i) image.rgb.insert(image.rgb.end(), rgb);
  return image;
}

/// Peak signal-to-noise ratio in dB over the area that both have (a video may be a pixel wider than its
/// source).
[[nodiscard]] inline double psnr(const Clip& clip, const Clip& source) {
  double sum = 0;
  double count = 0;
  for (size_t i = 0; i < source.frames.size(); ++i) {
    const RgbImage& a = clip.frames.at(i);
    const RgbImage& b = source.frames[i];
    for (int64_t y = 0; y < b.height; ++y) {
      for (int64_t x = 0; x < b.width * 3; ++x, ++count) {
        const double difference = double{1} * a.rgb.at(static_cast<size_t>(y * a.width * 3 + x)) -
                                  b.rgb.at(static_cast<size_t>(y * b.width * 3 + x));
        sum += difference * difference;
      }
    }
  }
  return sum == 0 ? INFINITY : 10 * std::log10(255.0 * 255.0 * count / sum);
}

}  // namespace sfv::io
