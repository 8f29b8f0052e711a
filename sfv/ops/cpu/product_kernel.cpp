// Small float32 products on operands that stay in the caches: a block of the result is kept in registers over
// the whole depth.
#include "sfv/ops/cpu/product_kernel.h"

#include "sfv/ops/cpu/vectors.h"

namespace sfv::ops::cpu {
namespace {

// R rows and V vectors of columns.
template <int R, int V>
SFV_INLINED void multiply_block(const Product& p, const float* a, const float* b, float* y) {
  Vec sums[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      sums[r][v] = Vec{};
      if (p.adds) load(y + r * p.y_row + v * kLanes, sums[r][v]);
    }
  }
  for (int64_t k = 0; k < p.depth; ++k, a += p.a_step, b += p.b_step) {
    Vec columns[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) load(b + v * kLanes, columns[v]);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[r][v] += a[r * p.a_row] * columns[v];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) store(y + r * p.y_row + v * kLanes, sums[r][v]);
  }
}

template <int R, int V>
SFV_INLINED void multiply_with(const Product& p) {
  for (int64_t column = 0; column < p.columns; column += V * kLanes) {
    const float* const b = p.b + column / kProductColumns * p.b_panel + column % kProductColumns;
    for (int64_t row = 0; row < p.rows; row += R)
      multiply_block<R, V>(p, p.a + row * p.a_row, b, p.y + row * p.y_row + column);
  }
}

// As many sums as there are registers for them.
void multiply_anywhere(const Product& p) {
  multiply_with<4, 1>(p);
}

using Multiply = void (*)(const Product&);

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("arch=x86-64-v4")]] void multiply_avx512(const Product& p) {
  multiply_with<kProductRows, 2>(p);
}
[[gnu::target("arch=x86-64-v3")]] void multiply_avx2(const Product& p) {
  multiply_with<4, 1>(p);
}
Multiply best_multiply() {
  if (__builtin_cpu_supports("x86-64-v4")) return multiply_avx512;
  return __builtin_cpu_supports("x86-64-v3") ? multiply_avx2 : multiply_anywhere;
}
#else
Multiply best_multiply() {
  return multiply_anywhere;
}
#endif

}  // namespace

void multiply(const Product& product) {
  static const Multiply best = best_multiply();
  best(product);
}

}  // namespace sfv::ops::cpu
