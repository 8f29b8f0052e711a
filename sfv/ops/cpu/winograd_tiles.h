#pragma once

#include <cstdint>

#include "sfv/ops/cpu/winograd_kernel.h"

/// From tiles of pictures to the 36 points of Winograd's transform and back. T is float or uint16_t, as in
/// winograd_kernel.h.
namespace sfv::ops::cpu::winograd {

/// A picture of the batch and the part of it that a tile is for.
struct Place {
  int64_t n = 0, row = 0, column = 0;
};

/// v[point * point_step + c] for all C channels of the tile, zero beyond the picture.
void transform_input(const WinogradSizes& s, const Place& at, const float* x, float* v, int64_t point_step);
void transform_input(const WinogradSizes& s, const Place& at, const uint16_t* x, float* v,
                     int64_t point_step);

/// The tile's pixels inside the picture, from m[point * point_step + o].
void transform_output(const WinogradSizes& s, const Place& at, const float* m, int64_t point_step,
                      const float* bias, float* y);
void transform_output(const WinogradSizes& s, const Place& at, const float* m, int64_t point_step,
                      const uint16_t* bias, uint16_t* y);

/// The gradient d[point * point_step + o] of the tile's points, from that of its pixels: transform_output()
/// transposed.
void transform_gradient(const WinogradSizes& s, const Place& at, const float* dy, float* d,
                        int64_t point_step);
void transform_gradient(const WinogradSizes& s, const Place& at, const uint16_t* dy, float* d,
                        int64_t point_step);

/// u[point * point_step + output] for kWinogradChannels outputs and one input.
void transform_kernel(const float* weight, const KernelSteps& steps, int64_t point_step, float* u);
void transform_kernel(const uint16_t* weight, const KernelSteps& steps, int64_t point_step, float* u);

/// The taps of kWinogradChannels outputs and one input, from sums[point * point_step + output].
void transform_kernel_gradient(const float* sums, int64_t point_step, float* dw, const KernelSteps& steps);
void transform_kernel_gradient(const float* sums, int64_t point_step, uint16_t* dw, const KernelSteps& steps);

}  // namespace sfv::ops::cpu::winograd
