// The bodies of the GroupNorm kernels, run on the CPU thread by thread, against the definition in double.
#include "sfv/ops/cuda/group_norm_steps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "tests/ops/cuda/bf16.h"
#include "tests/ops/cuda/cpu_block.h"

namespace sfv::ops::cuda {
namespace {

constexpr double kEps = 1e-5;

struct Problem {
  int64_t pictures, pixels;
  int channels, groups;
  double mean = 1.0;
};

template <typename T>
struct Numbers {
  std::vector<T> x, weight, bias;  // on the heap, so aligned for packs
};

template <typename T>
Numbers<T> make_numbers(const Problem& p) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  const auto draw = [&](int64_t count, double mean) {
    std::vector<T> numbers(static_cast<size_t>(count));
    for (T& number : numbers) number = Number<T>::from_float(normal(random) + static_cast<float>(mean));
    return numbers;
  };
  return {draw(p.pictures * p.pixels * p.channels, p.mean), draw(p.channels, 1), draw(p.channels, 0)};
}

// The three kernels as group_norm.cu launches them, with blocks of `threads` threads.
template <int V, bool kSilu, typename T>
std::vector<T> by_kernels(const Problem& p, const Numbers<T>& in, int threads) {
  const GroupNormPlan plan = make_group_norm_plan(p.pictures, p.pixels, p.channels, p.groups, V, threads);
  const float nan = std::nanf("");  // what nobody wrote must not be read
  std::vector<Moments> shared(static_cast<size_t>(V * threads), Moments{nan, nan, nan});
  std::vector<Moments> partials(static_cast<size_t>(plan.partials()), Moments{nan, nan, nan});
  std::vector<ChannelMap> maps(static_cast<size_t>(p.pictures * p.channels), ChannelMap{nan, nan});
  std::vector<T> y(in.x.size());
  launch_on_cpu(plan.blocks(), plan.threads(), [&](const CpuBlock& block) {
    measure_slice<V>(block, plan, in.x.data(), shared.data(), partials.data());
  });
  launch_on_cpu(p.pictures * p.groups, threads, [&](const CpuBlock& block) {
    join_group(block, plan, partials.data(), in.weight.data(), in.bias.data(), static_cast<float>(kEps),
               shared.data(), maps.data());
  });
  launch_on_cpu(plan.blocks(), plan.threads(), [&](const CpuBlock& block) {
    apply_maps<V, kSilu>(block, plan, in.x.data(), maps.data(), y.data());
  });
  return y;
}

template <typename T>
std::vector<double> by_definition(const Problem& p, const Numbers<T>& in, bool has_silu) {
  const auto at = [&](const std::vector<T>& v, int64_t i) {
    return static_cast<double>(Number<T>::to_float(v[static_cast<size_t>(i)]));
  };
  const int size = p.channels / p.groups;
  std::vector<double> y(in.x.size());
  for (int64_t picture = 0; picture < p.pictures; ++picture) {
    for (int group = 0; group < p.groups; ++group) {
      const auto each = [&](auto&& f) {
        for (int64_t pixel = 0; pixel < p.pixels; ++pixel)
          for (int c = group * size; c < (group + 1) * size; ++c)
            f((picture * p.pixels + pixel) * p.channels + c, c);
      };
      const double count = static_cast<double>(p.pixels * size);
      double mean = 0, variance = 0;
      each([&](int64_t i, int) { mean += at(in.x, i) / count; });
      each([&](int64_t i, int) { variance += std::pow(at(in.x, i) - mean, 2) / count; });
      each([&](int64_t i, int c) {
        const double value =
            (at(in.x, i) - mean) / std::sqrt(variance + kEps) * at(in.weight, c) + at(in.bias, c);
        y[static_cast<size_t>(i)] = has_silu ? value / (1 + std::exp(-value)) : value;
      });
    }
  }
  return y;
}

// |difference| <= tolerance * max(1, |expected|)
template <int V, typename T>
void expect_equal_definition(const Problem& p, int threads, double tolerance) {
  const Numbers<T> in = make_numbers<T>(p);
  const auto compare = [&](const std::vector<T>& got, const std::vector<double>& expected) {
    for (size_t i = 0; i < got.size(); ++i) {
      const double difference = std::abs(Number<T>::to_float(got[i]) - expected[i]);
      ASSERT_LE(difference, tolerance * std::max(1.0, std::abs(expected[i])))
          << p.channels << " channels, " << p.pixels << " pixels, number " << i;
    }
  };
  compare(by_kernels<V, false>(p, in, threads), by_definition(p, in, false));
  compare(by_kernels<V, true>(p, in, threads), by_definition(p, in, true));
}

constexpr double kFloatRounding = 4e-6;    // some roundings of 6e-8, of sums as large as the mean
constexpr double kBf16Rounding = 3.95e-3;  // half a step of bfloat16, 2^-8, and float's

TEST(GroupNormSteps, EqualTheDefinitionInFloat) {
  expect_equal_definition<1, float>({1, 1, 1, 1}, 16, kFloatRounding);
  expect_equal_definition<1, float>({2, 37, 6, 3}, 16, kFloatRounding);
  expect_equal_definition<1, float>({3, 35, 66, 11}, 16, kFloatRounding);  // more channels than threads
  expect_equal_definition<4, float>({2, 1153, 12, 4}, 24, kFloatRounding);
  expect_equal_definition<4, float>({1, 50, 64, 32}, 48, kFloatRounding);
  expect_equal_definition<1, float>({1, 3, 51, 1}, 256, kFloatRounding);
}

TEST(GroupNormSteps, EqualTheDefinitionInBfloat16) {
  expect_equal_definition<1, Bf16>({2, 37, 6, 3}, 16, kBf16Rounding);
  expect_equal_definition<8, Bf16>({1, 321, 40, 4}, 32, kBf16Rounding);  // packs cross groups of 10
  expect_equal_definition<8, Bf16>({2, 9, 160, 8}, 256, kBf16Rounding);
}

TEST(GroupNormSteps, ALargeMeanCostsNoDigitsOfTheVariance) {
  // Sums of squares in float would leave nothing of a variance of 1 beside 4096^2.
  expect_equal_definition<4, float>({1, 700, 8, 2, 4096.0}, 16, 2e-3);  // the mean's own rounding is 2.4e-4
}

TEST(GroupNormSteps, GiveTheSameBytesOnEachRun) {
  const Problem p = {1, 500, 24, 3};
  const Numbers<float> in = make_numbers<float>(p);
  const std::vector<float> first = by_kernels<4, true>(p, in, 32), second = by_kernels<4, true>(p, in, 32);
  EXPECT_EQ(std::memcmp(first.data(), second.data(), first.size() * sizeof(float)), 0);
}

TEST(Moments, OfJoinedSetsAreThoseOfTheUnion) {
  const Moments a = {2, 1.5F, 0.5F}, b = {1, 6, 0};  // {1, 2} and {6}
  const Moments both = join(a, b);
  EXPECT_FLOAT_EQ(both.count, 3);
  EXPECT_FLOAT_EQ(both.mean, 3);
  EXPECT_FLOAT_EQ(both.m2, 14);  // 4 + 1 + 9
  const Moments none = {0, 0, 0};
  EXPECT_FLOAT_EQ(join(none, a).mean, 1.5F);
  EXPECT_FLOAT_EQ(join(a, none).m2, 0.5F);
  EXPECT_EQ(join(none, none).count, 0);
}

}  // namespace
}  // namespace sfv::ops::cuda
