// Attention of a clip's few frames. Frames lie far apart: a few neighbouring pixels are brought into the
// cache frame by frame, in long pieces of memory, and everything else happens there.
#include "sfv/ops/cpu/temporal_attention_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sfv/core/rounding.h"
#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/cpu/vector_math.h"

namespace sfv::ops::cpu {
namespace {

static_assert(kMostFrames == kProductColumns && kMostFrames % kProductRows == 0);
constexpr int64_t kPiece = 2048;  // numbers of a frame at a time, or one pixel's

// What a thread works in: some pixels' [frame, pixel, channel], rows past the last frame 0.
struct Desk {
  explicit Desk(int64_t row) : queries(kMostFrames * row), keys(queries), values(queries), results(queries) {}
  std::vector<float> queries, keys, values, results;
  float keys_of_head[kMostTemporalChannels * kMostFrames] = {};  // [D, frame], as a product takes them
  float logits[kMostFrames * kMostFrames] = {};
};

template <typename T>
SFV_INLINED void take_of(const T* from, int64_t step, int64_t F, int64_t count, float factor, float* to) {
  for (int64_t f = 0; f < F; ++f) {
    for (int64_t i = 0; i < count; ++i) to[f * count + i] = to_float(from[f * step + i]) * factor;
  }
}
SFV_FOR_EACH_CPU void take(const float* from, int64_t step, int64_t F, int64_t count, float factor,
                           float* to) {
  take_of(from, step, F, count, factor, to);
}
SFV_FOR_EACH_CPU void take(const uint16_t* from, int64_t step, int64_t F, int64_t count, float factor,
                           float* to) {
  take_of(from, step, F, count, factor, to);
}

template <typename T>
SFV_INLINED void give_of(const float* from, int64_t step, int64_t F, int64_t count, T* to) {
  for (int64_t f = 0; f < F; ++f) {
    for (int64_t i = 0; i < count; ++i) assign(to[f * step + i], from[f * count + i]);
  }
}
SFV_FOR_EACH_CPU void give(const float* from, int64_t step, int64_t F, int64_t count, float* to) {
  give_of(from, step, F, count, to);
}
SFV_FOR_EACH_CPU void give(const float* from, int64_t step, int64_t F, int64_t count, uint16_t* to) {
  give_of(from, step, F, count, to);
}

SFV_FOR_EACH_CPU void transpose(const float* from, int64_t row, int64_t F, int64_t D, float* to) {
  for (int64_t f = 0; f < F; ++f) {
    for (int64_t d = 0; d < D; ++d) to[d * kMostFrames + f] = from[f * row + d];
  }
}

// Each row's logits become its weights, which sum to 1.
SFV_FOR_EACH_CPU void weigh(int64_t F, float* logits) {
  for (int64_t f = 0; f < F; ++f) {
    float* const row = logits + f * kMostFrames;
    float maximum = row[0], sum = 0;
    for (int64_t g = 1; g < F; ++g) maximum = std::max(maximum, row[g]);
    for (int64_t g = 0; g < kMostFrames; ++g) row[g] = vector_exp(row[g] - maximum);
    for (int64_t g = 0; g < F; ++g) sum += row[g];
    for (int64_t g = 0; g < F; ++g) row[g] /= sum;
  }
}

// place: of a pixel's head in a row of the desk.
void attend(const TemporalAttentionSizes& s, int64_t place, int64_t row, Desk& desk) {
  const int64_t rows = round_up(s.F, kProductRows);
  transpose(desk.keys.data() + place, row, s.F, s.D, desk.keys_of_head);
  multiply({.rows = rows,
            .columns = kMostFrames,
            .depth = s.D,
            .a = desk.queries.data() + place,
            .a_row = row,
            .a_step = 1,
            .b = desk.keys_of_head,
            .b_panel = 0,
            .b_step = kMostFrames,
            .y = desk.logits,
            .y_row = kMostFrames});
  weigh(s.F, desk.logits);
  multiply({.rows = rows,
            .columns = s.D,
            .depth = s.F,
            .a = desk.logits,
            .a_row = kMostFrames,
            .a_step = 1,
            .b = desk.values.data() + place,
            .b_panel = kProductColumns,
            .b_step = row,
            .y = desk.results.data() + place,
            .y_row = row});
}

}  // namespace

template <typename T>
void temporal_attention(const TemporalAttentionSizes& s, const T* q, const T* k, const T* v, T* y) {
  const int64_t C = s.heads * s.D, step = s.P * C;
  const int64_t pixels = std::clamp<int64_t>(kPiece / C, 1, s.P), pieces = quotient_up(s.P, pixels);
  const float factor = 1.0F / std::sqrt(static_cast<float>(s.D));
  at::parallel_for(0, s.B * pieces, 1, [&](int64_t begin, int64_t end) {
    Desk desk(pixels * C);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t pixel = i % pieces * pixels, row = std::min(pixels, s.P - pixel) * C;
      const int64_t first = i / pieces * s.F * step + pixel * C;
      take(q + first, step, s.F, row, factor, desk.queries.data());
      take(k + first, step, s.F, row, 1, desk.keys.data());
      take(v + first, step, s.F, row, 1, desk.values.data());
      for (int64_t place = 0; place < row; place += s.D) attend(s, place, row, desk);
      give(desk.results.data(), step, s.F, row, y + first);
    }
  });
}

template void temporal_attention(const TemporalAttentionSizes&, const float*, const float*, const float*,
                                 float*);
template void temporal_attention(const TemporalAttentionSizes&, const uint16_t*, const uint16_t*,
                                 const uint16_t*, uint16_t*);

}  // namespace sfv::ops::cpu
