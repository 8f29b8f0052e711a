// GEGLU row by row, in one pass forward and one backward: in libtorch's operators either reads and writes the
// widest tensor of a transformer block several times.
#include "sfv/ops/cpu/geglu_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "sfv/ops/cpu/vector_math.h"

namespace sfv::ops::cpu {
namespace {

// Phi(g) and its derivative.
struct Normal {
  float distribution;
  float density;
};

// Source: Abramowitz and Stegun 7.1.26 for erf(|g| / sqrt 2), at most 1.5e-7 off.
SFV_INLINED Normal normal(float g) {
  constexpr float kRootHalf = 0.70710678F, kDensity = 0.39894228F;  // 1 / sqrt 2, 1 / sqrt(2 pi)
  const float x = (g < 0.0F ? -g : g) * kRootHalf;
  const float t = 1.0F / (1.0F + 0.3275911F * x);
  const float e = vector_exp(-x * x);
  float p = 1.061405429F;
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const float tail = 0.5F * p * t * e;  // beyond |g|
  return {g < 0.0F ? tail : 1.0F - tail, kDensity * e};
}

template <typename T>
SFV_INLINED void forward_row_of(int64_t C, const T* value, const T* gate, T* y) {
  for (int64_t c = 0; c < C; ++c) {
    const float g = to_float(gate[c]);
    assign(y[c], to_float(value[c]) * (g * normal(g).distribution));
  }
}

template <typename T>
SFV_INLINED void backward_row_of(int64_t C, const T* dy, const T* value, const T* gate, T* dvalue, T* dgate) {
  for (int64_t c = 0; c < C; ++c) {
    const float g = to_float(gate[c]), d = to_float(dy[c]);
    const Normal n = normal(g);
    assign(dvalue[c], d * (g * n.distribution));
    assign(dgate[c], d * to_float(value[c]) * (n.distribution + g * n.density));
  }
}

SFV_FOR_EACH_CPU void forward_row(int64_t C, const float* value, const float* gate, float* y) {
  forward_row_of(C, value, gate, y);
}
SFV_FOR_EACH_CPU void forward_row(int64_t C, const uint16_t* value, const uint16_t* gate, uint16_t* y) {
  forward_row_of(C, value, gate, y);
}
SFV_FOR_EACH_CPU void backward_row(int64_t C, const float* dy, const float* value, const float* gate,
                                   float* dvalue, float* dgate) {
  backward_row_of(C, dy, value, gate, dvalue, dgate);
}
SFV_FOR_EACH_CPU void backward_row(int64_t C, const uint16_t* dy, const uint16_t* value, const uint16_t* gate,
                                   uint16_t* dvalue, uint16_t* dgate) {
  backward_row_of(C, dy, value, gate, dvalue, dgate);
}

// Rows that one thread takes at once, so that it has at least some 10^4 numbers.
int64_t grain(int64_t channels) {
  return std::max<int64_t>(1, 16384 / channels);
}

}  // namespace

template <typename T>
void geglu_forward(int64_t rows, int64_t channels, const T* p, T* y) {
  at::parallel_for(0, rows, grain(channels), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* const value = p + row * 2 * channels;
      forward_row(channels, value, value + channels, y + row * channels);
    }
  });
}

template <typename T>
void geglu_backward(int64_t rows, int64_t channels, const T* dy, const T* p, T* dp) {
  at::parallel_for(0, rows, grain(channels), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t first = row * 2 * channels;
      backward_row(channels, dy + row * channels, p + first, p + first + channels, dp + first,
                   dp + first + channels);
    }
  });
}

template void geglu_forward(int64_t, int64_t, const float*, float*);
template void geglu_forward(int64_t, int64_t, const uint16_t*, uint16_t*);
template void geglu_backward(int64_t, int64_t, const float*, const float*, float*);
template void geglu_backward(int64_t, int64_t, const uint16_t*, const uint16_t*, uint16_t*);

void geglu_row(int64_t channels, const uint16_t* value, const uint16_t* gate, uint16_t* y) {
  forward_row(channels, value, gate, y);
}

}  // namespace sfv::ops::cpu
