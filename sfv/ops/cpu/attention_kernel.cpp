// Attention of many tokens: for a block of queries, the products with a block of keys, their exponentials,
// and the products with the values, block of keys after block of keys.
#include "sfv/ops/cpu/attention_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sfv/core/rounding.h"
#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/cpu/vectors.h"

namespace sfv::ops::cpu {
namespace {

constexpr int64_t kQueries = 64;  // at a time
constexpr int64_t kKeys = 512;
static_assert(kQueries % kProductRows == 0 && kKeys % kProductColumns == 0);

// To the type that products take.
void convert(float x, float& y) {
  y = x;
}
void convert(uint16_t x, float& y) {
  y = to_float(x);
}
void convert(uint16_t x, uint16_t& y) {
  y = x;
}

// A panel of one head's keys and their values, as products take them: keys [panel of kProductColumns keys, D,
// key], values [L, D], either with the pairs of N along its depth together; zeros after the last.
template <typename T, typename N>
void pack(const AttentionSizes& s, int64_t first, const T* k, const T* v, N* keys, N* values) {
  constexpr int64_t kPair = kProductPair<N>;
  const int64_t C = s.heads * s.D, count = std::min(kProductColumns, s.L - first);
  std::fill(keys + first * s.D, keys + (first + kProductColumns) * s.D, N{0});
  std::fill(values + first * s.D, values + (first + kProductColumns) * s.D, N{0});
  for (int64_t i = 0; i < count; ++i) {
    const T *const key = k + (first + i) * C, *const value = v + (first + i) * C;
    N* const panel = keys + first * s.D + kPair * i;
    N* const rows = values + (first + i - i % kPair) * s.D + i % kPair;
    for (int64_t d = 0; d < s.D; d += kPair) {
      for (int64_t e = 0; e < kPair; ++e) convert(key[d + e], panel[d * kProductColumns + e]);
    }
    for (int64_t d = 0; d < s.D; ++d) convert(value[d], rows[kPair * d]);
  }
}

// A row's logits, times a factor, become powers of two below their maximum so far, the weights, which may lie
// where the logits lay; sums and results so far are scaled to it. What fills the last panel up adds less than
// 1e-37 to a sum that is at least 1, and meets values of 0.
struct Row {
  float maximum, sum;
};
SFV_INLINED void store_weight(float* to, Vec& weight) {
  store(to, weight);
}
SFV_INLINED void store_weight(uint16_t* to, Vec& weight) {  // a NaN is in the row's sum, too
  round_to_short(weight);
  store_exactly(to, weight);
}
template <typename N>
SFV_INLINED void weigh_of(float* logits, float factor, int64_t count, int64_t padded, Row& row, N* weights,
                          float* result, int64_t D) {
  std::fill(logits + count, logits + padded, -std::numeric_limits<float>::max());
  Vec highest = Vec{} + row.maximum;
  for (int64_t i = 0; i < padded; i += kLanes) {
    Vec x;
    load(logits + i, x);
    highest = x > highest ? x : highest;
  }
  const float maximum = largest(highest);
  Vec sums = {};
  for (int64_t i = 0; i < padded; i += kLanes) {
    Vec weight;
    load(logits + i, weight);
    weight = (weight - maximum) * factor;
    power_of_two(weight);
    store_weight(weights + i, weight);
    sums += weight;
  }
  Vec scale = Vec{} + (row.maximum - maximum) * factor;
  power_of_two(scale);
  row = {maximum, row.sum * scale[0] + sum_of(sums)};
  for (int64_t d = 0; d < D; d += kLanes) {
    Vec x;
    load(result + d, x);
    store(result + d, x * scale);
  }
}
SFV_FOR_EACH_CPU void weigh(float* logits, float factor, int64_t count, int64_t padded, Row& row,
                            float* weights, float* result, int64_t D) {
  weigh_of(logits, factor, count, padded, row, weights, result, D);
}
SFV_FOR_EACH_CPU void weigh(float* logits, float factor, int64_t count, int64_t padded, Row& row,
                            uint16_t* weights, float* result, int64_t D) {
  weigh_of(logits, factor, count, padded, row, weights, result, D);
}

template <typename T>
SFV_INLINED void give_of(const float* from, float factor, int64_t D, T* y) {
  for (int64_t d = 0; d < D; ++d) assign(y[d], from[d] * factor);
}
SFV_FOR_EACH_CPU void give_result(const float* from, float factor, int64_t D, float* y) {
  give_of(from, factor, D, y);
}
SFV_FOR_EACH_CPU void give_result(const float* from, float factor, int64_t D, uint16_t* y) {
  give_of(from, factor, D, y);
}

// What a thread works in. N: the numbers that products take. A row's weights take the place of its logits:
// less that the caches have to keep.
template <typename N>
struct Desk {
  float *logits, *results;
  N* queries;
};
template <typename N>
constexpr auto kWeightsRow = static_cast<int64_t>(kKeys * sizeof(float) / sizeof(N));

// q, y: the first of `count` queries of a head.
template <typename T, typename N>
void attend(const AttentionSizes& s, int64_t count, const T* q, const N* keys, const N* values, T* y,
            const Desk<N>& desk) {
  const int64_t C = s.heads * s.D;
  constexpr float kLog2E = 1.44269504F;
  const float factor = kLog2E / std::sqrt(static_cast<float>(s.D));
  std::fill(desk.queries, desk.queries + kQueries * s.D, N{0});
  std::fill(desk.results, desk.results + kQueries * s.D, 0.0F);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t d = 0; d < s.D; ++d) convert(q[i * C + d], desk.queries[i * s.D + d]);
  }
  Row rows[kQueries];
  std::fill(rows, rows + kQueries, Row{-std::numeric_limits<float>::max(), 0});
  const int64_t blocks = round_up(count, kProductRows);
  N* const weights = reinterpret_cast<N*>(desk.logits);
  for (int64_t key = 0; key < s.L; key += kKeys) {
    const int64_t present = std::min(kKeys, s.L - key), columns = round_up(present, kProductColumns);
    multiply(Product<N>{.rows = blocks,
                        .columns = columns,
                        .depth = s.D,
                        .a = desk.queries,
                        .a_row = s.D,
                        .b = keys + key * s.D,
                        .b_panel = s.D * kProductColumns,
                        .b_step = kProductPair<N> * kProductColumns,
                        .y = desk.logits,
                        .y_row = kKeys});
    for (int64_t i = 0; i < blocks; ++i)
      weigh(desk.logits + i * kKeys, factor, present, columns, rows[i], weights + i * kWeightsRow<N>,
            desk.results + i * s.D, s.D);
    multiply(Product<N>{.rows = blocks,
                        .columns = s.D,
                        .depth = columns,
                        .a = weights,
                        .a_row = kWeightsRow<N>,
                        .b = values + key * s.D,
                        .b_panel = kProductPair<N> * kProductColumns,
                        .b_step = kProductPair<N> * s.D,
                        .y = desk.results,
                        .y_row = s.D,
                        .adds = true});
  }
  for (int64_t i = 0; i < count; ++i) give_result(desk.results + i * s.D, 1.0F / rows[i].sum, s.D, y + i * C);
}

int64_t packed_size(const AttentionSizes& s) {
  return round_up(s.L, kProductColumns) * s.D;
}

// Of a thread: so many floats, the last for its queries.
int64_t desk_size(const AttentionSizes& s) {
  return kQueries * (kKeys + 2 * s.D);
}

template <typename T, typename N>
void attention_by(const AttentionSizes& s, const T* q, const T* k, const T* v, T* y, std::byte* workspace) {
  const int64_t C = s.heads * s.D, packed = packed_size(s);
  const int64_t all_desks = at::get_num_threads() * desk_size(s);
  auto* const floats = reinterpret_cast<float*>(workspace);
  N* const keys = reinterpret_cast<N*>(floats + all_desks);
  N* const values = keys + s.heads * packed;
  const int64_t panels = packed / s.D / kProductColumns, blocks = quotient_up(s.S, kQueries);
  for (int64_t n = 0; n < s.pictures; ++n) {
    at::parallel_for(0, s.heads * panels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t head = i / panels, from = n * s.L * C + head * s.D;
        pack(s, i % panels * kProductColumns, k + from, v + from, keys + head * packed,
             values + head * packed);
      }
    });
    at::parallel_for(0, s.heads * blocks, 1, [&](int64_t begin, int64_t end) {
      float* const own = floats + at::get_thread_num() * desk_size(s);
      float* const results = own + kQueries * kKeys;
      const Desk<N> desk = {own, results, reinterpret_cast<N*>(results + kQueries * s.D)};
      for (int64_t i = begin; i < end; ++i) {
        const int64_t head = i / blocks, first = i % blocks * kQueries;
        const int64_t place = (n * s.S + first) * C + head * s.D;
        attend(s, std::min(kQueries, s.S - first), q + place, keys + head * packed, values + head * packed,
               y + place, desk);
      }
    });
  }
}

}  // namespace

int64_t attention_workspace(const AttentionSizes& sizes, int64_t threads) {
  const int64_t numbers = threads * desk_size(sizes) + 2 * sizes.heads * packed_size(sizes);
  return numbers * static_cast<int64_t>(sizeof(float));
}

template <>
void attention(const AttentionSizes& s, const float* q, const float* k, const float* v, float* y,
               std::byte* workspace) {
  attention_by<float, float>(s, q, k, v, y, workspace);
}

template <>
void attention(const AttentionSizes& s, const uint16_t* q, const uint16_t* k, const uint16_t* v, uint16_t* y,
               std::byte* workspace) {
  const bool is_fast = short_products() != ShortProducts::kPortable;
  (is_fast ? attention_by<uint16_t, uint16_t> : attention_by<uint16_t, float>)(s, q, k, v, y, workspace);
}

}  // namespace sfv::ops::cpu
