#pragma once

#include <cstdint>
#include <span>

#include "sfv/io/lanczos_weights.h"

namespace sfv::io {

/// Rows of 8-bit RGB pixels that someone else owns. Coordinates are those of the whole picture, of which this
/// may be a part that begins at (x, y).
struct ConstPixels {
  const uint8_t* data = nullptr;  // of the pixel (x, y)
  int64_t stride = 0;             // bytes from one row to the next
  int64_t x = 0;
  int64_t y = 0;
  [[nodiscard]] const uint8_t* at(int64_t column, int64_t row) const {
    return data + (row - y) * stride + (column - x) * 3;
  }
};

struct Pixels {
  uint8_t* data = nullptr;
  int64_t stride = 0;
  [[nodiscard]] uint8_t* at(int64_t column, int64_t row) const { return data + row * stride + column * 3; }
};

/// Pixel (i, r) of `out` becomes the weighted sum of the pixels that taps[i] names in row first_row + r of
/// `source`, rounded to 8 bits.
void resample_columns(const ConstPixels& source, int64_t first_row, int64_t rows,
                      std::span<const LanczosTaps> taps, const Pixels& out);

/// Pixel (c, i) of `out` becomes the weighted sum of the pixels that taps[i] names in column first_column + c
/// of `source`, rounded to 8 bits.
void resample_rows(const ConstPixels& source, int64_t first_column, int64_t columns,
                   std::span<const LanczosTaps> taps, const Pixels& out);

}  // namespace sfv::io
