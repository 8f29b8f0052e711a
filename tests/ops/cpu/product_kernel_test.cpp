#include "sfv/ops/cpu/product_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "sfv/ops/cpu/tile_products.h"
#include "sfv/ops/cpu/vectors.h"

namespace sfv::ops::cpu {
namespace {

// Operands of a product in bfloat16, and the result in double with the sum of the magnitudes behind it.
class ShortProductsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    for (auto* const numbers : {&a_, &b_}) {
      for (uint16_t& x : *numbers) assign(x, normal(random));
    }
  }

  template <typename Run>
  void expect_right(const Run& run) const {
    for (const int64_t rows : {kRows, kRows - 8, kRows - 16, kRows - 24}) {
      std::vector<float> y(kRows * kColumns, 3.0F);
      Product<uint16_t> p = product(y, false);
      p.rows = rows;
      run(p);
      expect_close(y, rows, 0);
      std::fill(y.begin(), y.end(), 3.0F);
      p.adds = true;
      run(p);
      expect_close(y, rows, 3);
    }
  }

 private:
  // Rows beyond are left alone.
  void expect_close(const std::vector<float>& y, int64_t rows, float added) const {
    EXPECT_TRUE(std::all_of(y.begin() + rows * kColumns, y.end(), [](float x) { return x == 3; }));
    for (int64_t row = 0; row < rows; ++row) {
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

  static constexpr int64_t kRows = 72, kColumns = 96, kDepth = 128;
  std::vector<uint16_t> a_ = std::vector<uint16_t>(kRows * kDepth);
  std::vector<uint16_t> b_ = std::vector<uint16_t>(kDepth * kColumns);
};

TEST_F(ShortProductsTest, AreRightAndAdd) {
  for (const auto way : {short_products(), ShortProducts::kPortable}) {
    expect_right([way](const Product<uint16_t>& p) { multiply_by(way, p); });
  }
}

// AMX's tiles as its manual describes them.
class EmulatedTiles {
 public:
  void configure(const TileShapes& shapes) {
    for (size_t i = 0; i < shapes.rows.size(); ++i) {
      ASSERT_TRUE(shapes.rows[i] >= 1 && shapes.rows[i] <= 16 && shapes.row_bytes[i] >= 1 &&
                  shapes.row_bytes[i] <= 64);
    }
    shapes_ = shapes;
    for (auto& tile : tiles_) tile.fill(std::byte{0});
  }
  void release() { shapes_ = {}; }
  template <int T>
  void zero() {
    tiles_[T].fill(std::byte{0});
  }
  template <int T>
  void load(const void* from, int64_t bytes) {
    zero<T>();
    for (int64_t row = 0; row < shapes_.rows[T]; ++row)
      std::memcpy(&tiles_[T][64 * row], static_cast<const std::byte*>(from) + row * bytes,
                  shapes_.row_bytes[T]);
  }
  template <int T>
  void store(void* to, int64_t bytes) const {
    for (int64_t row = 0; row < shapes_.rows[T]; ++row)
      std::memcpy(static_cast<std::byte*>(to) + row * bytes, &tiles_[T][64 * row], shapes_.row_bytes[T]);
  }
  template <int C, int A, int B>
  void dot() {
    ASSERT_TRUE(shapes_.rows[C] == shapes_.rows[A] && shapes_.row_bytes[C] == shapes_.row_bytes[B] &&
                shapes_.row_bytes[A] == 4 * shapes_.rows[B]);
    for (int64_t m = 0; m < shapes_.rows[C]; ++m) {
      for (int64_t k = 0; k < shapes_.row_bytes[A] / 4; ++k) {
        for (int64_t n = 0; n < shapes_.row_bytes[C] / 4; ++n) {
          auto& sum = at<float>(C, m, n);
          for (int64_t pair = 0; pair < 2; ++pair)
            sum += to_float(at<uint16_t>(A, m, 2 * k + pair)) * to_float(at<uint16_t>(B, k, 2 * n + pair));
        }
      }
    }
  }

 private:
  template <typename T>
  T& at(int tile, int64_t row, int64_t place) {
    return reinterpret_cast<T*>(tiles_[tile].data() + 64 * row)[place];
  }

  TileShapes shapes_;
  alignas(64) std::array<std::array<std::byte, 1024>, 8> tiles_ = {};
};

TEST_F(ShortProductsTest, ByTilesAreRightAndAdd) {
  expect_right([](const Product<uint16_t>& p) {
    EmulatedTiles tiles;
    multiply_by_tiles(p, tiles);
  });
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
