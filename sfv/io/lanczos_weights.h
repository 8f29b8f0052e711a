#pragma once

#include <cstdint>
#include <vector>

namespace sfv::io {

/// Weights are integers in units of 2^-kLanczosBits: 32 bits hold 8 of the sample, 2 for the sum and the
/// sign, 22 for the weight.
inline constexpr int kLanczosBits = 22;

/// The samples that one output sample is made of, and their weights.
struct LanczosTaps {
  int64_t first = 0;  // index of the first input sample; never falls from one output sample to the next
  std::vector<int32_t>
      weights;  // one per input sample from `first` on, never empty; they sum to about 2^kLanczosBits

  [[nodiscard]] int64_t end() const { return first + static_cast<int64_t>(weights.size()); }  // nor does this
};

/// How `in_size` samples in a row become `out_size` with a Lanczos filter of 3 lobes that widens when
/// shrinking: the taps of output samples begin .. begin + count - 1. Equal, bit for bit, to the 8-bit
/// coefficients of Pillow. in_size, out_size >= 1; 0 <= begin, begin + count <= out_size. Source: the Lanczos
/// kernel sinc(x) sinc(x/3); where Pillow rounds is told in docs/math.md.
[[nodiscard]] std::vector<LanczosTaps> make_lanczos_taps(int64_t in_size, int64_t out_size, int64_t begin,
                                                         int64_t count);

}  // namespace sfv::io
