#include "sfv/ops/cpu_attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>

#include "sfv/core/cpu_features.h"
#include "sfv/ops/attention.h"
#include "sfv/ops/split.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/tensor/random.h"

namespace sfv::ops {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;

double distance(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

struct Case {
  int64_t N, S, L, heads, D;
};

// SVD's heads of 64 and the decoder's one of 512; lengths that no block divides.
const Case kCases[] = {{2, 720, 720, 5, 64}, {1, 130, 300, 10, 64}, {3, 65, 257, 2, 32},
                       {1, 45, 64, 20, 64},  {1, 200, 200, 1, 512}, {2, 1, 97, 3, 96}};

class CpuAttention : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Case& c = GetParam();
    at::Generator generator = make_generator(5);
    q_ = draw_normal({c.N, c.S, c.heads * c.D}, generator) * 3;  // some weights near 1, most near 0
    k_ = draw_normal({c.N, c.L, c.heads * c.D}, generator);
    v_ = draw_normal({c.N, c.L, c.heads * c.D}, generator);
  }

  [[nodiscard]] Tensor exact(const Tensor& q, const Tensor& k, const Tensor& v) const {
    const Case& c = GetParam();
    const auto split = [&](const Tensor& x) {
      return x.to(at::kDouble).view({c.N, x.size(1), c.heads, c.D}).transpose(1, 2);
    };
    return at::scaled_dot_product_attention(split(q), split(k), split(v)).transpose(1, 2).reshape(q.sizes());
  }

  torch::NoGradGuard no_grad_;
  Tensor q_, k_, v_;
};

TEST_P(CpuAttention, EqualsLibtorchInDouble) {
  const auto found = attention_on_cpu(q_, k_, v_, GetParam().heads);
  ASSERT_TRUE(found) << "the fast way was not taken";
  EXPECT_LE(distance(*found, exact(q_, k_, v_)), 5e-6);
  EXPECT_TRUE(attention(q_, k_, v_, GetParam().heads).equal(*found));
}

TEST_P(CpuAttention, ShortNumbersAreRoundedOnce) {
  if (cpu_features().amx_bf16) GTEST_SKIP() << "the processor's own bfloat16 products are the faster ones";
  const Tensor q = q_.to(at::kBFloat16), k = k_.to(at::kBFloat16), v = v_.to(at::kBFloat16);
  const auto found = attention_on_cpu(q, k, v, GetParam().heads);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->scalar_type(), at::kBFloat16);
  EXPECT_LE(distance(*found, exact(q, k, v)), 4e-3);
}

TEST_P(CpuAttention, HasTheSameBytesInPiecesAndOnAnyThreads) {
  const int64_t heads = GetParam().heads;
  const Tensor whole = attention(q_, k_, v_, heads);
  for (int64_t n = 0; n < q_.size(0); ++n) {
    EXPECT_TRUE(attention(q_.narrow(0, n, 1), k_.narrow(0, n, 1), v_.narrow(0, n, 1), heads)
                    .equal(whole.narrow(0, n, 1)));
  }
  {
    const MaxOperations few(1e6);
    EXPECT_TRUE(attention(q_, k_, v_, heads).equal(whole));
  }
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    EXPECT_TRUE(attention(q_, k_, v_, heads).equal(whole)) << count;
  }
  at::set_num_threads(threads);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CpuAttention, ::testing::ValuesIn(kCases));

struct TemporalCase {
  int64_t B, F, P, heads, D;
};
const TemporalCase kTemporalCases[] = {
    {1, 14, 180, 5, 64}, {2, 25, 45, 10, 64}, {1, 1, 7, 2, 32}, {1, 16, 33, 3, 96}, {3, 32, 5, 1, 256}};

class CpuTemporalAttention : public ::testing::TestWithParam<TemporalCase> {};

TEST_P(CpuTemporalAttention, EqualsLibtorchInDouble) {
  const torch::NoGradGuard no_grad;
  const auto& [B, F, P, heads, D] = GetParam();
  at::Generator generator = make_generator(5);
  const Tensor q = draw_normal({B, F, P, heads * D}, generator) * 3;
  const Tensor k = draw_normal({B, F, P, heads * D}, generator),
               v = draw_normal({B, F, P, heads * D}, generator);
  const auto exact = [&, b = B, f = F, p = P, h = heads, d = D](const Tensor& a, const Tensor& c,
                                                                const Tensor& e) {
    const auto split = [&](const Tensor& x) {
      return x.to(at::kDouble).view({b, f, p, h, d}).permute({0, 2, 3, 1, 4});
    };
    return at::scaled_dot_product_attention(split(a), split(c), split(e))
        .permute({0, 3, 1, 2, 4})
        .reshape(a.sizes());
  };
  const auto found = temporal_attention_on_cpu(q, k, v, heads);
  ASSERT_TRUE(found) << "the fast way was not taken";
  EXPECT_LE(distance(*found, exact(q, k, v)), 5e-6);
  EXPECT_TRUE(temporal_attention(q, k, v, heads).equal(*found));
  if (cpu_features().amx_bf16) return;
  const Tensor qs = q.to(at::kBFloat16), ks = k.to(at::kBFloat16), vs = v.to(at::kBFloat16);
  const auto half = temporal_attention_on_cpu(qs, ks, vs, heads);
  ASSERT_TRUE(half);
  EXPECT_LE(distance(*half, exact(qs, ks, vs)), 4e-3);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CpuTemporalAttention, ::testing::ValuesIn(kTemporalCases));

// Of sum(y dy) for q, k and v.
variable_list gradients(const variable_list& leaves, const Tensor& y, const Tensor& dy) {
  return torch::autograd::grad({y}, leaves, {dy});
}

TEST(CpuAttentionGradients, AreLibtorchs) {
  at::Generator generator = make_generator(5);
  const auto check = [&](at::IntArrayRef shape, const auto& ours, const auto& exact) {
    variable_list leaves, wide;
    for (int i = 0; i < 3; ++i) {
      leaves.push_back(draw_normal(shape, generator).requires_grad_(true));
      wide.push_back(leaves[i].detach().to(at::kDouble).requires_grad_(true));
    }
    const Tensor dy = draw_normal(shape, generator);
    const variable_list found = gradients(leaves, ours(leaves), dy);
    const variable_list expected = gradients(wide, exact(wide), dy.to(at::kDouble));
    for (size_t i = 0; i < 3; ++i) EXPECT_LE(distance(found[i], expected[i]), 5e-6) << i;
  };
  check(
      {2, 70, 128}, [](const variable_list& x) { return *attention_on_cpu(x[0], x[1], x[2], 2); },
      [](const variable_list& x) {
        const auto split = [](const Tensor& t) { return t.view({2, 70, 2, 64}).transpose(1, 2); };
        return at::scaled_dot_product_attention(split(x[0]), split(x[1]), split(x[2]))
            .transpose(1, 2)
            .reshape({2, 70, 128});
      });
  check(
      {2, 5, 9, 64}, [](const variable_list& x) { return *temporal_attention_on_cpu(x[0], x[1], x[2], 2); },
      [](const variable_list& x) {
        const auto split = [](const Tensor& t) { return t.view({2, 5, 9, 2, 32}).permute({0, 2, 3, 1, 4}); };
        return at::scaled_dot_product_attention(split(x[0]), split(x[1]), split(x[2]))
            .permute({0, 3, 1, 2, 4})
            .reshape({2, 5, 9, 64});
      });
}

TEST(CpuAttentionLimits, OtherCasesGoLibtorchsWay) {
  at::Generator generator = make_generator(5);
  const Tensor x = draw_normal({1, 80, 64}, generator);
  EXPECT_TRUE(attention_on_cpu(x, x, x, 1));
  {
    const MixedPrecision mixed(at::kBFloat16);
    EXPECT_FALSE(attention_on_cpu(x, x, x, 1));
  }
  EXPECT_FALSE(attention_on_cpu(x, x, x, 4)) << "heads of 16";
  EXPECT_FALSE(attention_on_cpu(x, x.narrow(1, 0, 20), x.narrow(1, 0, 20), 1)) << "few keys";
  EXPECT_FALSE(attention_on_cpu(x.to(at::kDouble), x.to(at::kDouble), x.to(at::kDouble), 1));
  const Tensor video = draw_normal({1, 40, 2, 64}, generator);
  EXPECT_FALSE(temporal_attention_on_cpu(video, video, video, 1)) << "many frames";
  EXPECT_TRUE(
      temporal_attention_on_cpu(video.narrow(1, 0, 32), video.narrow(1, 0, 32), video.narrow(1, 0, 32), 1));
}

TEST(CpuAttentionLimits, NotANumberStaysOne) {
  const torch::NoGradGuard no_grad;
  at::Generator generator = make_generator(5);
  Tensor x = draw_normal({1, 100, 64}, generator);
  x[0][3][7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(attention_on_cpu(x, x, x, 1)->isnan().any().item<bool>());
  EXPECT_TRUE(
      temporal_attention_on_cpu(x.view({1, 10, 10, 64}), x.view({1, 10, 10, 64}), x.view({1, 10, 10, 64}), 1)
          ->isnan()
          .any()
          .item<bool>());
}

}  // namespace
}  // namespace sfv::ops
