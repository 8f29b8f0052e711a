#include "sfv/core/cpu_clock.h"

#include <gtest/gtest.h>

namespace sfv {
namespace {

// A chain that the compiler had shortened would show hundreds; one that waits for memory, a fraction.
TEST(CpuClock, IsAProcessors) {
  const double clock = measure_clock_ghz();
  EXPECT_GT(clock, .3);
  EXPECT_LT(clock, 8);
}

TEST(CpuClock, IsTheSameAgain) {
  const double clock = measure_clock_ghz();
  EXPECT_NEAR(measure_clock_ghz() / clock, 1, .5);
}

}  // namespace
}  // namespace sfv
