#include "sfv/training/sample_random.h"

#include "sfv/tensor/random.h"

namespace sfv::training {
namespace {

// SplitMix64's finaliser (Steele, Lea and Flood 2014): neighbours become strangers.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

}  // namespace

at::Generator sample_generator(uint64_t seed, int64_t position, RandomUse use) {
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15U;
  uint64_t state = mix(seed + kGolden);
  state = mix(state + kGolden * (static_cast<uint64_t>(position) + 1));
  state = mix(state + kGolden * static_cast<uint64_t>(use));
  return make_generator(state);
}

}  // namespace sfv::training
