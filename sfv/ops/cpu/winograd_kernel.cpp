// 3x3 convolutions by Winograd's F(4x4, 3x3): a quarter of the multiplications. Tiles of 6x6 pixels become 36
// numbers a channel; for each of the 36 the channels are multiplied as matrices. Done for a few tiles at a
// time, so that what lies between the transforms stays in the cache.
#include "sfv/ops/cpu/winograd_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "sfv/core/rounding.h"
#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/cpu/winograd_tiles.h"
#include "sfv/ops/cpu/winograd_transforms.h"

namespace sfv::ops::cpu {
namespace {

using winograd::kPoints, winograd::Place;

constexpr int64_t kChunk = 48;           // tiles at a time, of a thread
constexpr int64_t kGradientChunk = 128;  // of all threads together
static_assert(kChunk % kProductRows == 0 && kWinogradChannels % kProductRows == 0);
static_assert(kWinogradChannels == kProductColumns);

struct Tiles {
  explicit Tiles(const WinogradSizes& s)
      : rows(quotient_up(s.out_height(), kWinogradTile)),
        columns(quotient_up(s.W, kWinogradTile)),
        count(s.N * rows * columns) {}
  int64_t rows, columns, count;

  [[nodiscard]] Place place(int64_t tile) const {
    return {tile / (rows * columns), tile / columns % rows * kWinogradTile, tile % columns * kWinogradTile};
  }
  // At most kChunk, and as many chunks for each thread where there are few.
  [[nodiscard]] int64_t chunk(int64_t threads) const {
    const int64_t rounds = quotient_up(count, kChunk * threads);
    return std::min(kChunk, round_up(quotient_up(count, rounds * threads), kProductRows));
  }
};

}  // namespace

int64_t winograd_kernel_size(int64_t C, int64_t O) {
  return kPoints * C * O;
}

int64_t winograd_workspace(const WinogradSizes& sizes, int64_t threads) {
  return threads * kPoints * kChunk * (sizes.C + sizes.O);
}

int64_t winograd_gradient_workspace(const WinogradSizes& sizes) {
  return kPoints * (kGradientChunk * (sizes.C + sizes.O) + sizes.C * sizes.O);
}

// u is [point, panel of outputs, C, output in the panel]: a product reads it front to back.
template <typename T>
void winograd_kernel(const T* weight, const KernelSteps& steps, int64_t C, int64_t O, float* u) {
  at::parallel_for(0, O / kWinogradChannels * C, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* const first = weight + i / C * kWinogradChannels * steps.o_step + i % C * steps.c_step;
      winograd::transform_kernel(first, steps, C * O, u + i * kWinogradChannels);
    }
  });
}

template <typename T>
void winograd_conv(const WinogradSizes& s, const T* x, const float* u, const T* bias, T* y,
                   float* workspace) {
  const Tiles tiles(s);
  const int64_t chunk = tiles.chunk(at::get_num_threads());
  at::parallel_for(0, quotient_up(tiles.count, chunk), 1, [&](int64_t begin, int64_t end) {
    float* const v = workspace + at::get_thread_num() * kPoints * kChunk * (s.C + s.O);
    float* const m = v + kPoints * kChunk * s.C;
    for (int64_t first = begin * chunk; first < std::min(end * chunk, tiles.count); first += chunk) {
      const int64_t count = std::min(chunk, tiles.count - first);
      for (int64_t t = 0; t < count; ++t)
        winograd::transform_input(s, tiles.place(first + t), x, v + t * s.C, kChunk * s.C);
      // A product takes whole blocks of rows; what the last rows give is read by nobody.
      const int64_t rows = round_up(count, kProductRows);
      for (int p = 0; p < kPoints; ++p) {
        float* const operand = v + p * kChunk * s.C;
        std::fill(operand + count * s.C, operand + rows * s.C, 0.0F);
        multiply(Product<float>{.rows = rows,
                                .columns = s.O,
                                .depth = s.C,
                                .a = operand,
                                .a_row = s.C,
                                .a_step = 1,
                                .b = u + p * s.C * s.O,
                                .b_panel = s.C * kProductColumns,
                                .b_step = kProductColumns,
                                .y = m + p * kChunk * s.O,
                                .y_row = s.O});
      }
      for (int64_t t = 0; t < count; ++t)
        winograd::transform_output(s, tiles.place(first + t), m + t * s.O, kChunk * s.O, bias, y);
    }
  });
}

template <typename T>
void winograd_weight_gradient(const WinogradSizes& s, const T* x, const T* dy, T* dw,
                              const KernelSteps& steps, float* workspace) {
  const Tiles tiles(s);
  float* const v = workspace;
  float* const d = v + kPoints * kGradientChunk * s.C;
  float* const sums = d + kPoints * kGradientChunk * s.O;
  // Chunk after chunk, so that a sum is taken in the same order on any number of threads.
  for (int64_t first = 0; first < tiles.count; first += kGradientChunk) {
    const int64_t count = std::min(kGradientChunk, tiles.count - first);
    at::parallel_for(0, count, 4, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const Place place = tiles.place(first + t);
        winograd::transform_input(s, place, x, v + t * s.C, kGradientChunk * s.C);
        winograd::transform_gradient(s, place, dy, d + t * s.O, kGradientChunk * s.O);
      }
    });
    at::parallel_for(0, kPoints, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        multiply(Product<float>{.rows = s.C,
                                .columns = s.O,
                                .depth = count,
                                .a = v + p * kGradientChunk * s.C,
                                .a_row = 1,
                                .a_step = s.C,
                                .b = d + p * kGradientChunk * s.O,
                                .b_panel = kProductColumns,
                                .b_step = s.O,
                                .y = sums + p * s.C * s.O,
                                .y_row = s.O,
                                .adds = first > 0});
      }
    });
  }
  at::parallel_for(0, s.O / kWinogradChannels * s.C, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t o = i / s.C * kWinogradChannels, c = i % s.C;
      T* const first = dw + o * steps.o_step + c * steps.c_step;
      winograd::transform_kernel_gradient(sums + c * s.O + o, s.C * s.O, first, steps);
    }
  });
}

#define SFV_FOR_TYPE(T)                                                                                    \
  template void winograd_kernel(const T*, const KernelSteps&, int64_t, int64_t, float*);                   \
  template void winograd_conv(const WinogradSizes&, const T*, const float*, const T*, T*, float*);         \
  template void winograd_weight_gradient(const WinogradSizes&, const T*, const T*, T*, const KernelSteps&, \
                                         float*);
SFV_FOR_TYPE(float)
SFV_FOR_TYPE(uint16_t)
#undef SFV_FOR_TYPE

}  // namespace sfv::ops::cpu
