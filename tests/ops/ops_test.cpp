#include <ATen/ops/allclose.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "sfv/core/error.h"
#include "sfv/core/work.h"
#include "sfv/ops/attention.h"
#include "sfv/ops/conv.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/group_norm.h"
#include "sfv/ops/linear.h"
#include "sfv/ops/split.h"

namespace sfv::ops {
namespace {

class Counter : public WorkMeter {
 public:
  void add(double operations) override {
    total += operations;
    largest = std::max(largest, operations);
    ++calls;
  }
  double total = 0, largest = 0;
  int calls = 0;
};

void expect_equal(const torch::Tensor& got, const torch::Tensor& expected) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  EXPECT_LE((got - expected).norm().item<double>(), 1e-6 * expected.norm().item<double>());
}

// Each op by whole pieces, then by the smallest pieces it knows, must give the same and count the same.
template <typename F>
void expect_same_in_pieces(F&& f, const torch::Tensor& expected, double operations) {
  const torch::NoGradGuard no_grad;
  Counter whole, pieces;
  {
    const WorkScope scope(whole);
    expect_equal(f(), expected);
  }
  {
    const WorkScope scope(pieces);
    const MaxOperations limit(operations / 7);
    expect_equal(f(), expected);
  }
  EXPECT_DOUBLE_EQ(whole.total, operations);
  EXPECT_DOUBLE_EQ(pieces.total, operations);
  EXPECT_EQ(whole.calls, 1);
  EXPECT_GE(pieces.calls, 5);
  EXPECT_LT(pieces.largest, operations / 3);
}

TEST(Conv2d, SameInBandsOfRowsForOneFrame) {
  const torch::Tensor x = at::randn({1, 5, 23, 11}), w = at::randn({7, 5, 3, 3}), b = at::randn({7});
  expect_same_in_pieces([&] { return ops::conv2d(x, w, b, 1, 1); }, at::conv2d(x, w, b, 1, 1),
                        2.0 * 7 * 5 * 9 * 23 * 11);
}

TEST(Conv2d, SameByFrames) {
  const torch::Tensor x = at::randn({14, 5, 6, 4}), w = at::randn({7, 5, 3, 3});
  expect_same_in_pieces([&] { return ops::conv2d(x, w, {}, 2, 1); }, at::conv2d(x, w, {}, 2, 1),
                        2.0 * 7 * 5 * 9 * 14 * 3 * 2);
}

TEST(TemporalConv, EqualsConv3d) {
  const int64_t B = 2, F = 5, C = 3, O = 4, H = 6, W = 7;
  const torch::Tensor x = at::randn({B * F, C, H, W}), w = at::randn({O, C, 3, 1, 1}), b = at::randn({O});
  const torch::Tensor video = x.view({B, F, C, H, W}).transpose(1, 2);
  const torch::Tensor expected =
      at::conv3d(video, w, b, 1, {1, 0, 0}).transpose(1, 2).reshape({B * F, O, H, W});
  expect_same_in_pieces([&] { return temporal_conv(x, F, w, b); }, expected, 2.0 * O * C * 3 * B * F * H * W);
}

TEST(UpsampleConv, EqualsEnlargeThenConvolve) {
  const torch::Tensor x = at::randn({9, 4, 5, 3}), w = at::randn({6, 4, 3, 3}), b = at::randn({6});
  const torch::Tensor expected = at::conv2d(at::upsample_nearest2d(x, {9, 6}), w, b, 1, 1);
  expect_same_in_pieces([&] { return upsample_conv2d(x, 9, 6, w, b); }, expected,
                        2.0 * 6 * 4 * 9 * 9 * 9 * 6);
}

TEST(Attention, SameByFramesAndRows) {
  const int64_t N = 3, S = 24, L = 10, C = 16, heads = 4;
  const torch::Tensor q = at::randn({N, S, C}), k = at::randn({N, L, C}), v = at::randn({N, L, C});
  const auto split = [&](const torch::Tensor& x) {
    return x.reshape({N, -1, heads, C / heads}).transpose(1, 2);
  };
  const torch::Tensor expected =
      at::scaled_dot_product_attention(split(q), split(k), split(v)).transpose(1, 2).reshape({N, S, C});
  expect_same_in_pieces([&] { return attention(q, k, v, heads); }, expected,
                        4.0 * N * S * L * C + kSoftmaxCost * N * heads * S * L);
}

TEST(TemporalAttention, EqualsAttentionOverPermutedTokens) {
  const int64_t B = 2, F = 5, P = 6, C = 8, heads = 2;
  const torch::Tensor q = at::randn({B, F, P, C}), k = at::randn({B, F, P, C}), v = at::randn({B, F, P, C});
  const auto by_pixel = [&](const torch::Tensor& x) { return x.transpose(1, 2).reshape({B * P, F, C}); };
  const torch::Tensor expected =
      attention(by_pixel(q), by_pixel(k), by_pixel(v), heads).view({B, P, F, C}).transpose(1, 2);
  expect_equal(temporal_attention(q, k, v, heads), expected);
}

TEST(TemporalGroupNorm, TakesStatisticsOverAllFramesOfAVideo) {
  const int64_t B = 2, F = 3, C = 8, H = 4, W = 5;
  const torch::Tensor x = at::randn({B * F, C, H, W}) * 3 + 1, w = at::randn({C}), b = at::randn({C});
  const torch::Tensor video = x.view({B, F, C, H, W}).transpose(1, 2);
  const torch::Tensor expected =
      at::silu(at::group_norm(video, 4, w, b, 1e-5)).transpose(1, 2).reshape({B * F, C, H, W});
  expect_equal(temporal_group_norm(x, F, 4, w, b, 1e-5, Activation::kSilu), expected);
}

TEST(Geglu, FirstHalfIsTheValueSecondTheGate) {
  const torch::Tensor p = torch::tensor({{3.0F, 1.0F}});
  EXPECT_NEAR(geglu(p).item<double>(), 3 * 0.8413447,
              1e-6);  // 1 * Phi(1), the exact GELU; the tanh form gives .84119
}

TEST(Work, StopsBetweenPieces) {
  struct Stop : WorkMeter {
    void add(double) override { throw Error(ErrorCode::kCancelled, "stop"); }
  } stop;
  const WorkScope scope(stop);
  EXPECT_THROW((void)ops::linear(at::randn({2, 3}), at::randn({4, 3}), torch::Tensor()), Error);
}

}  // namespace
}  // namespace sfv::ops
