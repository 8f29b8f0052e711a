#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// How many rows and columns a product must have a multiple of.
inline constexpr int64_t kProductRows = 8, kProductColumns = 32;

/// How many numbers of B that follow each other along the depth lie side by side.
template <typename N>
inline constexpr int64_t kProductPair = 1;
template <>
inline constexpr int64_t kProductPair<uint16_t> = 2;

/// y = A B, or y += A B, of floats (N = float) or of bfloat16 numbers by their bits (N = uint16_t), with sums
/// in float. A [rows, depth] lies at a[row * a_row + k * a_step], so that it may be transposed; B [depth,
/// columns] in panels of kProductColumns columns at b[panel * b_panel + k * b_step + column], y [rows,
/// columns] row by row. Numbers, not bytes. bfloat16 numbers go in pairs: the depth is even, a_step is 1, and
/// B's element lies at b[panel * b_panel + k / 2 * b_step + 2 * column + k % 2].
template <typename N>
struct Product {
  int64_t rows = 0, columns = 0, depth = 0;
  const N* a = nullptr;
  int64_t a_row = 0, a_step = 1;
  const N* b = nullptr;
  int64_t b_panel = 0, b_step = 0;
  float* y = nullptr;
  int64_t y_row = 0;
  bool adds = false;
};

/// The product on the thread that calls. Every element is one chain of multiply-adds in the order of k: its
/// value depends neither on the sizes nor on the elements around it.
void multiply(const Product<float>& product);

/// What multiply() of bfloat16 numbers goes by: the processor's matrix tiles, its dot products (at twice the
/// rate of floats), or neither: then it is only right.
enum class ShortProducts { kPortable, kDotProducts, kTiles };
[[nodiscard]] ShortProducts short_products();

/// The same of bfloat16 numbers. Tiles and dot products take numbers below 2^-126 for 0.
void multiply(const Product<uint16_t>& product);
/// By a way that the processor has.
void multiply_by(ShortProducts way, const Product<uint16_t>& product);

}  // namespace sfv::ops::cpu
