#include "sfv/ops/fused_group_norm.h"

#include <ATen/Parallel.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <cmath>
#include <limits>

#include "sfv/tensor/layout.h"
#include "sfv/tensor/random.h"

namespace sfv::ops {
namespace {

constexpr double kEps = 1e-5;

struct Case {
  std::array<int64_t, 4> shape;  // N, C, H, W
  int64_t groups;
  Activation activation;
  double mean = 0;
};

class FusedGroupNorm : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    at::Generator generator = make_generator(5);
    const auto [shape, groups, activation, mean] = GetParam();
    x_ = as_channels_last(draw_normal(shape, generator) + mean);
    weight_ = draw_normal({shape[1]}, generator);
    bias_ = draw_normal({shape[1]}, generator);
    dy_ = as_channels_last(draw_normal(shape, generator));
  }

  // libtorch's operators in float64.
  [[nodiscard]] torch::Tensor expected(const torch::Tensor& x, const torch::Tensor& weight,
                                       const torch::Tensor& bias) const {
    const torch::Tensor y = at::group_norm(x, GetParam().groups, weight, bias, kEps);
    return GetParam().activation == Activation::kSilu ? at::silu(y) : y;
  }

  [[nodiscard]] torch::Tensor fused(const torch::Tensor& x, const torch::Tensor& weight,
                                    const torch::Tensor& bias) const {
    return *group_norm_on_cpu(x, GetParam().groups, weight, bias, kEps, GetParam().activation);
  }

  static torch::Tensor as_double(const torch::Tensor& t) {
    return t.to(at::kDouble).detach().requires_grad_(true);
  }

  static void expect_near(const torch::Tensor& found, const torch::Tensor& wanted, double bound) {
    const torch::Tensor f = found.to(at::kDouble);
    EXPECT_LE((f - wanted).abs().max().item<double>(), bound * wanted.abs().max().item<double>());
  }

  torch::Tensor x_, weight_, bias_, dy_;
};

TEST_P(FusedGroupNorm, EqualsLibtorchInDouble) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor y = fused(x_, weight_, bias_);
  EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
  expect_near(y, expected(x_.to(at::kDouble), weight_.to(at::kDouble), bias_.to(at::kDouble)),
              2e-6 * (1 + std::abs(GetParam().mean)));
}

TEST_P(FusedGroupNorm, HasItsGradients) {
  const auto x = x_.detach().requires_grad_(true), weight = weight_.detach().requires_grad_(true),
             bias = bias_.detach().requires_grad_(true);
  const auto x64 = as_double(x_), weight64 = as_double(weight_), bias64 = as_double(bias_);
  const auto found = torch::autograd::grad({fused(x, weight, bias)}, {x, weight, bias}, {dy_});
  const auto wanted = torch::autograd::grad({expected(x64, weight64, bias64)}, {x64, weight64, bias64},
                                            {dy_.to(at::kDouble)});
  // One pixel and two channels a group leave a gradient that nearly cancels: there libtorch's float is off
  // too.
  const auto theirs = torch::autograd::grad({expected(x, weight, bias)}, {x, weight, bias}, {dy_});
  for (size_t i = 0; i < 3; ++i) {
    const double off = (theirs[i].to(at::kDouble) - wanted[i]).abs().max().item<double>();
    expect_near(found[i], wanted[i], 1e-5 + 2 * off / wanted[i].abs().max().item<double>());
  }
}

TEST_P(FusedGroupNorm, HasGradientsOfGradients) {
  const auto x = x_.detach().requires_grad_(true), weight = weight_.detach().requires_grad_(true),
             bias = bias_.detach().requires_grad_(true);
  const auto x64 = as_double(x_), weight64 = as_double(weight_), bias64 = as_double(bias_);
  const auto penalty = [](const torch::Tensor& y, const torch::Tensor& input, const torch::Tensor& dy) {
    return torch::autograd::grad({y}, {input}, {dy}, true, true)[0].square().sum();
  };
  const auto found =
      torch::autograd::grad({penalty(fused(x, weight, bias), x, dy_)}, {x, weight}, {}, {}, false, true);
  const auto wanted =
      torch::autograd::grad({penalty(expected(x64, weight64, bias64), x64, dy_.to(at::kDouble))},
                            {x64, weight64}, {}, {}, false, true);
  for (size_t i = 0; i < 2; ++i) expect_near(found[i], wanted[i], 1e-4);
}

TEST_P(FusedGroupNorm, DoesNotDependOnTheNumberOfThreads) {
  const torch::NoGradGuard no_grad;
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor one = fused(x_, weight_, bias_);
  at::set_num_threads(2);
  const torch::Tensor two = fused(x_, weight_, bias_);
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(one, two));
}

INSTANTIATE_TEST_SUITE_P(Cases, FusedGroupNorm,
                         ::testing::Values(Case{{2, 32, 5, 7}, 32, Activation::kSilu},
                                           Case{{2, 32, 5, 7}, 32, Activation::kNone},
                                           Case{{1, 96, 13, 11}, 32, Activation::kSilu, 30},
                                           Case{{3, 96, 1, 1}, 32, Activation::kSilu},
                                           Case{{1, 6, 64, 9}, 3, Activation::kNone, -100},
                                           Case{{5, 40, 3, 3}, 8, Activation::kSilu}));

TEST(FusedGroupNormInput, KeepsWhatIsNotFinite) {
  const torch::NoGradGuard no_grad;
  at::Generator generator = make_generator(1);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const torch::Tensor x = as_channels_last(draw_normal({1, 4, 3, 3}, generator));
    x[0][1][2][2] = bad;
    const torch::Tensor one = draw_normal({4}, generator);
    const torch::Tensor y = *group_norm_on_cpu(x, 2, one, one, kEps, Activation::kSilu);
    EXPECT_TRUE(y.slice(1, 0, 2).isnan().all().item<bool>());
    EXPECT_TRUE(y.slice(1, 2, 4).isfinite().all().item<bool>());
  }
}

TEST(FusedGroupNormInput, LeavesOtherTypesToLibtorch) {
  const torch::Tensor x = as_channels_last(at::randn({1, 4, 3, 3}, at::kDouble));
  const torch::Tensor one = at::randn({4}, at::kDouble);
  EXPECT_FALSE(group_norm_on_cpu(x, 2, one, one, kEps, Activation::kNone));
  EXPECT_FALSE(group_norm_on_cpu(at::randn({1, 4, 3, 3}), 2, one, one, kEps, Activation::kNone));
}

}  // namespace
}  // namespace sfv::ops
