// Value noise in integers.
#include "sfv/data/noise_texture.h"

#include <algorithm>

#include "sfv/data/counter_random.h"
#include "sfv/data/fixed_math.h"

namespace sfv::data {
namespace {

constexpr uint64_t kGrainStream = 0x677261696E;  // "grain"
constexpr int64_t kGrain = 5;                    // levels up and down

/// A random level at each corner of a grid, 0 … 255.
int64_t corner(uint64_t seed, uint64_t octave, int64_t x, int64_t y) {
  return static_cast<int64_t>(random_word(seed, octave, static_cast<uint64_t>(y << 32 | x)) >> 56);
}

/// 0 … 2^16 to 0 … 2^16, flat at both ends.
int64_t smooth(int64_t t) {
  return ((t * t >> 16) * (3 * kQ16 - 2 * t)) >> 16;
}

/// 0 … 255 in Q16.
int64_t value_noise(uint64_t seed, uint64_t octave, int64_t x, int64_t y, int64_t cell) {
  const int64_t column = x / cell;
  const int64_t row = y / cell;
  const int64_t across = smooth((x % cell) * kQ16 / cell);
  const int64_t down = smooth((y % cell) * kQ16 / cell);
  const auto edge = [&](int64_t at_row) {
    const int64_t left = corner(seed, octave, column, at_row);
    return left * kQ16 + (corner(seed, octave, column + 1, at_row) - left) * across;
  };
  const int64_t top = edge(row);
  return top + ((edge(row + 1) - top) * down >> 16);
}

}  // namespace

RgbImage make_noise_texture(int64_t width, int64_t height, int64_t patch, const std::array<uint8_t, 3>& one,
                            const std::array<uint8_t, 3>& other, uint64_t seed) {
  RgbImage image{.width = width, .height = height, .rgb = {}};
  image.rgb.reserve(static_cast<size_t>(width * height * 3));
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t share =  // of the other colour, Q16 times 255
          (2 * value_noise(seed, 0, x, y, patch) +
           value_noise(seed, 1, x, y, std::max<int64_t>(patch / 3, 2))) /
          3;
      const uint64_t word = random_word(seed, kGrainStream, static_cast<uint64_t>(y << 32 | x));
      const int64_t grain = static_cast<int64_t>((word >> 32) * (2 * kGrain + 1) >> 32) - kGrain;
      for (size_t c = 0; c < 3; ++c) {
        const int64_t level = one[c] + floor_div((other[c] - one[c]) * share, 255 * kQ16) + grain;
        image.rgb.push_back(static_cast<uint8_t>(std::clamp<int64_t>(level, 0, 255)));
      }
    }
  }
  return image;
}

}  // namespace sfv::data
