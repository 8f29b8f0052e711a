#pragma once

#include <cstdint>

#include "sfv/ops/cpu/vectors.h"
#include "sfv/ops/cpu/winograd_kernel.h"

/// The transforms of Winograd's F(4x4, 3x3) for the points 0, +-3/4, +-3/2 and infinity: exact in binary, and
/// with half the error of the usual 0, +-1, +-2. Source: Barabasz, Anderson, Soodhalter, Gregg, "Error
/// analysis and improving the accuracy of Winograd convolution for deep neural networks" (the effect of the
/// points); the matrices follow from Toom and Cook's construction: with N(p) the product of p - q over the
/// other finite points q,
///   B^T: row p holds the coefficients of the product of x - q, row infinity those of the product over all;
///   G:   row p is (1, p, p^2) / N(p), row infinity (0, 0, 1);
///   A^T: column p is (1, p, p^2, p^3), column infinity (0, 0, 0, 1).
namespace sfv::ops::cpu::winograd {

inline constexpr int kTile = 6;             // input pixels a side
inline constexpr int kOut = kWinogradTile;  // output pixels a side
inline constexpr int kPoints = kTile * kTile;

inline constexpr float kA = 0.75F, kB = 1.5F;  // the points
inline constexpr float kA2 = kA * kA, kB2 = kB * kB;

/// v = B^T d, of six numbers or vectors `step` apart.
template <typename T>
SFV_INLINED void to_points(const T* d, int64_t step, T* v) {
  const T d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  const T even_a = d4 - kB2 * d2, odd_a = kA * (d3 - kB2 * d1);
  const T even_b = d4 - kA2 * d2, odd_b = kB * (d3 - kA2 * d1);
  v[0 * step] = kA2 * kB2 * d[0] - (kA2 + kB2) * d2 + d4;
  v[5 * step] = kA2 * kB2 * d1 - (kA2 + kB2) * d3 + d[5 * step];
  v[1 * step] = even_a + odd_a;
  v[2 * step] = even_a - odd_a;
  v[3 * step] = even_b + odd_b;
  v[4 * step] = even_b - odd_b;
}

/// y = A^T m: four from six.
template <typename T>
SFV_INLINED void from_points(const T* m, int64_t step, T* y, int64_t y_step) {
  const T sum_a = m[step] + m[2 * step], difference_a = m[step] - m[2 * step];
  const T sum_b = m[3 * step] + m[4 * step], difference_b = m[3 * step] - m[4 * step];
  y[0] = m[0] + (sum_a + sum_b);
  y[y_step] = kA * difference_a + kB * difference_b;
  y[2 * y_step] = kA2 * sum_a + kB2 * sum_b;
  y[3 * y_step] = kA2 * kA * difference_a + kB2 * kB * difference_b + m[5 * step];
}

/// m = A y: six from four, from_points() transposed.
template <typename T>
SFV_INLINED void spread_to_points(const T* y, int64_t y_step, T* m, int64_t step) {
  const T y0 = y[0], y1 = y[y_step], y2 = y[2 * y_step], y3 = y[3 * y_step];
  const T even_a = y0 + kA2 * y2, odd_a = kA * (y1 + kA2 * y3);
  const T even_b = y0 + kB2 * y2, odd_b = kB * (y1 + kB2 * y3);
  m[0] = y0;
  m[1 * step] = even_a + odd_a;
  m[2 * step] = even_a - odd_a;
  m[3 * step] = even_b + odd_b;
  m[4 * step] = even_b - odd_b;
  m[5 * step] = y3;
}

/// 1 / N(p) of the points 0, +-kA, +-kB.
inline constexpr double kScale0 = 1.0 / (double{kA2} * double{kB2});
inline constexpr double kScaleA = 1.0 / (2.0 * double{kA2} * (double{kA2} - double{kB2}));
inline constexpr double kScaleB = 1.0 / (2.0 * double{kB2} * (double{kB2} - double{kA2}));

/// u = G g: six from three, of doubles or vectors of them.
template <typename T>
SFV_INLINED void kernel_to_points(const T* g, int64_t g_step, T* u, int64_t step) {
  const T g0 = g[0], g1 = g[g_step], g2 = g[2 * g_step];
  const T even_a = g0 + double{kA2} * g2, odd_a = double{kA} * g1;
  const T even_b = g0 + double{kB2} * g2, odd_b = double{kB} * g1;
  u[0] = kScale0 * g0;
  u[1 * step] = kScaleA * (even_a + odd_a);
  u[2 * step] = kScaleA * (even_a - odd_a);
  u[3 * step] = kScaleB * (even_b + odd_b);
  u[4 * step] = kScaleB * (even_b - odd_b);
  u[5 * step] = g2;
}

/// g = G^T u: three from six.
template <typename T>
SFV_INLINED void kernel_from_points(const T* u, int64_t step, T* g, int64_t g_step) {
  constexpr auto kS0 = static_cast<float>(kScale0), kSA = static_cast<float>(kScaleA),
                 kSB = static_cast<float>(kScaleB);
  const T sum_a = kSA * (u[step] + u[2 * step]), difference_a = kSA * (u[step] - u[2 * step]);
  const T sum_b = kSB * (u[3 * step] + u[4 * step]), difference_b = kSB * (u[3 * step] - u[4 * step]);
  g[0] = kS0 * u[0] + (sum_a + sum_b);
  g[g_step] = kA * difference_a + kB * difference_b;
  g[2 * g_step] = kA2 * sum_a + kB2 * sum_b + u[5 * step];
}

}  // namespace sfv::ops::cpu::winograd
