#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "sfv/ops/cpu/product_kernel.h"

namespace sfv::ops::cpu {

/// A matrix tile of Intel's AMX has up to 16 rows of 64 bytes.
inline constexpr int64_t kTileRows = 16, kTileDepth = 32, kTileColumns = 16;

/// Rows of tiles 0 to 7, and bytes of each row.
struct TileShapes {
  std::array<int64_t, 8> rows = {}, row_bytes = {};
};

/// multiply() by matrix tiles: the depth a multiple of kTileDepth. Tiles are the instructions, or what stands
/// for them in a test: configure(TileShapes), release(), and by numbers of tiles zero<T>(), load<T>(from,
/// bytes between rows), store<T>(to, bytes between rows), dot<C, A, B>(): C += A B for bfloat16 numbers in
/// pairs.
template <typename Tiles>
void multiply_by_tiles(const Product<uint16_t>& p, Tiles& tiles) {
  constexpr auto kShort = static_cast<int64_t>(sizeof(uint16_t)),
                 kFloat = static_cast<int64_t>(sizeof(float));
  const int64_t a_bytes = p.a_row * kShort, b_bytes = p.b_step * kShort, y_bytes = p.y_row * kFloat;
  int64_t configured = 0;
  for (int64_t row = 0; row < p.rows; row += 2 * kTileRows) {
    // Two tiles of rows times two of columns: sums in tiles 0 to 3, A in 4 and 5, B in 6 and 7.
    const int64_t rows = std::min(p.rows - row, 2 * kTileRows), above = std::min(rows, kTileRows);
    const int64_t below = rows - above;
    if (rows != configured) {
      constexpr int64_t kBytes = kTileDepth * kShort;
      const int64_t low = std::max<int64_t>(below, 1);  // none is not a shape
      tiles.configure({.rows = {above, above, low, low, above, low, kTileDepth / 2, kTileDepth / 2},
                       .row_bytes = {kBytes, kBytes, kBytes, kBytes, kBytes, kBytes, kBytes, kBytes}});
      configured = rows;
    }
    for (int64_t column = 0; column < p.columns; column += kProductColumns) {
      float *const y = p.y + row * p.y_row + column, *const y_below = y + above * p.y_row;
      if (p.adds) {
        tiles.template load<0>(y, y_bytes);
        tiles.template load<1>(y + kTileColumns, y_bytes);
        if (below > 0) {
          tiles.template load<2>(y_below, y_bytes);
          tiles.template load<3>(y_below + kTileColumns, y_bytes);
        }
      } else {
        tiles.template zero<0>();
        tiles.template zero<1>();
        tiles.template zero<2>();
        tiles.template zero<3>();
      }
      const uint16_t* a = p.a + row * p.a_row;
      const uint16_t* b = p.b + column / kProductColumns * p.b_panel;
      for (int64_t k = 0; k < p.depth; k += kTileDepth) {
        tiles.template load<6>(b, b_bytes);
        tiles.template load<7>(b + 2 * kTileColumns, b_bytes);
        tiles.template load<4>(a, a_bytes);
        tiles.template dot<0, 4, 6>();
        tiles.template dot<1, 4, 7>();
        if (below > 0) {
          tiles.template load<5>(a + above * p.a_row, a_bytes);
          tiles.template dot<2, 5, 6>();
          tiles.template dot<3, 5, 7>();
        }
        a += kTileDepth;
        b += kTileDepth / 2 * p.b_step;
      }
      tiles.template store<0>(y, y_bytes);
      tiles.template store<1>(y + kTileColumns, y_bytes);
      if (below > 0) {
        tiles.template store<2>(y_below, y_bytes);
        tiles.template store<3>(y_below + kTileColumns, y_bytes);
      }
    }
  }
  tiles.release();
}

}  // namespace sfv::ops::cpu
