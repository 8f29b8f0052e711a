#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// Self-attention over F frames at each of P pixels of B videos [B, F, P, heads * D].
struct TemporalAttentionSizes {
  int64_t B = 0, F = 0, P = 0, heads = 0, D = 0;
};

/// D must be a multiple of the first and at most the second, F at most the third.
inline constexpr int64_t kTemporalChannels = 32, kMostTemporalChannels = 256, kMostFrames = 32;

/// y = softmax(q k^T / sqrt(D)) v along F. T is float, or uint16_t for bfloat16 numbers by their bits;
/// products and sums are in float. A pixel's result does not depend on the pixels beside it.
template <typename T>
void temporal_attention(const TemporalAttentionSizes& sizes, const T* q, const T* k, const T* v, T* y);

}  // namespace sfv::ops::cpu
