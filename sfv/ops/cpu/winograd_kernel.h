#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// A 3x3 convolution with stride 1 of x [N, H, W, C]: columns keep their number (one zero column on either
/// side), rows get `pad_rows` zero rows (0 or 1) above and below.
struct WinogradSizes {
  int64_t N = 0, H = 0, W = 0, C = 0, O = 0;
  int64_t pad_rows = 1;

  [[nodiscard]] int64_t out_height() const { return H + 2 * pad_rows - 2; }
};

/// Where tap (row, column) of input channel c and output channel o lies: base + o * o_step + c * c_step + row
/// * row_step + column * column_step. Negative steps turn a kernel round.
struct KernelSteps {
  int64_t o_step = 0, c_step = 0, row_step = 0, column_step = 0;
};

/// C and O must be multiples of this.
inline constexpr int64_t kWinogradChannels = 32;
/// Pixels a side of the tiles that an output is made of.
inline constexpr int64_t kWinogradTile = 4;

/// Numbers of a transformed kernel, of the workspace of winograd_conv() on so many threads, and of
/// winograd_weight_gradient()'s.
[[nodiscard]] int64_t winograd_kernel_size(int64_t C, int64_t O);
[[nodiscard]] int64_t winograd_workspace(const WinogradSizes& sizes, int64_t threads);
[[nodiscard]] int64_t winograd_gradient_workspace(const WinogradSizes& sizes);

// T is float, or uint16_t for bfloat16 numbers by their bits; sums are always taken in float.

/// u: winograd_kernel_size() numbers.
template <typename T>
void winograd_kernel(const T* weight, const KernelSteps& steps, int64_t C, int64_t O, float* u);

/// y [N, out_height, W, O] = the convolution, plus bias [O] unless that is null. A pixel's value depends on
/// what its 4x4 tile covers alone, tiles counted from the first row and column.
template <typename T>
void winograd_conv(const WinogradSizes& sizes, const T* x, const float* u, const T* bias, T* y,
                   float* workspace);

/// dw: the gradient of the kernel, from x and dy [N, H, W, O]. pad_rows must be 1.
template <typename T>
void winograd_weight_gradient(const WinogradSizes& sizes, const T* x, const T* dy, T* dw,
                              const KernelSteps& steps, float* workspace);

}  // namespace sfv::ops::cpu
