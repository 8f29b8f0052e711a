#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// y = value * gelu(gate), gelu(g) = g * Phi(g) with the normal distribution's Phi to 2e-7. T: float, or
/// uint16_t for the bits of a bfloat16, computed in float and rounded once. p: [rows, 2 channels], value
/// before gate; y: [rows, channels]. Parallel over at's threads.
template <typename T>
void geglu_forward(int64_t rows, int64_t channels, const T* p, T* y);

/// p's gradient from y's.
template <typename T>
void geglu_backward(int64_t rows, int64_t channels, const T* dy, const T* p, T* dp);

/// One row, with value and gate wherever they lie: the same bytes.
void geglu_row(int64_t channels, const uint16_t* value, const uint16_t* gate, uint16_t* y);

}  // namespace sfv::ops::cpu
