#pragma once

#include <cstdint>

namespace sfv::data {

/// A well-mixed 64-bit number that depends on its three arguments and on nothing else: the value number
/// `counter` of stream `stream` under `seed`. The same on every machine. Not for cryptography.
/// Source: three rounds of SplitMix64's finaliser (Steele, Lea, Flood 2014), a constant added before each.
[[nodiscard]] uint64_t random_word(uint64_t seed, uint64_t stream, uint64_t counter);

/// The numbers of one stream, in order. All results are whole numbers made with integer arithmetic, so that
/// what is drawn from them is the same bytes with any compiler and processor.
class CounterRandom {
 public:
  CounterRandom(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}

  [[nodiscard]] uint64_t next() { return random_word(seed_, stream_, counter_++); }
  /// Uniform in 0 … bound - 1, without bias. bound: >= 1 (anything below counts as 1).
  [[nodiscard]] int64_t below(int64_t bound);
  /// Uniform in low … high, both included. low <= high, high - low < 2^63.
  [[nodiscard]] int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  /// True once in two.
  [[nodiscard]] bool coin() { return (next() >> 63) != 0; }

 private:
  uint64_t seed_;
  uint64_t stream_;
  uint64_t counter_ = 0;
};

}  // namespace sfv::data
