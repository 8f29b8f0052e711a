#include "sfv/ops/cuda/geglu_steps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/ops/cuda/bf16.h"

namespace sfv::ops::cuda {
namespace {

TEST(Activations, EqualHandComputedValues) {
  EXPECT_FLOAT_EQ(gelu(1.0F), 0.8413447F);    // 1 * Phi(1); the tanh form gives 0.84119
  EXPECT_FLOAT_EQ(gelu(-1.0F), -0.1586553F);  // -1 * Phi(-1)
  EXPECT_FLOAT_EQ(silu(1.0F), 0.7310586F);    // 1 / (1 + 1/e)
  EXPECT_FLOAT_EQ(silu(0.0F), 0.0F);
}

TEST(Activations, FarFromZeroAreZeroOrTheInput) {
  for (const float x : {100.0F, 1e4F, 1e30F}) {
    EXPECT_EQ(silu(x), x);
    EXPECT_EQ(gelu(x), x);
    EXPECT_EQ(std::abs(silu(-x)), 0.0F);
    EXPECT_EQ(std::abs(gelu(-x)), 0.0F);
  }
  EXPECT_TRUE(std::isnan(silu(NAN)) && std::isnan(gelu(NAN)));
}

// By `threads` threads in all, one after the other; they share nothing.
template <int V, typename T>
void expect_equal_definition(int64_t rows, int64_t channels, int64_t threads, double tolerance) {
  std::vector<T> p(static_cast<size_t>(rows * 2 * channels)), y(static_cast<size_t>(rows * channels));
  for (size_t i = 0; i < p.size(); ++i)
    p[i] = Number<T>::from_float(3.0F * std::sin(static_cast<float>(i)) + 0.5F);
  for (T& number : y) number = Number<T>::from_float(1e9F);
  for (int64_t thread = 0; thread < threads; ++thread)
    gate_packs<V>(thread, threads, rows, channels, p.data(), y.data());
  for (int64_t i = 0; i < rows * channels; ++i) {
    const int64_t place = i / channels * 2 * channels + i % channels;
    const double value = Number<T>::to_float(p[static_cast<size_t>(place)]);
    const double gate = Number<T>::to_float(p[static_cast<size_t>(place + channels)]);
    const double expected = value * gate * 0.5 * (1 + std::erf(gate / std::sqrt(2.0)));
    ASSERT_NEAR(Number<T>::to_float(y[static_cast<size_t>(i)]), expected,
                tolerance * std::max(1.0, std::abs(expected)));
  }
}

constexpr double kBf16Rounding = 3.95e-3;  // half a step of bfloat16, 2^-8, and float's

TEST(GegluSteps, EqualTheDefinition) {
  expect_equal_definition<1, float>(5, 7, 64, 1e-6);    // more threads than numbers
  expect_equal_definition<1, float>(33, 13, 10, 1e-6);  // each takes many
  expect_equal_definition<4, float>(9, 20, 16, 1e-6);
  expect_equal_definition<8, Bf16>(3, 40, 7, kBf16Rounding);
  expect_equal_definition<1, Bf16>(1, 1, 1, kBf16Rounding);
}

}  // namespace
}  // namespace sfv::ops::cuda
