// The body of the temporal attention kernel, run on the CPU thread by thread, against the definition in
// double.
#include "sfv/ops/cuda/temporal_attention_steps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/ops/cuda/bf16.h"
#include "tests/ops/cuda/cpu_block.h"

namespace sfv::ops::cuda {
namespace {

struct Problem {
  int64_t videos, frames, pixels;
  int heads;
};

template <typename T>
std::vector<T> draw(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<T> numbers(static_cast<size_t>(count));
  for (T& number : numbers) number = Number<T>::from_float(normal(random));
  return numbers;
}

// Packs want aligned memory.
template <typename T>
struct alignas(kPackBytes) Line {
  T numbers[kPackBytes / sizeof(T)];
};

template <int D, int V, typename T>
void expect_equal_definition(const Problem& p, int threads, double tolerance) {
  const TemporalAttentionPlan plan =
      make_temporal_attention_plan(p.videos, p.frames, p.pixels, p.heads, threads);
  const int64_t count = p.videos * p.frames * p.pixels * p.heads * D;
  const std::vector<T> q = draw<T>(count, 1), k = draw<T>(count, 2), v = draw<T>(count, 3);
  std::vector<T> y(q.size(), Number<T>::from_float(1e9F));
  const int64_t bytes = plan.shared_bytes(D, sizeof(T));
  std::vector<Line<T>> shared(static_cast<size_t>(bytes / kPackBytes + 1));
  launch_on_cpu(plan.blocks(), plan.units * plan.lanes, [&](const CpuBlock& block) {
    attend_over_frames<D, V>(block, plan, q.data(), k.data(), v.data(), y.data(), shared[0].numbers);
  });

  const auto at = [&](const std::vector<T>& x, int64_t video, int64_t frame, int64_t place, int d) {
    const int64_t row = (video * p.frames + frame) * p.pixels * p.heads + place;
    return static_cast<double>(Number<T>::to_float(x[static_cast<size_t>(row * D + d)]));
  };
  for (int64_t video = 0; video < p.videos; ++video) {
    for (int64_t place = 0; place < p.pixels * p.heads; ++place) {
      for (int64_t i = 0; i < p.frames; ++i) {
        std::vector<double> weights;
        double total = 0;
        for (int64_t j = 0; j < p.frames; ++j) {
          double score = 0;
          for (int d = 0; d < D; ++d) score += at(q, video, i, place, d) * at(k, video, j, place, d);
          weights.push_back(std::exp(score / std::sqrt(static_cast<double>(D))));
          total += weights.back();
        }
        for (int d = 0; d < D; ++d) {
          double expected = 0;
          for (int64_t j = 0; j < p.frames; ++j)
            expected += weights[static_cast<size_t>(j)] / total * at(v, video, j, place, d);
          ASSERT_NEAR(at(y, video, i, place, d), expected, tolerance * std::max(1.0, std::abs(expected)))
              << "video " << video << ", place " << place << ", frame " << i << ", number " << d;
        }
      }
    }
  }
}

constexpr double kBf16Rounding = 3.95e-3;  // half a step of bfloat16, 2^-8, and float's

TEST(TemporalAttentionSteps, EqualTheDefinitionInFloat) {
  expect_equal_definition<32, 4, float>({1, 1, 1, 1}, 32, 2e-6);
  expect_equal_definition<32, 4, float>({2, 3, 5, 2}, 64, 2e-6);    // blocks that are not full
  expect_equal_definition<64, 4, float>({1, 14, 3, 5}, 128, 2e-6);  // SVD's frames, eight units a block
  expect_equal_definition<64, 4, float>({1, 25, 2, 3}, 128, 2e-6);  // XT's, four
  expect_equal_definition<128, 4, float>({1, 32, 1, 2}, 64, 2e-6);
}

TEST(TemporalAttentionSteps, EqualTheDefinitionInBfloat16) {
  expect_equal_definition<64, 8, Bf16>({1, 14, 3, 5}, 128, kBf16Rounding);
  expect_equal_definition<64, 8, Bf16>({2, 25, 3, 1}, 128, kBf16Rounding);
}

TEST(TemporalAttentionSteps, LargeScoresDoNotOverflow) {
  const TemporalAttentionPlan plan = make_temporal_attention_plan(1, 2, 1, 1, 32);
  std::vector<float> q(64), k(64), v(64), y(64);
  for (size_t i = 0; i < 64; ++i) {
    q[i] = 100;
    k[i] = i < 32 ? 100.0F : -100.0F;
    v[i] = i < 32 ? 1.0F : 2.0F;
  }
  std::vector<Line<float>> shared(static_cast<size_t>(plan.shared_bytes(32, 4) / kPackBytes + 1));
  launch_on_cpu(plan.blocks(), plan.units * plan.lanes, [&](const CpuBlock& block) {
    attend_over_frames<32, 4>(block, plan, q.data(), k.data(), v.data(), y.data(), shared[0].numbers);
  });
  for (const float number : y) EXPECT_EQ(number, 1.0F);
}

TEST(TemporalAttentionPlan, HasAThreadForEachFrameAndFitsSharedMemory) {
  for (const int64_t frames : {1, 14, 16, 17, 25, 32}) {
    const TemporalAttentionPlan plan = make_temporal_attention_plan(1, frames, 9216, 5);
    EXPECT_GE(plan.lanes, frames);
    EXPECT_EQ(plan.lanes * plan.units, kAttentionThreads);
    EXPECT_GE(plan.blocks() * plan.units, plan.all_units());
    EXPECT_LE(plan.shared_bytes(64, 2), 48 << 10);
  }
}

}  // namespace
}  // namespace sfv::ops::cuda
