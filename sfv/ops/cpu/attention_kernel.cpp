// Attention of many tokens: for a block of queries, the products with a block of keys, their exponentials,
// and the products with the values, block of keys after block of keys.
#include "sfv/ops/cpu/attention_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/cpu/vectors.h"

namespace sfv::ops::cpu {
namespace {

constexpr int64_t kQueries = 64;  // at a time
constexpr int64_t kKeys = 256;
static_assert(kQueries % kProductRows == 0 && kKeys % kProductColumns == 0);

int64_t round_up(int64_t a, int64_t b) {
  return (a + b - 1) / b * b;
}

// Keys of one head as products take them, [panel of kProductColumns keys, D, key], and values [L, D]; both in
// float and with zeros after the last.
template <typename T>
SFV_INLINED void pack_of(const AttentionSizes& s, int64_t first, const T* k, const T* v, float* keys,
                         float* values) {
  const int64_t C = s.heads * s.D, last = std::min(first + kProductColumns, s.L);
  float* const panel = keys + first * s.D;
  for (int64_t i = first; i < first + kProductColumns; ++i) {
    const bool is_key = i < last;
    for (int64_t d = 0; d < s.D; ++d) {
      panel[d * kProductColumns + i - first] = is_key ? to_float(k[i * C + d]) : 0.0F;
      values[i * s.D + d] = is_key ? to_float(v[i * C + d]) : 0.0F;
    }
  }
}
SFV_FOR_EACH_CPU void pack(const AttentionSizes& s, int64_t first, const float* k, const float* v,
                           float* keys, float* values) {
  pack_of(s, first, k, v, keys, values);
}
SFV_FOR_EACH_CPU void pack(const AttentionSizes& s, int64_t first, const uint16_t* k, const uint16_t* v,
                           float* keys, float* values) {
  pack_of(s, first, k, v, keys, values);
}

// A row's logits become exponentials below their maximum so far; sums and results so far are scaled to it.
// What fills the last panel up adds less than 1e-37 to a sum that is at least 1, and meets values of 0.
struct Row {
  float maximum, sum;
};
SFV_FOR_EACH_CPU void exponentials(float* logits, int64_t count, int64_t padded, Row& row, float* result,
                                   int64_t D) {
  Vec highest = Vec{} + row.maximum;
  std::fill(logits + count, logits + padded, -std::numeric_limits<float>::max());
  for (int64_t i = 0; i < padded; i += kLanes) {
    Vec x;
    load(logits + i, x);
    highest = x > highest ? x : highest;
  }
  float maximum = highest[0];
  for (int64_t lane = 1; lane < kLanes; ++lane)
    maximum = std::max(maximum, static_cast<float>(highest[lane]));
  float sums[kLanes] = {};
  for (int64_t i = 0; i < padded; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const float e = vector_exp(logits[i + lane] - maximum);
      logits[i + lane] = e;
      sums[lane] += e;
    }
  }
  float sum = 0;
  for (const float part : sums) sum += part;
  const float scale = vector_exp(row.maximum - maximum);
  row = {maximum, row.sum * scale + sum};
  for (int64_t d = 0; d < D; ++d) result[d] *= scale;
}

template <typename T>
SFV_INLINED void scale_into(const T* from, float factor, int64_t count, float* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = to_float(from[i]) * factor;
}
SFV_FOR_EACH_CPU void take_query(const float* q, float factor, int64_t D, float* to) {
  scale_into(q, factor, D, to);
}
SFV_FOR_EACH_CPU void take_query(const uint16_t* q, float factor, int64_t D, float* to) {
  scale_into(q, factor, D, to);
}
SFV_FOR_EACH_CPU void give_result(const float* from, float factor, int64_t D, float* y) {
  for (int64_t d = 0; d < D; ++d) y[d] = from[d] * factor;
}
SFV_FOR_EACH_CPU void give_result(const float* from, float factor, int64_t D, uint16_t* y) {
  for (int64_t d = 0; d < D; ++d) assign(y[d], from[d] * factor);
}

// What a thread works in.
struct Desk {
  float *queries, *logits, *results;
};

// q, y: the first of `count` queries of a head.
template <typename T>
void attend(const AttentionSizes& s, int64_t count, const T* q, const float* keys, const float* values, T* y,
            const Desk& desk) {
  const int64_t C = s.heads * s.D;
  const float factor = 1.0F / std::sqrt(static_cast<float>(s.D));
  std::fill(desk.queries, desk.queries + kQueries * s.D, 0.0F);
  std::fill(desk.results, desk.results + kQueries * s.D, 0.0F);
  for (int64_t i = 0; i < count; ++i) take_query(q + i * C, factor, s.D, desk.queries + i * s.D);
  Row rows[kQueries];
  std::fill(rows, rows + kQueries, Row{-std::numeric_limits<float>::max(), 0});
  const int64_t blocks = round_up(count, kProductRows);
  for (int64_t key = 0; key < s.L; key += kKeys) {
    const int64_t present = std::min(kKeys, s.L - key), columns = round_up(present, kProductColumns);
    multiply({.rows = blocks,
              .columns = columns,
              .depth = s.D,
              .a = desk.queries,
              .a_row = s.D,
              .a_step = 1,
              .b = keys + key * s.D,
              .b_panel = s.D * kProductColumns,
              .b_step = kProductColumns,
              .y = desk.logits,
              .y_row = kKeys});
    for (int64_t i = 0; i < count; ++i)
      exponentials(desk.logits + i * kKeys, present, columns, rows[i], desk.results + i * s.D, s.D);
    multiply({.rows = blocks,
              .columns = s.D,
              .depth = columns,
              .a = desk.logits,
              .a_row = kKeys,
              .a_step = 1,
              .b = values + key * s.D,
              .b_panel = kProductColumns,
              .b_step = s.D,
              .y = desk.results,
              .y_row = s.D,
              .adds = true});
  }
  for (int64_t i = 0; i < count; ++i) give_result(desk.results + i * s.D, 1.0F / rows[i].sum, s.D, y + i * C);
}

int64_t packed_size(const AttentionSizes& s) {
  return round_up(s.L, kProductColumns) * s.D;
}

int64_t desk_size(const AttentionSizes& s) {
  return kQueries * (2 * s.D + kKeys);
}

}  // namespace

int64_t attention_workspace(const AttentionSizes& sizes, int64_t threads) {
  return 2 * sizes.heads * packed_size(sizes) + threads * desk_size(sizes);
}

template <typename T>
void attention(const AttentionSizes& s, const T* q, const T* k, const T* v, T* y, float* workspace) {
  const int64_t C = s.heads * s.D, packed = packed_size(s);
  float* const keys = workspace;
  float* const values = keys + s.heads * packed;
  float* const desks = values + s.heads * packed;
  const int64_t panels = packed / s.D / kProductColumns, blocks = (s.S + kQueries - 1) / kQueries;
  for (int64_t n = 0; n < s.pictures; ++n) {
    at::parallel_for(0, s.heads * panels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t head = i / panels, from = n * s.L * C + head * s.D;
        pack(s, i % panels * kProductColumns, k + from, v + from, keys + head * packed,
             values + head * packed);
      }
    });
    at::parallel_for(0, s.heads * blocks, 1, [&](int64_t begin, int64_t end) {
      float* const own = desks + at::get_thread_num() * desk_size(s);
      const Desk desk = {own, own + kQueries * s.D, own + kQueries * (s.D + kKeys)};
      for (int64_t i = begin; i < end; ++i) {
        const int64_t head = i / blocks, first = i % blocks * kQueries;
        const int64_t place = (n * s.S + first) * C + head * s.D;
        attend(s, std::min(kQueries, s.S - first), q + place, keys + head * packed, values + head * packed,
               y + place, desk);
      }
    });
  }
}

template void attention(const AttentionSizes&, const float*, const float*, const float*, float*, float*);
template void attention(const AttentionSizes&, const uint16_t*, const uint16_t*, const uint16_t*, uint16_t*,
                        float*);

}  // namespace sfv::ops::cpu
