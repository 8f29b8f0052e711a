#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// How many rows and columns a product must have a multiple of.
inline constexpr int64_t kProductRows = 8, kProductColumns = 32;

/// y = A B, or y += A B. A [rows, depth] lies at a[row * a_row + k * a_step], so that it may be transposed; B
/// [depth, columns] in panels of kProductColumns columns at b[panel * b_panel + k * b_step + column], y
/// [rows, columns] row by row. Numbers, not bytes.
struct Product {
  int64_t rows = 0, columns = 0, depth = 0;
  const float* a = nullptr;
  int64_t a_row = 0, a_step = 0;
  const float* b = nullptr;
  int64_t b_panel = 0, b_step = 0;
  float* y = nullptr;
  int64_t y_row = 0;
  bool adds = false;
};

/// The product on the thread that calls. Every element is one chain of multiply-adds in the order of k: its
/// value depends neither on the sizes nor on the elements around it.
void multiply(const Product& product);

}  // namespace sfv::ops::cpu
