#include "sfv/io/resample_passes.h"

#include <algorithm>
#include <array>
#include <vector>

// Both passes are the same sum over lanes of bytes: a piece of a row, or one column of a turned block of
// rows.

// Integer sums are the same in every instruction set, so the widest one that the processor has is taken at
// run time.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define SFV_CLONE_FOR_AVX2 __attribute__((target_clones("avx2", "default")))
#else
#define SFV_CLONE_FOR_AVX2
#endif

namespace sfv::io {
namespace {

constexpr int64_t kRowLane = 64;                // bytes of a row that resample_rows handles at once
constexpr int64_t kBlockRows = 16;              // rows that resample_columns handles at once
constexpr int64_t kBlockLane = kBlockRows * 3;  // bytes of one column of such a block

/// out[i] = sum of weights[t] * source[t * stride + i], rounded to 8 bits. The constant width lets the
/// compiler use vectors.
template <int64_t kLane>
[[gnu::always_inline]] inline void weighted_sum(const uint8_t* source, int64_t stride,
                                                std::span<const int32_t> weights, uint8_t* out) {
  std::array<int32_t, kLane> sum;
  sum.fill(1 << (kLanczosBits - 1));
  for (const int32_t weight : weights) {
    for (int64_t i = 0; i < kLane; ++i) sum[i] += source[i] * weight;
    source += stride;
  }
  for (int64_t i = 0; i < kLane; ++i)
    out[i] = static_cast<uint8_t>(std::clamp(sum[i] >> kLanczosBits, 0, 255));
}

}  // namespace

SFV_CLONE_FOR_AVX2
void resample_columns(const ConstPixels& source, int64_t first_row, int64_t rows,
                      std::span<const LanczosTaps> taps, const Pixels& out) {
  const int64_t first = taps.front().first;
  const int64_t columns = taps.back().end() - first;
  std::vector<uint8_t> turned(static_cast<size_t>(columns * kBlockLane));  // [column][row][channel]
  std::array<uint8_t, kBlockLane> column;
  for (int64_t y = 0; y < rows; y += kBlockRows) {
    const int64_t block = std::min(kBlockRows, rows - y);
    for (int64_t r = 0; r < block; ++r) {
      const uint8_t* pixel = source.at(first, first_row + y + r);
      uint8_t* target = &turned[r * 3];
      for (int64_t x = 0; x < columns; ++x, pixel += 3, target += kBlockLane) std::copy_n(pixel, 3, target);
    }
    for (size_t i = 0; i < taps.size(); ++i) {
      weighted_sum<kBlockLane>(&turned[(taps[i].first - first) * kBlockLane], kBlockLane, taps[i].weights,
                               column.data());
      for (int64_t r = 0; r < block; ++r)
        std::copy_n(&column[r * 3], 3, out.at(static_cast<int64_t>(i), y + r));
    }
  }
}

SFV_CLONE_FOR_AVX2
void resample_rows(const ConstPixels& source, int64_t first_column, int64_t columns,
                   std::span<const LanczosTaps> taps, const Pixels& out) {
  const int64_t bytes = columns * 3;
  for (size_t i = 0; i < taps.size(); ++i) {
    const uint8_t* from = source.at(first_column, taps[i].first);
    uint8_t* to = out.at(0, static_cast<int64_t>(i));
    if (bytes < kRowLane) {
      for (int64_t b = 0; b < bytes; ++b) weighted_sum<1>(from + b, source.stride, taps[i].weights, to + b);
      continue;
    }
    // The last lane ends with the row, over bytes that the one before it may have made already.
    for (int64_t b = 0; b < bytes; b += kRowLane) {
      const int64_t begin = std::min(b, bytes - kRowLane);
      weighted_sum<kRowLane>(from + begin, source.stride, taps[i].weights, to + begin);
    }
  }
}

}  // namespace sfv::io
