// Small products on operands that stay in the caches: a block of the result is kept in registers over the
// whole depth.
#include "sfv/ops/cpu/product_kernel.h"

#include <algorithm>

#include "sfv/core/cpu_features.h"
#include "sfv/ops/cpu/amx_tiles.h"
#include "sfv/ops/cpu/vectors.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define SFV_HAS_X86_TARGETS 1
#endif

namespace sfv::ops::cpu {
namespace {

// R rows and V vectors of columns.
template <int R, int V>
SFV_INLINED void multiply_block(const Product<float>& p, const float* a, const float* b, float* y) {
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
SFV_INLINED void multiply_with(const Product<float>& p) {
  for (int64_t column = 0; column < p.columns; column += V * kLanes) {
    const float* const b = p.b + column / kProductColumns * p.b_panel + column % kProductColumns;
    for (int64_t row = 0; row < p.rows; row += R)
      multiply_block<R, V>(p, p.a + row * p.a_row, b, p.y + row * p.y_row + column);
  }
}

// As many sums as there are registers for them.
void multiply_anywhere(const Product<float>& p) {
  multiply_with<4, 1>(p);
}

using Multiply = void (*)(const Product<float>&);

#ifdef SFV_HAS_X86_TARGETS
[[gnu::target("arch=x86-64-v4")]] void multiply_avx512(const Product<float>& p) {
  multiply_with<kProductRows, 2>(p);
}
[[gnu::target("arch=x86-64-v3")]] void multiply_avx2(const Product<float>& p) {
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

#ifdef SFV_HAS_X86_TARGETS
#define SFV_WITH_DOT_PRODUCTS [[gnu::target("arch=x86-64-v4,avx512bf16")]]

SFV_WITH_DOT_PRODUCTS SFV_INLINED void pair_block(const Product<uint16_t>& p, const uint16_t* a,
                                                  const uint16_t* b, float* y) {
  __m512 sums[kProductRows][2];
#pragma GCC unroll 8
  for (int r = 0; r < kProductRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v)
      sums[r][v] = p.adds ? _mm512_loadu_ps(y + r * p.y_row + v * kLanes) : _mm512_setzero_ps();
  }
  for (int64_t k = 0; k < p.depth; k += 2, a += 2, b += p.b_step) {
    const auto low = (__m512bh)_mm512_loadu_si512(b), high = (__m512bh)_mm512_loadu_si512(b + 2 * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kProductRows; ++r) {
      int32_t pair;
      std::memcpy(&pair, a + r * p.a_row, sizeof(pair));
      const auto row = (__m512bh)_mm512_set1_epi32(pair);
      sums[r][0] = _mm512_dpbf16_ps(sums[r][0], row, low);
      sums[r][1] = _mm512_dpbf16_ps(sums[r][1], row, high);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kProductRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) _mm512_storeu_ps(y + r * p.y_row + v * kLanes, sums[r][v]);
  }
}
SFV_WITH_DOT_PRODUCTS void multiply_pairs_dot(const Product<uint16_t>& p) {
  for (int64_t column = 0; column < p.columns; column += kProductColumns) {
    const uint16_t* const b = p.b + column / kProductColumns * p.b_panel;
    for (int64_t row = 0; row < p.rows; row += kProductRows)
      pair_block(p, p.a + row * p.a_row, b, p.y + row * p.y_row + column);
  }
}
#endif

// Pairs are taken apart. Each step adds the products of a pair, the second's first: as the instruction does.
void multiply_pairs_anywhere(const Product<uint16_t>& p) {
  using Bits = uint32_t __attribute__((vector_size(64)));
  for (int64_t column = 0; column < p.columns; column += kLanes) {
    const uint16_t* const b = p.b + column / kProductColumns * p.b_panel + 2 * (column % kProductColumns);
    for (int64_t row = 0; row < p.rows; ++row) {
      const uint16_t* const a = p.a + row * p.a_row;
      float* const y = p.y + row * p.y_row + column;
      Vec sums = {};
      if (p.adds) load(y, sums);
      for (int64_t k = 0; k < p.depth; k += 2) {
        Bits pairs;
        std::memcpy(&pairs, b + k / 2 * p.b_step, sizeof(pairs));
        const Bits first = pairs << 16, second = pairs & 0xFFFF0000U;
        sums += to_float(a[k + 1]) * __builtin_bit_cast(Vec, second);
        sums += to_float(a[k]) * __builtin_bit_cast(Vec, first);
      }
      store(y, sums);
    }
  }
}

#ifdef SFV_HAS_AMX_TILES
// Whether tiles give what they are to, on small whole numbers: nobody has run them on every processor.
bool tiles_are_right() {
  constexpr int64_t kRows = 40, kDepth = 2 * kTileDepth;
  uint16_t a[kRows * kDepth], b[kDepth * kProductColumns];
  for (int64_t i = 0; i < kRows * kDepth; ++i) assign(a[i], static_cast<float>(i * 5 % 13 - 6));
  for (int64_t i = 0; i < kDepth * kProductColumns; ++i) assign(b[i], static_cast<float>(i * 7 % 11 - 5));
  float found[kRows * kProductColumns] = {}, wanted[kRows * kProductColumns] = {};
  Product<uint16_t> p = {.rows = kRows,
                         .columns = kProductColumns,
                         .depth = kDepth,
                         .a = a,
                         .a_row = kDepth,
                         .b = b,
                         .b_step = 2 * kProductColumns,
                         .y = found,
                         .y_row = kProductColumns,
                         .adds = true};
  AmxTiles tiles;
  multiply_by_tiles(p, tiles);
  p.y = wanted;
  multiply_pairs_anywhere(p);
  return std::equal(found, found + kRows * kProductColumns, wanted);
}
bool has_tiles() {
  return cpu_features().amx_bf16 && may_use_tiles() && tiles_are_right();
}
#else
bool has_tiles() {
  return false;
}
#endif

ShortProducts best_short_products() {
  if (has_tiles()) return ShortProducts::kTiles;
#ifdef SFV_HAS_X86_TARGETS
  if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16"))
    return ShortProducts::kDotProducts;
#endif
  return ShortProducts::kPortable;
}

}  // namespace

void multiply(const Product<float>& product) {
  static const Multiply best = best_multiply();
  best(product);
}

ShortProducts short_products() {
  static const ShortProducts best = best_short_products();
  return best;
}

void multiply_by(ShortProducts way, const Product<uint16_t>& p) {
#ifdef SFV_HAS_AMX_TILES
  if (way == ShortProducts::kTiles && p.depth % kTileDepth == 0) {
    AmxTiles tiles;
    return multiply_by_tiles(p, tiles);
  }
#endif
#ifdef SFV_HAS_X86_TARGETS
  if (way != ShortProducts::kPortable) return multiply_pairs_dot(p);  // every processor with tiles has them
#endif
  multiply_pairs_anywhere(p);
}

void multiply(const Product<uint16_t>& product) {
  multiply_by(short_products(), product);
}

}  // namespace sfv::ops::cpu
