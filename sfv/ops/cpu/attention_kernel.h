#pragma once

#include <cstddef>
#include <cstdint>

namespace sfv::ops::cpu {

/// Softmax attention of tokens that lie [pictures, tokens, heads * D], row by row: S of queries, L of keys.
struct AttentionSizes {
  int64_t pictures = 0, heads = 0, S = 0, L = 0, D = 0;
};

/// D must be a multiple of this.
inline constexpr int64_t kAttentionChannels = 32;

/// Bytes of attention()'s workspace on so many threads.
[[nodiscard]] int64_t attention_workspace(const AttentionSizes& sizes, int64_t threads);

/// y = softmax(q k^T / sqrt(D)) v, head by head, with the matrix between the products in pieces that stay in
/// the cache. T is float, or uint16_t for bfloat16 numbers by their bits. Sums are in float, and so are
/// products unless the processor has dot products of bfloat16 numbers: then the softmax's weights are rounded
/// to those, and their sum is that of the rounded ones. A query's result does not depend on the queries
/// beside it. Source: Dao et al., "FlashAttention" (the running maximum and sum).
template <typename T>
void attention(const AttentionSizes& sizes, const T* q, const T* k, const T* v, T* y, std::byte* workspace);

}  // namespace sfv::ops::cpu
