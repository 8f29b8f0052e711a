#include "sfv/data/fixed_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <vector>

#include "sfv/data/counter_random.h"

namespace sfv::data {
namespace {

constexpr double kPi = 3.14159265358979323846;

TEST(FixedMath, DividesDownwards) {
  EXPECT_EQ(floor_div(7, 2), 3);
  EXPECT_EQ(floor_div(-7, 2), -4);
  EXPECT_EQ(floor_div(-8, 2), -4);
  EXPECT_EQ(floor_mod(-7, 5), 3);
  EXPECT_EQ(floor_mod(7, 5), 2);
}

TEST(FixedMath, TakesTheFloorOfSquareRoots) {
  for (int64_t root :
       {int64_t{2}, int64_t{3}, int64_t{1} << 16, (int64_t{1} << 27) + 1, int64_t{3037000499}}) {
    EXPECT_EQ(floor_sqrt(root * root), root);
    EXPECT_EQ(floor_sqrt(root * root + 1), root);
    EXPECT_EQ(floor_sqrt(root * root - 1), root - 1);
  }
  EXPECT_EQ(floor_sqrt(INT64_MAX), 3037000499);
}

TEST(FixedMath, SinesAreRight) {
  EXPECT_EQ(fixed_sin(0), 0);
  EXPECT_NEAR(static_cast<double>(fixed_sin(1 << 14)), static_cast<double>(kQ30), 4);
  for (int64_t turn = -70000; turn < 140000; turn += 37) {
    const double angle = 2 * kPi * static_cast<double>(turn) / 65536;
    ASSERT_NEAR(static_cast<double>(fixed_sin(turn)) / kQ30, std::sin(angle), std::ldexp(1, -28)) << turn;
    ASSERT_NEAR(static_cast<double>(fixed_cos(turn)) / kQ30, std::cos(angle), std::ldexp(1, -28)) << turn;
  }
}

TEST(FixedMath, ExponentialsAndSigmoidsAreRight) {
  EXPECT_EQ(fixed_exp(0), kQ16);
  EXPECT_EQ(fixed_sigmoid(0), kQ16 / 2);
  for (int64_t x = -16 * kQ16; x <= 10 * kQ16; x += 997) {
    const double value = std::exp(static_cast<double>(x) / kQ16);
    ASSERT_NEAR(static_cast<double>(fixed_exp(x)), value * kQ16, std::max(value * kQ16 / 16384, 1.0)) << x;
    ASSERT_NEAR(static_cast<double>(fixed_sigmoid(x)), kQ16 * value / (1 + value), 4) << x;
  }
  EXPECT_EQ(fixed_exp(INT64_MIN / 4), fixed_exp(-16 * kQ16));
}

TEST(RandomWord, IsTheSameEverywhere) {
  // Worked out with the finaliser's published constants, apart from this code.
  EXPECT_EQ(random_word(0, 0, 0), 0x238275bc38fcbe91ULL);
  EXPECT_EQ(random_word(1, 2, 3), 0xd0734750fde362b3ULL);
}

TEST(RandomWord, DependsOnEachArgument) {
  std::set<uint64_t> words;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    for (uint64_t stream = 0; stream < 8; ++stream) {
      for (uint64_t counter = 0; counter < 8; ++counter) words.insert(random_word(seed, stream, counter));
    }
  }
  EXPECT_EQ(words.size(), 512U);
}

TEST(CounterRandom, IsUniform) {
  CounterRandom random(1, 2);
  std::vector<int> counts(10, 0);
  int coins = 0;
  for (int i = 0; i < 100'000; ++i) {
    ++counts[static_cast<size_t>(random.below(10))];
    coins += random.coin() ? 1 : 0;
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);  // over 4 standard deviations
  EXPECT_NEAR(coins, 50'000, 700);
}

TEST(CounterRandom, KeepsItsBounds) {
  CounterRandom random(3, 4);
  std::set<int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.between(-2, 2));
  EXPECT_EQ(seen, (std::set<int64_t>{-2, -1, 0, 1, 2}));
  EXPECT_EQ(random.below(1), 0);
  EXPECT_EQ(random.below(0), 0);
  for (int i = 0; i < 100; ++i) EXPECT_GE(random.below(INT64_MAX), 0);
}

}  // namespace
}  // namespace sfv::data
