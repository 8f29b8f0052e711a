#include "sfv/data/counter_random.h"

namespace sfv::data {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, SplitMix64's step

// SplitMix64's finaliser: every input bit reaches every output bit.
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

uint64_t random_word(uint64_t seed, uint64_t stream, uint64_t counter) {
  uint64_t word = mix(seed + kGolden);
  word = mix((word ^ stream) + kGolden);
  return mix((word ^ counter) + kGolden);
}

int64_t CounterRandom::below(int64_t bound) {
  if (bound <= 1) return 0;
  // Words from the last, incomplete run of `range` values would favour the small ones.
  const auto range = static_cast<uint64_t>(bound);
  const uint64_t incomplete = (0 - range) % range;  // 2^64 mod range
  for (;;) {
    const uint64_t word = next();
    if (word >= incomplete) return static_cast<int64_t>(word % range);
  }
}

}  // namespace sfv::data
