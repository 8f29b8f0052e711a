#include "sfv/ops/cpu/product_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "sfv/ops/cpu/vectors.h"

namespace sfv::ops::cpu {
namespace {

// Operands of a product in bfloat16, and the result in double with the sum of the magnitudes behind it.
class ShortProducts : public ::testing::Test {
 protected:
  void SetUp() override {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    for (auto* const numbers : {&a_, &b_}) {
      for (uint16_t& x : *numbers) assign(x, normal(random));
    }
  }

  void expect_right(const std::vector<float>& y, float added) const {
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t column = 0; column < kColumns; ++column) {
        double exact = added, size = std::abs(added);
        for (int64_t k = 0; k < kDepth; ++k) {
          const double term =
              static_cast<double>(to_float(a_[row * kDepth + k])) * to_float(b_[place_in_b(k, column)]);
          exact += term;
          size += std::abs(term);
        }
        ASSERT_NEAR(y[row * kColumns + column], exact, 1e-6 * size) << row << ' ' << column;
      }
    }
  }

  static int64_t place_in_b(int64_t k, int64_t column) {
    return column / kProductColumns * kDepth * kProductColumns + k / 2 * 2 * kProductColumns +
           2 * (column % kProductColumns) + k % 2;
  }

  [[nodiscard]] Product<uint16_t> product(std::vector<float>& y, bool adds) const {
    return {.rows = kRows,
            .columns = kColumns,
            .depth = kDepth,
            .a = a_.data(),
            .a_row = kDepth,
            .b = b_.data(),
            .b_panel = kDepth * kProductColumns,
            .b_step = 2 * kProductColumns,
            .y = y.data(),
            .y_row = kColumns,
            .adds = adds};
  }

  static constexpr int64_t kRows = 24, kColumns = 96, kDepth = 130;
  std::vector<uint16_t> a_ = std::vector<uint16_t>(kRows * kDepth);
  std::vector<uint16_t> b_ = std::vector<uint16_t>(kDepth * kColumns);
};

TEST_F(ShortProducts, AreRightAndAdd) {
  for (const auto run : {static_cast<void (*)(const Product<uint16_t>&)>(multiply), multiply_portably}) {
    std::vector<float> y(kRows * kColumns, 3.0F);
    run(product(y, false));
    expect_right(y, 0);
    std::fill(y.begin(), y.end(), 3.0F);
    run(product(y, true));
    expect_right(y, 3);
  }
}

TEST(PowerOfTwo, IsWithinTwoUnitsInTheLastPlace) {
  for (float from = -126; from <= 0; from += 0.37F) {
    Vec x;
    for (int64_t lane = 0; lane < kLanes; ++lane)
      x[lane] = std::min(from + 0.021F * static_cast<float>(lane), 0.0F);
    Vec y = x;
    power_of_two(y);
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const double exact = std::exp2(static_cast<double>(x[lane]));
      ASSERT_NEAR(y[lane], exact, 2.4e-7 * exact) << x[lane];
    }
  }
  Vec ends = {-127, -1e30F, -std::numeric_limits<float>::infinity(), std::nanf("")};
  power_of_two(ends);
  for (int64_t lane = 0; lane < 3; ++lane) EXPECT_EQ(ends[lane], std::ldexp(1.0F, -126)) << lane;
  EXPECT_TRUE(std::isnan(ends[3]));
  EXPECT_EQ(ends[4], 1);
}

}  // namespace
}  // namespace sfv::ops::cpu
