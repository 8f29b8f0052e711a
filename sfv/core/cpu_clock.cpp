#include "sfv/core/cpu_clock.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sfv {
namespace {

constexpr int64_t kTurns = 50'000, kAdditions = 64;  // about a millisecond

// The empty instructions keep the compiler from adding all at once.
uint64_t add_in_a_chain(uint64_t x) {
  for (int64_t turn = 0; turn < kTurns; ++turn) {
#pragma GCC unroll 64
    for (int64_t i = 0; i < kAdditions; ++i) {
      x += static_cast<uint64_t>(turn);
      __asm__ volatile("" : "+r"(x));
    }
  }
  return x;
}

}  // namespace

double measure_clock_ghz() {
  constexpr int kTimes = 10;
  double best = 1e9;  // the core's clock rises at first, and others may interrupt
  uint64_t x = 0;
  for (int i = 0; i < kTimes; ++i) {
    const auto start = std::chrono::steady_clock::now();
    x = add_in_a_chain(x);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return static_cast<double>(kTurns * kAdditions) / best / 1e9;
}

}  // namespace sfv
