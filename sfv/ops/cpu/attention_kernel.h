#pragma once

#include <cstdint>

namespace sfv::ops::cpu {

/// Softmax attention of tokens that lie [pictures, tokens, heads * D], row by row: S of queries, L of keys.
struct AttentionSizes {
  int64_t pictures = 0, heads = 0, S = 0, L = 0, D = 0;
};

/// D must be a multiple of this.
inline constexpr int64_t kAttentionChannels = 32;

/// Numbers of attention()'s workspace on so many threads.
[[nodiscard]] int64_t attention_workspace(const AttentionSizes& sizes, int64_t threads);

/// y = softmax(q k^T / sqrt(D)) v, head by head, with the matrix between the products in pieces that stay in
/// the cache. T is float, or uint16_t for bfloat16 numbers by their bits; products and sums are in float. A
/// query's result does not depend on the queries beside it. Source: Dao et al., "FlashAttention" (the running
/// maximum and sum).
template <typename T>
void attention(const AttentionSizes& sizes, const T* q, const T* k, const T* v, T* y, float* workspace);

}  // namespace sfv::ops::cpu
