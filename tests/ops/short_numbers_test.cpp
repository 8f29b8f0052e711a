// Operations on bfloat16: each near the same in float64, with the rounding of one result and not of sums.
#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <vector>

#include "sfv/ops/attention.h"
#include "sfv/ops/conv.h"
#include "sfv/ops/float_norm.h"
#include "sfv/ops/group_norm.h"
#include "sfv/ops/layer_norm.h"
#include "sfv/ops/linear.h"
#include "sfv/tensor/layout.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/tensor/random.h"

namespace sfv::ops {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;
using Function = std::function<Tensor(const std::vector<Tensor>&)>;

constexpr double kRounding = 1.0 / 256;  // of a bfloat16, twice the most that one is off

// Largest difference, in parts of the largest value.
double distance(const Tensor& a, const Tensor& b) {
  const Tensor wide = b.to(at::kDouble);
  return ((a.to(at::kDouble) - wide).abs().max() / wide.abs().max()).item<double>();
}

// The function of leaves in their types under MixedPrecision against `exact` of the same values in float64:
// results, and the gradients of leaves, which have the leaves' types.
void expect_near(const Function& function, const Function& exact, const std::vector<Tensor>& values,
                 double bound) {
  variable_list leaves, wide;
  for (const Tensor& value : values) {
    leaves.push_back(value.detach().requires_grad_(true));
    wide.push_back(value.detach().to(at::kDouble).requires_grad_(true));
  }
  Tensor y;
  {
    const MixedPrecision scope(at::kBFloat16);
    y = function(leaves);
  }
  const Tensor wanted = exact(wide);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  EXPECT_LE(distance(y, wanted), bound);
  at::Generator generator = make_generator(3);
  const Tensor dy = draw_normal(wanted.sizes(), generator).to(at::kBFloat16);
  const variable_list found = torch::autograd::grad({y}, leaves, {dy});
  const variable_list expected = torch::autograd::grad({wanted}, wide, {dy.to(at::kDouble)});
  for (size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_EQ(found[i].scalar_type(), values[i].scalar_type());
    EXPECT_LE(distance(found[i], expected[i]), 2 * bound) << "gradient " << i;
  }
}

Tensor draw(at::IntArrayRef shape, uint64_t seed, double mean = 0) {
  at::Generator generator = make_generator(seed);
  return draw_normal(shape, generator) + mean;
}

Tensor draw_short(at::IntArrayRef shape, uint64_t seed, double mean = 0) {
  const Tensor x = draw(shape, seed, mean).to(at::kBFloat16);
  return shape.size() == 4 ? as_channels_last(x) : x;
}

TEST(ShortNumbers, ProductsCastFloatFactors) {
  expect_near([](const auto& t) { return linear(t[0], t[1], t[2]); },
              [](const auto& t) { return at::linear(t[0], t[1], t[2]); },
              {draw({5, 7, 64}, 1), draw({32, 64}, 2), draw({32}, 3)}, 2 * kRounding);
  expect_near([](const auto& t) { return conv2d(t[0], t[1], t[2], 1, 1); },
              [](const auto& t) { return at::conv2d(t[0], t[1], t[2], 1, 1); },
              {draw({3, 32, 8, 8}, 1), draw({16, 32, 3, 3}, 2), draw({16}, 3)}, 2 * kRounding);
}

// A mean of 30 deviations: sums of bfloat16 numbers would have nothing left of the deviation.
TEST(ShortNumbers, NormsTakeStatisticsInFloat) {
  for (const double mean : {0.0, 30.0}) {
    const std::vector<Tensor> values = {draw_short({2, 64, 9, 7}, 1, mean), draw({64}, 2), draw({64}, 3)};
    const auto exact = [](const std::vector<Tensor>& t) {
      return at::silu(at::group_norm(t[0], 32, t[1], t[2], 1e-5));
    };
    expect_near([](const auto& t) { return group_norm(t[0], 32, t[1], t[2], 1e-5, Activation::kSilu); },
                exact, values, kRounding);
    // As on devices that have no kernel of ours.
    const FloatNorm norm = [](const Tensor& x, const Tensor& w, const Tensor& b) {
      return at::silu(at::group_norm(x, 32, w, b, 1e-5));
    };
    expect_near([&](const auto& t) { return norm_in_float(t[0], t[1], t[2], norm); }, exact, values,
                kRounding);
    expect_near([](const auto& t) { return layer_norm(t[0], t[1], t[2], 1e-5); },
                [](const auto& t) { return at::layer_norm(t[0], {64}, t[1], t[2], 1e-5); },
                {draw_short({11, 64}, 1, mean), draw({64}, 2), draw({64}, 3)}, kRounding);
  }
}

// R1 needs them, of both ways to compute a norm.
TEST(ShortNumbers, NormsHaveGradientsOfGradients) {
  const auto penalty = [](const Function& norm, const std::vector<Tensor>& values, const Tensor& dy) {
    const Tensor x = values[0].detach().requires_grad_(true), w = values[1].detach().requires_grad_(true);
    const Tensor y = norm({x, w, values[2]});
    const Tensor gradient = torch::autograd::grad({y}, {x}, {dy.to(y.scalar_type())}, true, true)[0];
    return torch::autograd::grad({gradient.square().sum()}, {x, w});
  };
  const std::vector<Tensor> values = {draw_short({2, 64, 9, 7}, 1), draw({64}, 2), draw({64}, 3)};
  std::vector<Tensor> wide;
  for (const Tensor& value : values) wide.push_back(value.to(at::kDouble));
  const Tensor dy = draw_short({2, 64, 9, 7}, 4);
  const FloatNorm plain = [](const Tensor& x, const Tensor& w, const Tensor& b) {
    return at::group_norm(x, 32, w, b, 1e-5);
  };
  const variable_list expected = penalty([&](const auto& t) { return plain(t[0], t[1], t[2]); }, wide, dy);
  const std::vector<Function> ways = {
      [](const auto& t) { return group_norm(t[0], 32, t[1], t[2], 1e-5, Activation::kNone); },
      [&](const auto& t) { return norm_in_float(t[0], t[1], t[2], plain); }};
  for (const Function& way : ways) {
    const variable_list found = penalty(way, values, dy);
    for (size_t i = 0; i < 2; ++i) EXPECT_LE(distance(found[i], expected[i]), 4 * kRounding);
  }
}

Tensor exact_geglu(const std::vector<Tensor>& t) {
  return t[0].narrow(-1, 0, 24) * at::gelu(t[0].narrow(-1, 24, 24));
}

TEST(ShortNumbers, GegluIsThatOfFloat64) {
  const auto function = [](const std::vector<Tensor>& t) { return geglu(t[0]); };
  expect_near(function, exact_geglu, {4 * draw_short({3, 5, 48}, 1)}, kRounding);
}

TEST(Geglu, IsThatOfFloat64AsItsGradientsAre) {
  const Tensor x = (4 * draw({3, 5, 48}, 1)).requires_grad_(true), dy = draw({3, 5, 24}, 2);
  const Tensor wide = x.detach().to(at::kDouble).requires_grad_(true);
  const Tensor y = geglu(x), wanted = exact_geglu({wide});
  EXPECT_LE(distance(y, wanted), 1e-6);
  const Tensor found = torch::autograd::grad({y}, {x}, {dy})[0];
  EXPECT_LE(distance(found, torch::autograd::grad({wanted}, {wide}, {dy.to(at::kDouble)}, true)[0]), 1e-6);
  // Gradients of gradients.
  const auto twice = [](const Tensor& result, const Tensor& input, const Tensor& gradient) {
    const Tensor first = torch::autograd::grad({result}, {input}, {gradient}, true, true)[0];
    return torch::autograd::grad({first.square().sum()}, {input})[0];
  };
  EXPECT_LE(distance(twice(geglu(x), x, dy), twice(wanted, wide, dy.to(at::kDouble))), 1e-5);
}

TEST(ShortNumbers, AttentionIsThatOfFloat64) {
  constexpr int64_t kHeads = 2;
  const auto split = [](const Tensor& t) { return t.view({2, -1, kHeads, 32}).transpose(1, 2); };
  expect_near([](const auto& t) { return attention(t[0], t[1], t[2], kHeads); },
              [&](const auto& t) {
                return at::scaled_dot_product_attention(split(t[0]), split(t[1]), split(t[2]))
                    .transpose(1, 2)
                    .reshape({2, -1, 64});
              },
              {draw_short({2, 30, 64}, 1), draw_short({2, 20, 64}, 2), draw_short({2, 20, 64}, 3)},
              3 * kRounding);
}

}  // namespace
}  // namespace sfv::ops
