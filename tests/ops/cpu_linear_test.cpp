#include "sfv/ops/cpu_linear.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <vector>

#include "sfv/core/cpu_features.h"
#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/linear.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/tensor/planned_memory.h"
#include "sfv/tensor/random.h"

namespace sfv::ops {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;

// Relative to the largest value: sums of up to 1280 products in float32.
constexpr double kBound = 2e-6;

double distance(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

struct Case {
  std::vector<int64_t> rows;
  int64_t in, out;
  bool has_bias;
};

// SVD's widths and frames, and remainders of every vector's width.
const Case kCases[] = {{{14, 18, 20}, 320, 2560, true},
                       {{2, 14, 45}, 1280, 1280, false},
                       {{14, 9, 5}, 640, 640, true},
                       {{25, 3}, 1280, 10240, true},
                       {{64}, 1, 3, true},
                       {{67, 3}, 97, 31, true}};

class CpuLinear : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (cpu_features().name.find("Intel") != std::string::npos)
      GTEST_SKIP() << "MKL is the faster one on this processor";
    at::Generator generator = make_generator(7);
    const auto& [rows, in, out, has_bias] = GetParam();
    std::vector<int64_t> shape = rows, dy_shape = rows;
    shape.push_back(in);
    dy_shape.push_back(out);
    leaves_ = {draw_normal(shape, generator), draw_normal({out, in}, generator)};
    if (has_bias) leaves_.push_back(draw_normal({out}, generator));
    for (Tensor& leaf : leaves_) {
      wide_.push_back(leaf.to(at::kDouble).requires_grad_(true));
      leaf.requires_grad_(true);
    }
    dy_ = draw_normal(dy_shape, generator);
  }

  [[nodiscard]] Tensor fast() const {
    const auto y = linear_on_cpu(leaves_[0], leaves_[1], leaves_.size() > 2 ? leaves_[2] : Tensor());
    if (!y) throw std::logic_error("the fast way was not taken");
    return *y;
  }
  [[nodiscard]] Tensor exact() const {
    return at::linear(wide_[0], wide_[1], wide_.size() > 2 ? std::optional(wide_[2]) : std::nullopt);
  }

  variable_list leaves_, wide_;
  Tensor dy_;
};

TEST_P(CpuLinear, EqualsLibtorchInDouble) {
  const Tensor found = fast(), wanted = exact();
  EXPECT_EQ(found.sizes(), wanted.sizes());
  EXPECT_LE(distance(found, wanted), kBound);
  const variable_list gradients = torch::autograd::grad({found}, leaves_, {dy_});
  const variable_list expected = torch::autograd::grad({wanted}, wide_, {dy_.to(at::kDouble)});
  for (size_t i = 0; i < leaves_.size(); ++i)
    EXPECT_LE(distance(gradients[i], expected[i]), 5 * kBound) << "gradient " << i;
}

// R1 penalises a gradient, and its own gradient goes on to the weight.
TEST_P(CpuLinear, HasGradientsOfGradients) {
  const auto penalty = [](const Tensor& y, const variable_list& leaves, const Tensor& dy) {
    const Tensor gradient = torch::autograd::grad({y}, {leaves[0]}, {dy}, true, true)[0];
    return torch::autograd::grad({gradient.square().sum()}, {leaves[1]})[0];
  };
  EXPECT_LE(distance(penalty(fast(), leaves_, dy_), penalty(exact(), wide_, dy_.to(at::kDouble))),
            5 * kBound);
}

INSTANTIATE_TEST_SUITE_P(Shapes, CpuLinear, ::testing::ValuesIn(kCases));

// bfloat16 numbers, by our own kernel.
class ShortLinear : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (cpu::short_products() != cpu::ShortProducts::kDotProducts) GTEST_SKIP() << "not the way here";
    at::Generator generator = make_generator(7);
    std::vector<int64_t> shape = GetParam().rows;
    shape.push_back(GetParam().in);
    x_ = draw_normal(shape, generator).to(at::kBFloat16);
    weight_ = draw_normal({GetParam().out, GetParam().in}, generator).to(at::kBFloat16);
    if (GetParam().has_bias) bias_ = draw_normal({GetParam().out}, generator).to(at::kBFloat16);
  }

  [[nodiscard]] Tensor exact() const {
    return at::linear(x_.to(at::kDouble), weight_.to(at::kDouble),
                      bias_.defined() ? std::optional(bias_.to(at::kDouble)) : std::nullopt);
  }

  Tensor x_, weight_, bias_;
};

TEST_P(ShortLinear, IsRoundedOnce) {
  const auto found = linear_on_cpu(x_, weight_, bias_);
  ASSERT_TRUE(found) << "the fast way was not taken";
  const Tensor wanted = exact(), error = (found->to(at::kDouble) - wanted).abs();
  // Half a unit in the last of 8 bits, and what the sums in float32 add.
  EXPECT_TRUE((error <= wanted.abs() * (1.0 / 256) + wanted.abs().max() * kBound).all().item<bool>());
  EXPECT_TRUE(linear(x_, weight_, bias_).equal(*found));
}

TEST_P(ShortLinear, WithGegluHasTheSameBytes) {
  if (GetParam().out % 64 != 0) GTEST_SKIP() << "not of two halves that the kernel takes";
  const torch::NoGradGuard no_grad;
  ASSERT_TRUE(suits_linear_geglu(x_, weight_, bias_)) << "the fast way was not taken";
  EXPECT_TRUE(linear_geglu(x_, weight_, bias_).equal(geglu(linear(x_, weight_, bias_))));
}

TEST_P(ShortLinear, HasTheSameBytesInPiecesAndOnAnyThreads) {
  const Tensor rows = x_.flatten(0, -2), whole = *linear_on_cpu(rows, weight_, bias_);
  const int64_t half = std::max<int64_t>(rows.size(0) / 2, 64), rest = rows.size(0) - half;
  EXPECT_TRUE(linear_on_cpu(rows.narrow(0, 0, half), weight_, bias_)->equal(whole.narrow(0, 0, half)));
  if (rest >= 64) {
    EXPECT_TRUE(
        linear_on_cpu(rows.narrow(0, half, rest), weight_, bias_)->equal(whole.narrow(0, half, rest)));
  }
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    EXPECT_TRUE(linear_on_cpu(rows, weight_, bias_)->equal(whole)) << count;
  }
  at::set_num_threads(threads);
}

TEST_P(ShortLinear, HasLibtorchsGradients) {
  variable_list leaves = {x_, weight_}, wide;
  if (bias_.defined()) leaves.push_back(bias_);
  for (Tensor& leaf : leaves) {
    leaf = leaf.detach().requires_grad_(true);
    wide.push_back(leaf.detach().to(at::kDouble).requires_grad_(true));
  }
  const auto with_bias = [](const variable_list& of) { return of.size() > 2 ? of[2] : Tensor(); };
  const Tensor y = *linear_on_cpu(leaves[0], leaves[1], with_bias(leaves));
  const Tensor exact = at::linear(wide[0], wide[1], wide.size() > 2 ? std::optional(wide[2]) : std::nullopt);
  const Tensor dy = at::ones_like(y);
  const variable_list found = torch::autograd::grad({y}, leaves, {dy});
  const variable_list expected = torch::autograd::grad({exact}, wide, {dy.to(at::kDouble)});
  for (size_t i = 0; i < leaves.size(); ++i) EXPECT_LE(distance(found[i], expected[i]), 8e-3) << i;
}

// SVD's widths, and remainders of every block of rows.
INSTANTIATE_TEST_SUITE_P(Shapes, ShortLinear,
                         ::testing::Values(Case{{14, 18, 20}, 320, 2560, true},
                                           Case{{2, 14, 45}, 1280, 1280, false},
                                           Case{{14, 9, 5}, 640, 640, true}, Case{{25, 3}, 1280, 10240, true},
                                           Case{{67, 3}, 98, 96, true}, Case{{129}, 2, 64, false}));

TEST(ShortLinear, LeavesWhatItIsNotFor) {
  const auto ones = [](at::IntArrayRef sizes) { return at::ones(sizes, at::kBFloat16); };
  const Tensor x = ones({64, 64});
  EXPECT_FALSE(linear_on_cpu(x, ones({33, 64}), {})) << "33 outputs";
  EXPECT_FALSE(linear_on_cpu(ones({64, 63}), ones({64, 63}), {})) << "63 inputs";
  EXPECT_FALSE(linear_on_cpu(ones({8, 64}), x, {})) << "few rows";
  EXPECT_FALSE(linear_on_cpu(x, ones({64, 64}).t(), {})) << "not contiguous";
  const MixedPrecision mixed(at::kBFloat16);
  EXPECT_FALSE(linear_on_cpu(x, x, {})) << "mixed precision";
}

// A plan sees what the kernel takes: its copy of the weight, and no wide tensor.
TEST(ShortLinear, IsPlanned) {
  if (cpu::short_products() != cpu::ShortProducts::kDotProducts) GTEST_SKIP() << "not the way here";
  const torch::NoGradGuard no_grad;
  const PlannedMemory plan(at::kCPU);
  const auto options = at::TensorOptions().device(at::kMeta).dtype(at::kBFloat16);
  const Tensor x = at::empty({100, 64}, options), weight = at::empty({512, 64}, options);
  const int64_t before = plan.now().total();
  const Tensor y = linear_geglu(x, weight, {});
  EXPECT_EQ(y.sizes(), at::IntArrayRef({100, 256}));
  EXPECT_EQ(plan.now().total() - before, y.numel() * 2);
  EXPECT_GE(plan.peak().total() - before, y.numel() * 2 + weight.numel() * 2);
  EXPECT_LT(plan.peak().total() - before, y.numel() * 4 + weight.numel() * 2);
}

TEST(CpuLinear, LeavesWhatItIsNotFor) {
  const Tensor weight = at::ones({8, 8});
  EXPECT_FALSE(linear_on_cpu(at::ones({8, 8}), weight, {}));  // few rows
  EXPECT_FALSE(linear_on_cpu(at::ones({64, 8}, at::kDouble), weight.to(at::kDouble), {}));
  EXPECT_FALSE(linear_on_cpu(at::ones({8, 64}).t(), weight, {}));
  EXPECT_FALSE(linear_on_cpu(at::ones({64, 8}, at::kMeta), weight.to(at::kMeta), {}));
}

}  // namespace
}  // namespace sfv::ops
