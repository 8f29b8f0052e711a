#include "sfv/ops/cpu/winograd_tiles.h"

#include <algorithm>

#include "sfv/ops/cpu/vectors.h"
#include "sfv/ops/cpu/winograd_transforms.h"

namespace sfv::ops::cpu::winograd {
namespace {

// The loops for one type each; compiled along with the functions below that name it.

template <typename T>
SFV_INLINED void transform_input_of(const WinogradSizes& s, const Place& at, const T* x, float* v,
                                    int64_t point_step) {
  const T* const picture = x + at.n * s.H * s.W * s.C;
  for (int64_t c = 0; c < s.C; c += kLanes) {
    Vec tile[kPoints];
    for (int i = 0; i < kTile; ++i) {
      const int64_t row = at.row + i - s.pad_rows;
      for (int j = 0; j < kTile; ++j) {
        const int64_t column = at.column + j - 1;
        Vec& pixel = tile[i * kTile + j];
        pixel = Vec{};
        if (row >= 0 && row < s.H && column >= 0 && column < s.W)
          load(picture + (row * s.W + column) * s.C + c, pixel);
      }
    }
    for (int j = 0; j < kTile; ++j) to_points(tile + j, kTile, tile + j);
    for (int i = 0; i < kTile; ++i) to_points(tile + i * kTile, 1, tile + i * kTile);
    for (int p = 0; p < kPoints; ++p) store(v + p * point_step + c, tile[p]);
  }
}

template <typename T>
SFV_INLINED void transform_output_of(const WinogradSizes& s, const Place& at, const float* m,
                                     int64_t point_step, const T* bias, T* y) {
  const int64_t height = std::min<int64_t>(kOut, s.out_height() - at.row);
  const int64_t width = std::min<int64_t>(kOut, s.W - at.column);
  T* const first = y + ((at.n * s.out_height() + at.row) * s.W + at.column) * s.O;
  for (int64_t o = 0; o < s.O; o += kLanes) {
    Vec points[kPoints], half[kOut * kTile], pixels[kOut * kOut], added = {};
    for (int p = 0; p < kPoints; ++p) load(m + p * point_step + o, points[p]);
    for (int j = 0; j < kTile; ++j) from_points(points + j, kTile, half + j, kTile);
    for (int i = 0; i < kOut; ++i) from_points(half + i * kTile, 1, pixels + i * kOut, 1);
    if (bias != nullptr) load(bias + o, added);
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j)
        store(first + (i * s.W + j) * s.O + o, pixels[i * kOut + j] + added);
    }
  }
}

template <typename T>
SFV_INLINED void transform_gradient_of(const WinogradSizes& s, const Place& at, const T* dy, float* d,
                                       int64_t point_step) {
  const int64_t height = std::min<int64_t>(kOut, s.H - at.row);
  const int64_t width = std::min<int64_t>(kOut, s.W - at.column);
  const T* const first = dy + ((at.n * s.H + at.row) * s.W + at.column) * s.O;
  for (int64_t o = 0; o < s.O; o += kLanes) {
    Vec pixels[kOut * kOut] = {}, half[kOut * kTile], points[kPoints];
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j) load(first + (i * s.W + j) * s.O + o, pixels[i * kOut + j]);
    }
    for (int i = 0; i < kOut; ++i) spread_to_points(pixels + i * kOut, 1, half + i * kTile, 1);
    for (int j = 0; j < kTile; ++j) spread_to_points(half + j, kTile, points + j, kTile);
    for (int p = 0; p < kPoints; ++p) store(d + p * point_step + o, points[p]);
  }
}

// In double: a kernel is transformed once and meets every tile.
template <typename T>
SFV_INLINED void transform_kernel_of(const T* weight, const KernelSteps& steps, int64_t point_step,
                                     float* u) {
  using Doubles = double __attribute__((vector_size(64)));
  using Floats = float __attribute__((vector_size(32)));
  constexpr int64_t kDoubles = 8;
  for (int64_t o = 0; o < kWinogradChannels; o += kDoubles, weight += kDoubles * steps.o_step) {
    Doubles taps[9], half[kTile * 3], points[kPoints];
    for (int64_t lane = 0; lane < kDoubles; ++lane) {
      const T* const kernel = weight + lane * steps.o_step;
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j)
          taps[i * 3 + j][lane] = to_float(kernel[i * steps.row_step + j * steps.column_step]);
      }
    }
    for (int j = 0; j < 3; ++j) kernel_to_points(taps + j, 3, half + j, 3);
    for (int i = 0; i < kTile; ++i) kernel_to_points(half + i * 3, 1, points + i * kTile, 1);
    for (int p = 0; p < kPoints; ++p) {
      const Floats rounded = __builtin_convertvector(points[p], Floats);
      std::memcpy(u + p * point_step + o, &rounded, sizeof(rounded));
    }
  }
}

template <typename T>
SFV_INLINED void transform_kernel_gradient_of(const float* sums, int64_t point_step, T* dw,
                                              const KernelSteps& steps) {
  for (int64_t o = 0; o < kWinogradChannels; o += kLanes, dw += kLanes * steps.o_step) {
    Vec points[kPoints], half[3 * kTile], taps[9];
    for (int p = 0; p < kPoints; ++p) load(sums + p * point_step + o, points[p]);
    for (int j = 0; j < kTile; ++j) kernel_from_points(points + j, kTile, half + j, kTile);
    for (int i = 0; i < 3; ++i) kernel_from_points(half + i * kTile, 1, taps + i * 3, 1);
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      T* const kernel = dw + lane * steps.o_step;
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j)
          assign(kernel[i * steps.row_step + j * steps.column_step], taps[i * 3 + j][lane]);
      }
    }
  }
}

}  // namespace

SFV_FOR_EACH_CPU void transform_input(const WinogradSizes& s, const Place& at, const float* x, float* v,
                                      int64_t point_step) {
  transform_input_of(s, at, x, v, point_step);
}
SFV_FOR_EACH_CPU void transform_input(const WinogradSizes& s, const Place& at, const uint16_t* x, float* v,
                                      int64_t point_step) {
  transform_input_of(s, at, x, v, point_step);
}

SFV_FOR_EACH_CPU void transform_output(const WinogradSizes& s, const Place& at, const float* m,
                                       int64_t point_step, const float* bias, float* y) {
  transform_output_of(s, at, m, point_step, bias, y);
}
SFV_FOR_EACH_CPU void transform_output(const WinogradSizes& s, const Place& at, const float* m,
                                       int64_t point_step, const uint16_t* bias, uint16_t* y) {
  transform_output_of(s, at, m, point_step, bias, y);
}

SFV_FOR_EACH_CPU void transform_gradient(const WinogradSizes& s, const Place& at, const float* dy, float* d,
                                         int64_t point_step) {
  transform_gradient_of(s, at, dy, d, point_step);
}
SFV_FOR_EACH_CPU void transform_gradient(const WinogradSizes& s, const Place& at, const uint16_t* dy,
                                         float* d, int64_t point_step) {
  transform_gradient_of(s, at, dy, d, point_step);
}

SFV_FOR_EACH_CPU void transform_kernel(const float* weight, const KernelSteps& steps, int64_t point_step,
                                       float* u) {
  transform_kernel_of(weight, steps, point_step, u);
}
SFV_FOR_EACH_CPU void transform_kernel(const uint16_t* weight, const KernelSteps& steps, int64_t point_step,
                                       float* u) {
  transform_kernel_of(weight, steps, point_step, u);
}

SFV_FOR_EACH_CPU void transform_kernel_gradient(const float* sums, int64_t point_step, float* dw,
                                                const KernelSteps& steps) {
  transform_kernel_gradient_of(sums, point_step, dw, steps);
}
SFV_FOR_EACH_CPU void transform_kernel_gradient(const float* sums, int64_t point_step, uint16_t* dw,
                                                const KernelSteps& steps) {
  transform_kernel_gradient_of(sums, point_step, dw, steps);
}

}  // namespace sfv::ops::cpu::winograd
